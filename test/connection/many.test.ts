import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { connect } from '../../lib/http/index.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere, portOf } from '../support/open.js';

const CONNECTIONS = 10_000;
const AT_A_TIME = 100;

describe('many connections', function () {
  this.timeout(300_000);
  leavesNothing();

  it(`${CONNECTIONS} opened, used and closed leave memory as it was`, async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const server = await listenHere({}, async (connection) => {
      for await (const message of connection) await connection.send(message);
    });
    const url = `ws://127.0.0.1:${portOf(server)}/`;
    const heapAfter = async (count: number): Promise<number> => {
      for (let done = 0; done < count; done += AT_A_TIME) {
        const connections = await Promise.all(Array.from({ length: AT_A_TIME }, () => connect(url)));
        for (const connection of connections) void connection.send('x');
        for (const connection of connections) assert.equal((await connection.messages().next()).value, 'x');
        await Promise.all(connections.map((connection) => connection.close()));
      }
      while (server.size !== 0) await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
      collect();
      return process.memoryUsage().heapUsed;
    };
    // The first ones compile what is used, and fill what is kept.
    const before = await heapAfter(CONNECTIONS / 5);
    const after = await heapAfter((CONNECTIONS * 4) / 5);
    const each = (after - before) / ((CONNECTIONS * 4) / 5);
    // One that is kept would cost two thousand; what varies is what the engine has compiled meanwhile.
    assert.ok(each < 400, `${each} bytes are left of each`);
    await server.close();
  });
});
