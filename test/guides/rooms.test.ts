import { strict as assert } from 'node:assert';

import { connect } from '../../lib/index.js';
import type { Connection } from '../../lib/index.js';
import { describeGuide, next, printedPort } from '../support/page-programs.js';

async function nextJson(connection: Connection): Promise<unknown> {
  return JSON.parse(String(await next(connection)));
}

describeGuide('rooms', [], (guide) => {
  it('rooms have their members, and their news', async () => {
    const url = `ws://localhost:${await printedPort(guide.start('server.mjs'))}/`;
    const ada = await connect(`${url}?name=Ada`);
    assert.deepEqual(await nextJson(ada), { online: 1 });
    const bob = await connect(`${url}?name=Bob`);
    for (const one of [ada, bob]) assert.deepEqual(await nextJson(one), { online: 2 });
    const eve = await connect(`${url}?name=Eve`);
    for (const one of [ada, bob, eve]) assert.deepEqual(await nextJson(one), { online: 3 });

    await ada.send('{"join": "kitchen"}');
    assert.equal(await next(ada), '{"room":"kitchen","people":1}');
    await bob.send('{"join": "kitchen"}');
    assert.equal(await next(bob), '{"room":"kitchen","people":2}');
    assert.equal(await next(ada), '{"room":"kitchen","name":"Bob","event":"joined"}');
    await ada.send('{"say": "Hello", "in": "kitchen"}');
    assert.equal(await next(bob), '{"room":"kitchen","name":"Ada","say":"Hello"}');

    for (const bad of ['null', '{', '7', '{"join": "__proto__"}', '{"say": "Hello", "in": "kitchen"}']) {
      await eve.send(bad);
      assert.deepEqual(await nextJson(eve), { error: 'not understood' });
    }

    ada.terminate();
    assert.equal(await next(bob), '{"room":"kitchen","name":"Ada","event":"left"}');
    await bob.send('{"leave": "kitchen"}');
    await bob.send('{"say": "Hello", "in": "kitchen"}');
    assert.deepEqual(await nextJson(bob), { error: 'not understood' });
    for (const one of [bob, eve]) await one.close();
  });

  it('processes of a cluster share the topics', async () => {
    const server = guide.start('cluster.mjs');
    await server.prints(/(listening on \S+\n.*){2}/s);
    const port = await printedPort(server);
    const clients = new Map<string, Connection>();
    while (clients.size < 2) {
      const client = await connect(`ws://localhost:${port}/`);
      const [, pid] = /process (\d+)/.exec(String(await next(client)))!;
      if (clients.has(pid!)) await client.close();
      else clients.set(pid!, client);
    }
    const [first, second] = [...clients.values()];
    // The relay may still be subscribing in the other process: until then a message reaches one process only.
    let isThere = false;
    const heard = next(second!).then((message) => {
      isThere = true;
      return message;
    });
    while (!isThere) {
      await first!.send('Hello');
      assert.equal(await next(first!), 'Hello');
    }
    assert.equal(await heard, 'Hello');
    for (const client of clients.values()) client.terminate();
  });
});
