import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from '../../lib/index.js';
import type { Server } from '../../lib/index.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere } from '../support/open.js';

/** Opens a connection and ends it; resolves when the server knows of the end. */
async function comeAndGo(server: Server): Promise<void> {
  const client = await connect(server.url);
  await client.ping();
  client.terminate();
  while (server.size !== 0) await new Promise((resolve) => setImmediate(resolve));
}

describe('connections that wait for a loop over the server', () => {
  leavesNothing();

  it('are forgotten when they end while there is no loop', async () => {
    const server = await listenHere();
    for (let i = 0; i < 3; i++) await comeAndGo(server);
    const client = await connect(server.url);
    await client.send('of the one that stays');
    for await (const connection of server) {
      for await (const message of connection) {
        assert.equal(message, 'of the one that stays');
        break;
      }
      break;
    }
    client.terminate();
    await server.close();
  });

  it('are forgotten when the loop that they waited for is left', async () => {
    const server = await listenHere();
    const first = await connect(server.url);
    const loop = server[Symbol.asyncIterator]();
    await loop.next();
    first.terminate();
    await comeAndGo(server);
    await loop.return!();
    const next = server[Symbol.asyncIterator]().next();
    const client = await connect(server.url, { headers: { 'X-Name': 'last' } });
    const { value } = await next;
    assert.equal(value?.state, 'open');
    client.terminate();
    await server.close();
  });

  it('come to a loop that is busy, even if they have ended, with their messages', async () => {
    const server = await listenHere();
    const first = await connect(server.url);
    const loop = server[Symbol.asyncIterator]();
    await loop.next();
    const short = await connect(server.url);
    await short.send('before the end');
    await short.ping();
    await short.close();
    const { value: connection } = await loop.next();
    assert.equal((await connection!.messages().next()).value, 'before the end');
    first.terminate();
    await server.close();
    assert.equal((await loop.next()).done, true);
  });

  it('are collected with their memory', async () => {
    const server = await listenHere();
    const opened: WeakRef<object>[] = [];
    server.httpServer.on('upgrade', () => {
      queueMicrotask(() => {
        for (const connection of server.connections) opened.push(new WeakRef(connection));
      });
    });
    for (let i = 0; i < 20; i++) await comeAndGo(server);
    assert.ok(opened.length >= 20);
    const { setFlagsFromString } = await import('node:v8');
    const { runInNewContext } = await import('node:vm');
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    setFlagsFromString('--no-expose-gc');
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    const left = opened.filter((one) => one.deref() !== undefined).length;
    assert.ok(left <= 2, `${left} of ${opened.length} ended connections are still in memory`);
    const closed = once(server, 'close');
    await server.close();
    await closed;
  });
});
