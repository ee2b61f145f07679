import assert from 'node:assert/strict';
import { connect } from '../../lib/opening/index.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere, openEnds, openHalfRaw, portOf } from '../support/open.js';
import type { Ends } from '../support/open.js';
import { rawServer } from '../support/raw-peer.js';
import { WAYS } from '../support/ways.js';

const reason = new Error('enough');

describe('an AbortSignal', () => {
  leavesNothing();
  let ends: Ends;
  beforeEach(async () => {
    ends = await openEnds();
  });
  afterEach(() => ends.end());

  it('that has fired refuses every call that would wait', async () => {
    const signal = AbortSignal.abort(reason);
    const { client } = ends;
    await assert.rejects(client.send('x', { signal }), reason);
    await assert.rejects(client.ping({ signal }), reason);
    await assert.rejects(client.messages({ signal }).next(), reason);
    await assert.rejects(connect('ws://127.0.0.1:1/', { signal }), reason);
    await assert.rejects(listenHere({ signal }), reason);
    assert.equal(client.state, 'open');
  });

  it('ends the wait for a message, and no message is lost', async () => {
    const { client, server } = ends;
    const controller = new AbortController();
    const next = server.messages({ signal: controller.signal }).next();
    controller.abort(reason);
    await assert.rejects(next, reason);
    void client.send('for the next');
    assert.deepEqual(await server.messages().next(), { value: 'for the next', done: false });
  });

  it('ends the wait for a pong', async () => {
    const { connection, end } = await openHalfRaw('client', WAYS[0]!);
    const controller = new AbortController();
    const pong = connection.ping({ signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(pong, reason);
    await end();
  });

  it('ends the wait for a peer that does not read', async () => {
    const { connection, peer, end } = await openHalfRaw('server', WAYS[0]!);
    peer.socket.pause();
    const controller = new AbortController();
    const sent = connection.send(Buffer.alloc(30 << 20), { signal: controller.signal });
    setImmediate(() => controller.abort(reason));
    await assert.rejects(sent, reason);
    assert.equal(connection.state, 'open');
    await end();
  });

  it('ends a message in parts, and with it the connection', async () => {
    const { client, server } = ends;
    const controller = new AbortController();
    async function* parts(): AsyncGenerator<string> {
      yield 'a';
      await new Promise((resolve) => setImmediate(resolve));
      controller.abort(reason);
      yield 'b';
    }
    await assert.rejects(client.send(parts(), { signal: controller.signal }), reason);
    assert.equal((await server.closed).code, 1011);
  });

  it('ends the wait for the end, but the connection ends, too', async () => {
    const { connection, peer, end } = await openHalfRaw('client', WAYS[0]!);
    const controller = new AbortController();
    const closed = connection.close(1000, '', { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(closed, reason);
    peer.sendClose(1000);
    peer.socket.end();
    assert.equal((await connection.closed).wasClean, true);
    await end();
  });

  it('ends a handshake that gets no answer', async () => {
    const silent = await rawServer();
    const controller = new AbortController();
    const opening = connect(`ws://127.0.0.1:${silent.port}/`, { signal: controller.signal });
    silent.server.once('connection', (socket) => {
      controller.abort(reason);
      socket.on('data', () => undefined).on('end', () => socket.end());
    });
    await assert.rejects(opening, reason);
    await silent.close();
  });

  it('terminates the remaining connections of a closing server', async () => {
    const listener = await listenHere({ closeTimeout: 60_000 });
    const stubborn = await connect(`ws://127.0.0.1:${portOf(listener)}/`);
    stubborn.pause();
    const controller = new AbortController();
    const closed = listener.close({ signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(closed, reason);
    stubborn.terminate();
    await listener.close();
    assert.equal(listener.size, 0);
  });

  it('leaves no listener behind', async () => {
    const { client, server } = ends;
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    const next = server.messages({ signal }).next();
    await client.send('x', { signal });
    await next;
    await client.ping({ signal });
    await client.close(1000, '', { signal });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(listeners, 0);
  });
});
