import assert from 'node:assert/strict';
import { queryObjects } from 'node:v8';
import { connect } from '../../lib/opening/index.js';
import { memoryInUse } from '../hostile/figures.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere, portOf } from '../support/open.js';

/** Opening a connection takes ten times as long in Wine. */
const CONNECTIONS = process.platform === 'win32' ? 2500 : 10_000;
/** Allowance in bytes for code that the engine has compiled meanwhile; 360,000 were measured. */
const COMPILED = 800_000;
const AT_A_TIME = 100;

describe('many connections', function () {
  this.timeout(300_000);
  leavesNothing();

  it(`${CONNECTIONS} opened, used and closed leave no memory behind`, async () => {
    const server = await listenHere({}, async (connection) => {
      for await (const message of connection) await connection.send(message);
    });
    const url = `ws://127.0.0.1:${portOf(server)}/`;
    const after = async (count: number): Promise<{ objects: number; bytes: number }> => {
      for (let done = 0; done < count; done += AT_A_TIME) {
        const connections = await Promise.all(Array.from({ length: AT_A_TIME }, () => connect(url)));
        for (const connection of connections) void connection.send('x');
        for (const connection of connections) assert.equal((await connection.messages().next()).value, 'x');
        await Promise.all(connections.map((connection) => connection.close()));
      }
      while (server.size !== 0) await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
      return { objects: queryObjects(Object, { format: 'count' }), bytes: memoryInUse() };
    };
    // The first connections compile the code, and fill the caches.
    const before = await after(CONNECTIONS / 5);
    const rest = (CONNECTIONS * 4) / 5;
    const { objects, bytes } = await after(rest);
    // The count of objects is exact, so it finds every object that a connection leaves. The bytes find all other
    // memory.
    assert.ok(objects - before.objects < rest / 100, `${objects - before.objects} objects are left`);
    assert.ok(bytes - before.bytes < COMPILED, `${bytes - before.bytes} bytes are left`);
    await server.close();
  });
});
