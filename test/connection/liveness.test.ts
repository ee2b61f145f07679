import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { component, portable } from '../../lib/component/index.js';
import { connect } from '../../lib/opening/index.js';
import { Connection } from '../../lib/connection/index.js';
import { leavesNothing } from '../support/leaks.js';
import { openPair } from '../support/open-pair.js';
import { listenHere, openEnds, openHalfRaw, portOf } from '../support/open.js';
import { WAYS } from '../support/ways.js';

const way = WAYS[0]!;

/** A link that takes `size` bytes of the client every `interval` milliseconds. */
async function slowLink(port: number, size: number, interval: number): Promise<net.Server> {
  const link = net.createServer((near) => {
    const far = net.connect(port, '127.0.0.1');
    far.pipe(near);
    near.on('readable', () => undefined);
    const timer = setInterval(() => {
      const bytes = near.read(Math.min(size, near.readableLength)) as Buffer | null;
      if (bytes !== null) far.write(bytes);
    }, interval);
    const end = (): void => {
      clearInterval(timer);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on('error', end).on('close', end);
  });
  await new Promise<void>((resolve) => link.listen(0, '127.0.0.1', resolve));
  return link;
}

describe('liveness', () => {
  leavesNothing();

  // On Windows Node does not show how much of a write the system has taken.
  if (process.platform !== 'win32')
    it('a peer that takes output slowly is not given up, though no ping is answered meanwhile', async () => {
      let arrived: Connection | undefined;
      const listener = await listenHere({ maxPayload: 0 }, (connection) => {
        arrived = connection;
      });
      // 16 MiB at 8 MiB/s: much longer than the interval and the timeout together.
      const link = await slowLink(portOf(listener), 80 * 1024, 10);
      const client = await connect(`ws://127.0.0.1:${(link.address() as AddressInfo).port}/`, {
        keepAlive: { interval: 250, timeout: 250 },
      });
      const message = Buffer.alloc(16 << 20, 7);
      await client.send(message);
      const { value } = await arrived!.messages().next();
      assert.equal((value as Uint8Array).length, message.length);
      assert.equal(client.state, 'open');
      client.terminate();
      await listener.close();
      await new Promise((resolve) => link.close(resolve));
    });

  it('a peer that has stopped taking output is given up', async () => {
    const { connection, peer, end } = await openHalfRaw('client', way, {
      keepAlive: { interval: 50, timeout: 50 },
    });
    peer.socket.pause();
    await assert.rejects(connection.send(Buffer.alloc(32 << 20)), { code: 'ERR_KEEP_ALIVE' });
    assert.equal((await connection.closed).error?.code, 'ERR_KEEP_ALIVE');
    await end();
  });

  for (const how of ['terminate', 'destroy'] as const)
    it(`a send that waits is refused with ERR_CLOSED, not with the write that ${how} cancelled`, async () => {
      const { connection, peer, end } = await openHalfRaw('client', way);
      peer.socket.pause();
      const sent = assert.rejects(connection.send(Buffer.alloc(32 << 20)), { code: 'ERR_CLOSED' });
      // The system has taken the first part. The rest waits for the peer.
      await new Promise((resolve) => setImmediate(resolve));
      if (how === 'terminate') connection.terminate();
      else connection.socket.destroy();
      await sent;
      await end();
    });

  it('a connection that nobody reads notices the loss of its peer', async () => {
    const { connection, peer, end } = await openHalfRaw('server', way, {
      keepAlive: { interval: 20, timeout: 20 },
      highWaterMark: 1000,
    });
    for (let count = 0; count < 20; count++) peer.send(2, Buffer.alloc(200_000));
    while (!connection.socket.isPaused()) await new Promise((resolve) => setImmediate(resolve));
    peer.socket.resetAndDestroy();
    assert.equal((await connection.closed).error?.code, 'ERR_CONNECTION_LOST');
    await end();
  });

  const LIMIT = 1 << 20;
  for (const [name, data] of [
    ['bytes', Buffer.alloc(8 * LIMIT)],
    ['text', 'x'.repeat(8 * LIMIT)],
    ['a Blob', new Blob([new Uint8Array(8 * LIMIT)])],
  ] as const) {
    it(`${name} larger than maxBufferedBytes are sent if nothing else waits`, async () => {
      const { client, server, end } = await openEnds({ maxPayload: 0 }, { maxBufferedBytes: LIMIT });
      for (let round = 0; round < 2; round++) {
        const sent = client.send(data);
        assert.equal((await server.messages().next()).value!.length, 8 * LIMIT);
        await sent;
      }
      assert.equal(client.state, 'open');
      await end();
    });
  }

  // The native backend has no compression.
  if (component.backend !== 'native')
    it('a large message that has been compressed is sent, and small ones behind it', async () => {
      const { client, server, end } = await openEnds(
        { maxPayload: 0, perMessageDeflate: true },
        { maxBufferedBytes: LIMIT, perMessageDeflate: true },
      );
      const message = randomBytes(4 * LIMIT);
      void client.send(message);
      void client.send('behind');
      assert.ok(message.equals((await server.messages().next()).value as Uint8Array));
      assert.equal((await server.messages().next()).value, 'behind');
      await end();
    });

  it('a large message that a transport took at once raises no limit', async () => {
    const { client: handle } = openPair(portable);
    let isStuck = false;
    const socket = new Duplex({
      read: () => undefined,
      write(_chunk, _encoding, done: () => void) {
        if (!isStuck) done();
      },
    });
    const connection = new Connection(socket, handle, { maxBufferedBytes: LIMIT, closeTimeout: 0 });
    await connection.send(Buffer.alloc(4 * LIMIT));
    isStuck = true;
    void connection.send(Buffer.alloc(LIMIT / 2));
    await new Promise((resolve) => setImmediate(resolve));
    await assert.rejects(connection.send(Buffer.alloc(LIMIT)), { code: 'ERR_TOO_MUCH_BUFFERED' });
    await connection.closed;
  });

  it('what queues up behind a large message is limited', async () => {
    const { connection, peer, end } = await openHalfRaw('client', way, {
      maxBufferedBytes: LIMIT,
      closeTimeout: 0,
    });
    peer.socket.pause();
    void connection.send(Buffer.alloc(16 * LIMIT));
    await new Promise((resolve) => setImmediate(resolve));
    void connection.send(Buffer.alloc(LIMIT / 2));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(connection.state, 'open');
    await assert.rejects(connection.send(Buffer.alloc(LIMIT)), { code: 'ERR_TOO_MUCH_BUFFERED' });
    await connection.closed;
    await end();
  });
});
