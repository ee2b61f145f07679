import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { portable } from '../../lib/component/index.js';
import { Connection } from '../../lib/connection/index.js';
import { leavesNothing } from '../support/leaks.js';
import { openPair } from '../support/open-pair.js';
import { openEnds, openHalfRaw, SIDES } from '../support/open.js';
import { frame } from '../support/raw-peer.js';
import { WAYS } from '../support/ways.js';

const way = WAYS[0]!;

describe('backpressure', () => {
  leavesNothing();

  for (const side of SIDES) {
    it(`holds a ${side}'s send while the peer does not read, and lets it go on`, async () => {
      const { connection, peer, end } = await openHalfRaw(side, way);
      peer.socket.pause();
      const message = Buffer.alloc(256 * 1024);
      let sent = 0;
      let isHeld = false;
      const sending = (async () => {
        while (!isHeld) {
          await connection.send(message);
          sent++;
        }
      })();
      while (connection.bufferedAmount < message.length || sent === 0)
        await new Promise((resolve) => setImmediate(resolve));
      const heldAt = sent;
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      assert.ok(sent - heldAt <= 1, 'the sender goes on');
      assert.ok(connection.bufferedAmount <= 2 * message.length, `${connection.bufferedAmount} bytes wait`);
      isHeld = true;
      peer.socket.resume();
      await sending;
      while (connection.bufferedAmount !== 0) await new Promise((resolve) => setImmediate(resolve));
      await end();
    });

    it(`pauses the transport of a ${side} that nobody reads, and resumes it for a reader`, async () => {
      const { connection, peer, end } = await openHalfRaw(side, way, { highWaterMark: 10_000 });
      const count = 400;
      const bytes = frame(2, Buffer.alloc(10_000), { masked: side === 'server' });
      for (let index = 0; index < count; index++) peer.socket.write(bytes);
      while (!connection.socket.isPaused()) await new Promise((resolve) => setImmediate(resolve));
      const { messagesReceived } = connection.counters;
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(connection.counters.messagesReceived, messagesReceived);
      assert.ok(messagesReceived < 50, `${messagesReceived} messages wait`);
      let read = 0;
      for await (const message of connection) {
        assert.equal(message.length, 10_000);
        if (++read === count) break;
      }
      assert.equal(connection.socket.isPaused(), false);
      await end();
    });

    it(`counts empty messages, too: ${side}`, async () => {
      const { connection, peer, end } = await openHalfRaw(side, way, { highWaterMark: 10_000 });
      const bytes = Buffer.concat(
        Array.from({ length: 10_000 }, () => frame(1, '', { masked: side === 'server' })),
      );
      peer.socket.write(bytes);
      peer.socket.write(bytes);
      while (!connection.socket.isPaused()) await new Promise((resolve) => setImmediate(resolve));
      assert.ok(connection.counters.messagesReceived <= 20_000);
      await end();
    });

    it(`finds the peer's close after messages that nobody reads: ${side}`, async () => {
      const { connection, peer, end } = await openHalfRaw(side, way, { highWaterMark: 1000 });
      const bytes = frame(2, Buffer.alloc(10_000), { masked: side === 'server' });
      for (let index = 0; index < 100; index++) peer.socket.write(bytes);
      while (!connection.socket.isPaused()) await new Promise((resolve) => setImmediate(resolve));
      const closed = connection.close();
      peer.sendClose(1000);
      peer.socket.end();
      assert.equal((await closed).wasClean, true);
      await end();
    });
  }

  it('sends a message in parts no faster than the peer reads', async () => {
    const { client, server, end } = await openEnds();
    server.pause();
    let made = 0;
    function* parts(): Generator<Uint8Array> {
      for (; made < 400; made++) yield Buffer.alloc(65536);
    }
    const sending = client.send(parts());
    while (client.bufferedAmount === 0) await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(made < 400, 'all parts were taken at once');
    server.resume();
    let length = 0;
    for await (const message of server.messageStreams()) {
      for await (const part of message) length += part.length;
      break;
    }
    assert.equal(length, 400 * 65536);
    await sending;
    await end();
  });

  for (const [size, ahead] of [
    [65_536, 2],
    [16_000, 12],
    [4096, 47],
    [1 << 20, 1],
  ] as const) {
    it(`sends parts of ${size} bytes ${ahead} at a time`, async () => {
      const writes: (() => void)[] = [];
      const socket = new Duplex({
        read() {},
        write: (_chunk, _encoding, callback) => void writes.push(callback),
        writev: (_chunks, callback) => void writes.push(callback),
      });
      const connection = new Connection(socket, openPair(portable).server, {}, { side: 'server' });
      let made = 0;
      let isSent = false;
      const sending = connection.send(
        (function* () {
          for (; made < 50; made++) yield Buffer.alloc(size);
        })(),
      );
      void sending.then(() => (isSent = true));
      const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
      await settle();
      assert.equal<number>(made, ahead);
      let last = false;
      while (writes.length !== 0) {
        assert.equal(isSent, false);
        last = made === 50;
        writes.shift()!();
        await settle();
        assert.ok(connection.bufferedAmount <= Math.max(3 * 65_536, size + 20), 'too much waits');
      }
      assert.ok(last);
      await sending;
      connection.terminate();
      await connection.closed;
    });
  }

  it('keeps memory flat while a larger message passes through', async () => {
    const { client, server, end } = await openEnds();
    const part = Buffer.alloc(1 << 20);
    const parts = 256;
    let most = 0;
    const sending = client.send(
      (function* () {
        for (let index = 0; index < parts; index++) yield part;
      })(),
    );
    const before = process.memoryUsage().arrayBuffers;
    let length = 0;
    for await (const message of server.messageStreams()) {
      for await (const piece of message) {
        length += piece.length;
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }
      break;
    }
    await sending;
    assert.equal(length, parts * part.length);
    assert.ok(most < length / 4, `${most} bytes at a time`);
    await end();
  });

  it('resolves every send that waits when the connection is lost', async () => {
    const { connection, peer, end } = await openHalfRaw('server', way);
    peer.socket.pause();
    const sends = Array.from({ length: 40 }, () => connection.send(Buffer.alloc(1 << 20)));
    const results = Promise.allSettled(sends);
    await new Promise((resolve) => setImmediate(resolve));
    connection.terminate();
    const settled = await results;
    assert.ok(settled.some(({ status }) => status === 'rejected'));
    for (const result of settled) {
      if (result.status === 'rejected')
        assert.equal((result.reason as { code: string }).code.slice(0, 4), 'ERR_');
    }
    await end();
  });
});
