import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { connect, listen } from '../../lib/index.js';
import type { Connection } from '../../lib/index.js';
import { memoryInUse } from '../hostile/figures.js';

const COUNT = 40;
const KIB = 1024;
const LIB = path.resolve(__dirname, '../../lib/index.js');

/** A program that exchanges a message, and prints whether Node has loaded its zlib. */
const program = (options: string): string => `
  const { connect, listen } = require(${JSON.stringify(LIB)});
  (async () => {
    const server = await listen({ host: '127.0.0.1', ...${options} }, async (connection) => {
      for await (const message of connection) await connection.send(message);
    });
    const connection = await connect('ws://127.0.0.1:' + server.address().port, ${options});
    await connection.send('a');
    for await (const message of connection) break;
    await connection.close();
    await server.close();
    console.log(process.moduleLoadList.filter((name) => / zlib$/.test(name)).length);
  })();
`;

describe('the memory of permessage-deflate', () => {
  it('is not used without it: zlib is not even loaded', async () => {
    const printed = async (options: string): Promise<string> =>
      (await promisify(execFile)(process.execPath, ['-e', program(options)])).stdout.trim();
    assert.equal(await printed('{}'), '0');
    assert.notEqual(await printed('{ perMessageDeflate: { threshold: 0 } }'), '0');
  });

  for (const ending of ['close', 'terminate'] as const) {
    it(`is freed after ${ending}`, async () => {
      const server = await listen(
        { host: '127.0.0.1', perMessageDeflate: { threshold: 0 } },
        async (peer) => {
          for await (const message of peer) await peer.send(message);
        },
      );
      const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const open = async (): Promise<Connection> => {
        const connection = await connect(url, { perMessageDeflate: { threshold: 0 } });
        void connection.send('the same and the same and the same');
        await connection.messages().next();
        return connection;
      };
      const end = async (connections: readonly Connection[]): Promise<void> => {
        for (const connection of connections) {
          if (ending === 'close') void connection.close();
          else connection.terminate();
        }
        await Promise.all(connections.map(({ closed }) => closed));
        while (server.size !== 0) await new Promise((resolve) => setImmediate(resolve));
      };
      const openAll = (): Promise<Connection[]> => Promise.all(Array.from({ length: COUNT }, open));
      // The first round makes everything that all connections share.
      await end(await openAll());
      const before = memoryInUse();
      const connections = await openAll();
      const whileOpen = memoryInUse() - before;
      assert.ok(whileOpen > COUNT * 50 * KIB, `${whileOpen} bytes: what is to be given back is not counted`);
      await end(connections.splice(0));
      const left = memoryInUse() - before;
      assert.ok(left < whileOpen / 10, `${left} bytes of ${whileOpen} are left`);
      await server.close();
    });
  }
});
