import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from '../../lib/opening/index.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere, openEnds, openHalfRaw, portOf, SIDES } from '../support/open.js';
import { WAYS } from '../support/ways.js';

const way = WAYS[0]!;
const CODES = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
];

describe('the closing handshake', () => {
  leavesNothing();

  for (const side of SIDES) {
    for (const each of WAYS) {
      for (const code of CODES) {
        it(`${side}, ${each.name}: echoes ${code}`, async () => {
          const { connection, peer, end } = await openHalfRaw(side, each);
          peer.sendClose(code, 'warum nicht? ä');
          const echo = await peer.next();
          assert.equal(echo!.opcode, 8);
          assert.equal(echo!.masked, side === 'client');
          assert.equal(echo!.payload.readUInt16BE(), code);
          if (side === 'server') await peer.end();
          peer.socket.end();
          assert.deepEqual(await connection.closed, { code, reason: 'warum nicht? ä', wasClean: true });
          await end();
        });
      }

      it(`${side}, ${each.name}: answers an empty close with an empty one, reported as 1005`, async () => {
        const { connection, peer, end } = await openHalfRaw(side, each);
        peer.sendClose();
        assert.equal((await peer.next())!.payload.length, 0);
        peer.socket.end();
        assert.deepEqual(await connection.closed, { code: 1005, reason: '', wasClean: true });
        await end();
      });

      it(`${side}, ${each.name}: is clean with messages before and garbage after the close`, async () => {
        const { connection, peer, end } = await openHalfRaw(side, each);
        const messages: unknown[] = [];
        connection.on('message', (message) => messages.push(message));
        peer.socket.cork();
        peer.send(1, 'last words');
        peer.sendClose(1000);
        peer.send(9, 'ping');
        peer.write(Buffer.from([0xff, 0xff, 0xff]));
        peer.socket.uncork();
        assert.equal(await peer.nextClose(), 1000);
        peer.socket.end();
        assert.deepEqual(await connection.closed, { code: 1000, reason: '', wasClean: true });
        assert.deepEqual(messages, ['last words']);
        await end();
      });
    }

    it(`${side}: sends code and reason and reports the answer`, async () => {
      const { connection, peer, end } = await openHalfRaw(side, way);
      const closed = connection.close(4001, 'genug');
      assert.equal(connection.state, 'closing');
      const { opcode, payload } = (await peer.next())!;
      assert.equal(opcode, 8);
      assert.equal(payload.readUInt16BE(), 4001);
      assert.equal(payload.toString('utf8', 2), 'genug');
      peer.sendClose(4002, 'answer');
      peer.socket.end();
      assert.deepEqual(await closed, { code: 4002, reason: 'answer', wasClean: true });
      assert.equal(connection.state, 'closed');
      assert.deepEqual(await connection.closed, await closed);
      await end();
    });

    it(`${side}: takes messages until the peer's close frame`, async () => {
      const { connection, peer, end } = await openHalfRaw(side, way);
      void connection.close();
      peer.send(1, 'still here');
      peer.sendClose(1000);
      peer.socket.end();
      const messages: unknown[] = [];
      for await (const message of connection) messages.push(message);
      assert.deepEqual(messages, ['still here']);
      await end();
    });

    it(`${side}: gives up a peer that never answers, after closeTimeout`, async () => {
      const { connection, peer, end } = await openHalfRaw(side, way, { closeTimeout: 20 });
      const info = await connection.close();
      assert.equal(info.code, 1006);
      assert.equal(info.wasClean, false);
      assert.equal(info.error!.code, 'ERR_CONNECTION_LOST');
      assert.match(info.error!.message, /did not answer within 20 ms/);
      assert.equal(await peer.nextClose(), 1000);
      await end();
    });

    it(`${side}: gives up a peer that answers but keeps the transport, after closeTimeout`, async () => {
      const { connection, peer, end } = await openHalfRaw(side, way, { closeTimeout: 20 });
      peer.sendClose(1000);
      assert.deepEqual(await connection.closed, { code: 1000, reason: '', wasClean: true });
      await end();
    });

    it(`${side}: reports 1006 for a transport that ends without a close frame`, async () => {
      const { connection, peer, end } = await openHalfRaw(side, way);
      const reading = assert.rejects(connection.messages().next(), {
        code: 'ERR_CONNECTION_LOST',
        closeCode: 1006,
      });
      peer.socket.end();
      await reading;
      const info = await connection.closed;
      assert.equal(info.code, 1006);
      assert.equal(info.wasClean, false);
      await end();
    });

    it(`${side}: reports 1006 for a transport that is cut inside a frame`, async () => {
      const { connection, peer, end } = await openHalfRaw(side, way);
      peer.socket.write(Buffer.from([0x81]), () => peer.socket.resetAndDestroy());
      const info = await connection.closed;
      assert.equal(info.code, 1006);
      assert.equal(info.error!.code, 'ERR_CONNECTION_LOST');
      await end();
    });

    it(`${side}: terminates without a close frame`, async () => {
      const { connection, peer, end } = await openHalfRaw(side, way);
      const next = connection.messages().next();
      connection.terminate();
      assert.deepEqual(await connection.closed, { code: 1006, reason: '', wasClean: false });
      assert.deepEqual(await next, { value: undefined, done: true });
      assert.equal(await peer.next(), null);
      await end();
    });
  }

  it('lets both sides close at the same time', async () => {
    const { client, server, end } = await openEnds();
    const both = await Promise.all([client.close(4000, 'c'), server.close(4001, 's')]);
    assert.deepEqual(both, [
      { code: 4001, reason: 's', wasClean: true },
      { code: 4000, reason: 'c', wasClean: true },
    ]);
    await end();
  });

  it('lets the server end the transport first', async () => {
    const { connection, peer, end } = await openHalfRaw('client', way);
    peer.sendClose(1000);
    assert.equal(await peer.nextClose(), 1000);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(peer.hasEnded, false);
    peer.socket.end();
    await connection.closed;
    await end();
  });

  it('refuses codes and reasons that cannot be sent', async () => {
    const { client, end } = await openEnds();
    for (const code of [0, 999, 1004, 1006, 1015, 1016, 2999, 5000, 65536, 1000.5, NaN]) {
      await assert.rejects(client.close(code), RangeError, String(code));
    }
    await assert.rejects(client.close(1000, 'x'.repeat(124)), RangeError);
    await assert.rejects(client.close(1000, 'ä'.repeat(62)), RangeError);
    await assert.rejects(client.close(1005, 'x'), RangeError);
    await assert.rejects(client.close('1000' as never), TypeError);
    assert.equal(client.state, 'open');
    assert.equal((await client.close(1000, 'x'.repeat(123))).reason.length, 123);
    await end();
  });

  it('sends an empty close frame for 1005', async () => {
    const { client, server, end } = await openEnds();
    assert.equal((await client.close(1005)).code, 1005);
    assert.equal((await server.closed).code, 1005);
    await end();
  });

  it('refuses to send and to ping once it is closing', async () => {
    const { client, server, end } = await openEnds();
    const closed = client.close();
    await assert.rejects(client.send('x'), { code: 'ERR_CLOSED' });
    await assert.rejects(client.ping(), { code: 'ERR_CLOSED' });
    await closed;
    await assert.rejects(client.send('x'), { code: 'ERR_CLOSED' });
    await server.closed;
    await assert.rejects(server.send('x'), { code: 'ERR_CLOSED', closeCode: 1000 });
    await end();
  });

  it('does not end the process if nobody handles a failed send', async () => {
    const { client, end } = await openEnds();
    await client.close();
    const unhandled: unknown[] = [];
    const listener = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', listener);
    void client.send('nobody looks');
    void client.ping();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', listener);
    assert.deepEqual(unhandled, []);
    await end();
  });

  it('emits close last, and error only if there is a listener', async () => {
    const { client, server, end } = await openEnds();
    const events: string[] = [];
    server.on('error', (error) => events.push(error.code));
    server.on('close', ({ code }) => events.push(`close ${code}`));
    client.terminate();
    await server.closed;
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(events, ['ERR_CONNECTION_LOST', 'close 1006']);
    await end();
  });

  it('gives the error of a lost transport to everybody who asks after the end, always the same one', async () => {
    const { client, server, end } = await openEnds();
    const gone = once(server.socket, 'close');
    client.terminate();
    await gone;
    assert.equal(server.state, 'closed');
    const thrown: unknown[] = [];
    const keep = (error: unknown): number => thrown.push(error);
    await server.send('too late').catch(keep);
    await server.ping().catch(keep);
    await server.messages().next().catch(keep);
    const info = await server.closed;
    assert.deepEqual([info.code, info.reason, info.wasClean], [1006, '', false]);
    assert.equal(info.error?.code, 'ERR_CONNECTION_LOST');
    assert.deepEqual(Object.keys(info), ['code', 'reason', 'wasClean', 'error']);
    assert.equal(await server.closed, info);
    assert.deepEqual(
      thrown.map((error) => error === info.error),
      [true, true, true],
    );
    await end();
  });

  it('leaves the transport with as many listeners as it had', async () => {
    const { client, server, end } = await openEnds();
    const sockets = [client.socket, server.socket];
    const count = (): number[] =>
      sockets.flatMap((socket) => ['data', 'close'].map((event) => socket.listenerCount(event)));
    const before = count();
    await client.close();
    await server.closed;
    assert.deepEqual(
      count(),
      before.map((listeners) => listeners - 1),
    );
    await end();
  });

  it('closes at the end of `await using`', async () => {
    const { client, server, end } = await openEnds();
    await client[Symbol.asyncDispose]();
    assert.equal((await server.closed).code, 1000);
    await end();
  });

  it('closes every connection with 1001 when the server closes, and waits for them', async () => {
    const listener = await listenHere();
    const url = `ws://127.0.0.1:${portOf(listener)}/`;
    const clients = await Promise.all(Array.from({ length: 5 }, () => connect(url)));
    while (listener.size < 5) await once(listener, 'connection');
    await listener.close({ reason: 'maintenance' });
    assert.equal(listener.size, 0);
    for (const client of clients) {
      assert.deepEqual(await client.closed, { code: 1001, reason: 'maintenance', wasClean: true });
    }
    await assert.rejects(connect(url), { code: 'ERR_CONNECT_FAILED' });
  });
});
