import assert from 'node:assert/strict';
import { once } from 'node:events';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Duplex } from 'node:stream';
import { portable } from '../../lib/component/index.js';
import { Connection } from '../../lib/connection/index.js';
import type { ConnectionOptions } from '../../lib/connection/index.js';
import { leavesNothing } from '../support/leaks.js';
import { openPair } from '../support/open-pair.js';
import { openEnds } from '../support/open.js';

/** Two ends of a transport in memory. */
function duplexPair(): [Duplex, Duplex] {
  const make = (other: () => Duplex): Duplex =>
    new Duplex({
      read() {
        // Nothing to do: the other end pushes.
      },
      write(chunk: Buffer, _encoding, callback) {
        // A copy: a session may change received bytes in place, so each end needs its own.
        other().push(Buffer.from(chunk));
        callback();
      },
      final(callback) {
        other().push(null);
        callback();
      },
    });
  const a: Duplex = make(() => b);
  const b: Duplex = make(() => a);
  return [a, b];
}

function connectionPair(options?: ConnectionOptions): [Connection, Connection] {
  const [left, right] = duplexPair();
  const { client, server } = openPair(portable);
  return [new Connection(left, client, options), new Connection(right, server, options, { side: 'server' })];
}

describe('a connection over any Duplex', () => {
  leavesNothing();

  it('exchanges messages and closes', async () => {
    const [client, server] = connectionPair();
    void client.send('over memory');
    void client.send(Buffer.alloc(100_000, 1));
    const messages = server.messages();
    assert.equal((await messages.next()).value, 'over memory');
    assert.equal((await messages.next()).value!.length, 100_000);
    void server.send('back');
    assert.equal((await client.messages().next()).value, 'back');
    assert.ok((await client.ping()) > 0);
    assert.deepEqual(await client.close(4000, 'done'), { code: 4000, reason: 'done', wasClean: true });
    assert.deepEqual(await server.closed, { code: 4000, reason: 'done', wasClean: true });
  });

  it('is lost when the transport fails, with the failure as the cause', async () => {
    const [client, server] = connectionPair();
    const failure = new Error('broken');
    client.socket.destroy(failure);
    const { error } = await client.closed;
    assert.equal(error!.code, 'ERR_CONNECTION_LOST');
    assert.equal(error!.cause, failure);
    server.terminate();
    await server.closed;
  });

  it('is lost without a stack, and other errors keep their stacks', async () => {
    const [client, server] = connectionPair();
    const limit = Error.stackTraceLimit;
    client.socket.destroy();
    const { error } = await client.closed;
    assert.equal(error!.stack!.split('\n').length, 1);
    assert.equal(Error.stackTraceLimit, limit);
    assert.match(new Error('elsewhere').stack!, /\n +at /);
    server.terminate();
    await server.closed;
  });

  it('is lost at once on a transport that is dead', async () => {
    const [left] = duplexPair();
    left.destroy();
    const connection = new Connection(left, openPair(portable).client);
    assert.equal((await connection.closed).code, 1006);
  });

  it('is a readable and a writable web stream', async () => {
    const [client, server] = connectionPair();
    void server.readable.pipeTo(server.writable);
    const reader = client.readable.getReader();
    const writer = client.writable.getWriter();
    await writer.write('to and fro');
    assert.deepEqual(await reader.read(), { value: 'to and fro', done: false });
    await writer.write(Buffer.from([1, 2]));
    assert.deepEqual(Buffer.from((await reader.read()).value as Uint8Array), Buffer.from([1, 2]));
    await writer.close();
    assert.deepEqual(await reader.read(), { value: undefined, done: true });
    assert.equal((await client.closed).wasClean, true);
    assert.equal(client.readable, client.readable);
    await server.closed;
  });

  it('closes when its readable is canceled, and with 1011 when its writable is aborted', async () => {
    const [first, second] = connectionPair();
    await first.readable.cancel();
    assert.equal((await second.closed).code, 1000);
    const [third, fourth] = connectionPair();
    await third.writable.abort();
    assert.equal((await fourth.closed).code, 1011);
  });

  it('is reported to diagnostics channels', async () => {
    const names = ['open', 'error', 'close', 'handshake'].map(
      (name) => `websocket-protocol-component:${name}`,
    );
    const seen: string[] = [];
    const watch = (message: unknown, name: string | symbol): void => {
      const { role, code, ok } = message as { role?: string; code?: number; ok?: boolean };
      seen.push(
        [String(name).split(':')[1], role ?? '', ok ?? '', code ?? ''].join(' ').trim().replace(/ +/g, ' '),
      );
    };
    for (const name of names) subscribe(name, watch);
    try {
      const { client, server, end } = await openEnds();
      await client.close(4000);
      await server.closed;
      await end();
      const [left, right] = connectionPair();
      left.socket.destroy();
      right.terminate();
      await Promise.all([left.closed, once(right, 'close')]);
    } finally {
      for (const name of names) unsubscribe(name, watch);
    }
    assert.deepEqual(seen.slice(0, 4).sort(), [
      'handshake client true',
      'handshake server true',
      'open',
      'open',
    ]);
    assert.deepEqual(seen.slice(4, 8), ['close 4000', 'close 4000', 'open', 'open']);
    assert.ok(seen.includes('error'));
  });
});
