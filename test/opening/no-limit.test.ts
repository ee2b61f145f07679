import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, connections } from '../../lib/index.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere, openEnds } from '../support/open.js';

describe('Infinity as an option is no limit', () => {
  leavesNothing();

  it('highWaterMark: nothing pauses, and all messages arrive', async () => {
    const all = { highWaterMark: Infinity };
    const { client, server, end } = await openEnds(all, all);
    for (let i = 0; i < 100; i++) await server.send(Buffer.alloc(1000, i));
    await client.ping();
    assert.equal(client.socket.isPaused(), false);
    const messages = client.messages();
    for (let i = 0; i < 100; i++) {
      const { value } = await messages.next();
      assert.equal((value as Uint8Array)[999], i);
    }
    await server.send('later');
    assert.equal((await messages.next()).value, 'later');
    await end();
  });

  it('highWaterMark: a message in parts is sent', async () => {
    const all = { highWaterMark: Infinity };
    const { client, server, end } = await openEnds(all, all);
    await client.send(['a', 'b', 'c'.repeat(5000)]);
    assert.equal((await server.messages().next()).value, `ab${'c'.repeat(5000)}`);
    await end();
  });

  it('maxRedirects: redirects are followed', async () => {
    const server = await listenHere({}, (connection) => connection.close());
    let hops = 0;
    const http = createServer().listen(0, '127.0.0.1');
    http.on('upgrade', (_, socket) => {
      const next = ++hops < 15 ? '/' : server.url;
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ${next}\r\nContent-Length: 0\r\n\r\n`);
    });
    await once(http, 'listening');
    const { port } = http.address() as AddressInfo;
    const client = await connect(`ws://127.0.0.1:${port}/`, {
      followRedirects: true,
      maxRedirects: Infinity,
    });
    await client.closed;
    assert.equal(hops, 15);
    http.close();
    await server.close();
  });

  it('slowSubscriberBytes: nobody is slow', async () => {
    const listener = await listenHere({ slowSubscriberBytes: Infinity, slowSubscribers: 'drop' });
    let slow = 0;
    listener.on('slow', () => slow++);
    const reader = await connect(listener.url);
    reader.pause();
    for await (const connection of listener) {
      connection.subscribe('a');
      break;
    }
    for (let i = 0; i < 64; i++) {
      assert.equal(listener.publish('a', Buffer.alloc(1 << 18)), 1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(slow, 0);
    reader.terminate();
    await listener.close();
  });

  it('maxAttempts: another attempt follows', async () => {
    const loop = connections('ws://127.0.0.1:1/', { maxAttempts: Infinity, firstDelay: 1, maxDelay: 1 });
    const controller = new AbortController();
    let attempts = 0;
    loop.on('attempt', () => {
      if (++attempts === 3) controller.abort();
    });
    const iterator = loop[Symbol.asyncIterator]();
    const next = iterator.next();
    await once(controller.signal, 'abort');
    await iterator.return!();
    assert.equal((await next).done, true);
    assert.equal(attempts, 3);
  });
});
