import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { connect } from '../../lib/index.js';
import { cluster, clusterPrimary, relay, threads } from '../../lib/topics/index.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere, portOf } from '../support/open.js';

const run = promisify(execFile);

describe('relays on one machine', () => {
  leavesNothing();

  for (const serialization of ['json', 'advanced']) {
    it(`join the workers of node:cluster: ${serialization}`, async function () {
      this.timeout(60_000);
      const program = path.join(__dirname, 'cluster-process.js');
      const { stdout } = await run(process.execPath, [program, serialization], { timeout: 50_000 });
      assert.deepEqual(JSON.parse(stdout), { once: [1, 1] });
    });
  }

  it('are for workers and their primary only', () => {
    assert.throws(() => cluster(), /the primary calls clusterPrimary/);
    clusterPrimary()();
  });

  it('join the threads of a process', async function () {
    this.timeout(60_000);
    const library = path.join(__dirname, '../../lib');
    const thread = new Worker(
      `const { parentPort } = require('node:worker_threads');
       const { listen } = require(${JSON.stringify(`${library}/index.js`)});
       const { relay, threads } = require(${JSON.stringify(`${library}/topics/index.js`)});
       (async () => {
         const server = await listen({ host: '127.0.0.1' }, (connection) => {
           connection.subscribe('news');
           connection.on('message', (message) => server.publish('news', message));
         });
         const joint = relay(server, threads());
         await joint.ready;
         parentPort.on('message', async () => { await server.close(); await joint.close(); parentPort.close(); });
         parentPort.postMessage(server.address().port);
       })();`,
      { eval: true },
    );
    const [port] = (await once(thread, 'message')) as [number];
    const server = await listenHere({}, (connection) => void connection.subscribe('news'));
    const joint = relay(server, threads());
    await joint.ready;
    const [here, there] = [
      await connect(`ws://127.0.0.1:${portOf(server)}/`),
      await connect(`ws://127.0.0.1:${port}/`),
    ];
    while (server.count('news') === 0) await new Promise((resolve) => setImmediate(resolve));
    const bytes = Buffer.from([0, 255, 128]);
    void there.send(bytes);
    assert.deepEqual(Buffer.from((await here.messages().next()).value as Uint8Array), bytes);
    assert.deepEqual(Buffer.from((await there.messages().next()).value as Uint8Array), bytes);
    // To more topics than channels are kept for, of which nobody has any but one.
    for (let index = 0; index < 100; index++) server.publish(`topic ${index}`, 'nobody');
    server.publish('news', 'text');
    assert.equal((await there.messages().next()).value, 'text');
    assert.equal((await here.messages().next()).value, 'text');
    here.terminate();
    there.terminate();
    await server.close();
    thread.postMessage('end');
    await once(thread, 'exit');
  });
});
