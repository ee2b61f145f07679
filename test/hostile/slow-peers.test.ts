import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { listen } from '../../lib/index.js';
import { rawClient } from '../support/raw-peer.js';
import { figure, mebibytes, memoryInUse } from './figures.js';
import { attackedInTests } from './in-tests.js';
import { portOf, ROLES, statusSent } from './roles.js';

const MIB = 1 << 20;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

for (const role of ROLES) {
  describe(`a ${role} and a peer that drags its feet`, () => {
    const start = attackedInTests(role);

    it('holds no more than maxBufferedBytes for a peer that has stopped reading, then ends it with 1008', async () => {
      const { connection, peer } = await start({ maxBufferedBytes: 4 * MIB, closeTimeout: 0 });
      peer.socket.pause();
      const before = memoryInUse();
      const message = Buffer.alloc(65536);
      let most = 0;
      while (connection.state === 'open') {
        // The sender does not wait, which is its mistake. The limit is for senders that make it.
        void connection.send(message);
        most = Math.max(most, connection.bufferedAmount);
        await turn();
      }
      const info = await connection.closed;
      assert.equal(info.error?.code, 'ERR_TOO_MUCH_BUFFERED');
      assert.equal(info.error.closeCode, 1008);
      assert.ok(most <= 4 * MIB + 65536 + 14, `${most} bytes waited`);
      assert.ok(memoryInUse() - before < 16 * MIB);
      figure(`peer that stops reading, ${role}`, `${mebibytes(most)} waited, limit 4.0 MiB`);
    });

    it('makes a sender wait for a peer that has stopped reading', async () => {
      const { connection, peer } = await start();
      peer.socket.pause();
      let waits = false;
      while (!waits) {
        const sent = connection.send(Buffer.alloc(65536));
        waits =
          (await Promise.race([
            sent.then(() => 'sent'),
            turn()
              .then(turn)
              .then(() => 'waits'),
          ])) === 'waits';
        assert.ok(connection.bufferedAmount < 16 * MIB);
      }
      assert.ok(connection.bufferedAmount < MIB, `${connection.bufferedAmount} bytes wait`);
    });

    it('gives up a peer that answers no ping, though the transport is up', async () => {
      const { connection, peer } = await start({ keepAlive: { interval: 20, timeout: 20 } });
      peer.socket.pause();
      const info = await connection.closed;
      assert.deepEqual([info.code, info.error?.code], [1006, 'ERR_KEEP_ALIVE']);
    });

    it('gives up a peer that does not answer a close frame', async () => {
      const { connection, peer } = await start({ closeTimeout: 20 });
      const info = await connection.close(1000, 'enough');
      assert.deepEqual([info.code, info.wasClean, info.error?.code], [1006, false, 'ERR_CONNECTION_LOST']);
      await peer.closed;
      assert.equal(statusSent(peer), 1000);
    });

    it('gives up a peer that answers the close frame with endless data', async () => {
      const { connection, peer } = await start({ closeTimeout: 50 });
      const chunk = Buffer.concat(new Array<Buffer>(64).fill(peer.frame(2, Buffer.alloc(1000))));
      const closed = connection.close();
      let written = 0;
      while (connection.state !== 'closed') {
        if (!peer.socket.writableNeedDrain && peer.socket.writable) peer.socket.write(chunk);
        written += chunk.length;
        await turn();
      }
      const info = await closed;
      assert.equal(info.wasClean, false);
      assert.ok(written > 0);
    });

    it('gives up a peer that answers the close frame and keeps the transport open', async () => {
      const { connection, peer } = await start({ closeTimeout: 20 });
      peer.socket.removeAllListeners('end');
      peer.socket.allowHalfOpen = true;
      const closed = connection.close(1000);
      peer.socket.write(peer.frame(8, Buffer.from('03e8', 'hex')));
      const info = await closed;
      assert.deepEqual([info.code, info.wasClean], [1000, true]);
    });

    it('ends with a peer that has ended its half, and reports the loss', async () => {
      const { connection, peer } = await start();
      peer.socket.end();
      const info = await connection.closed;
      assert.deepEqual([info.code, info.wasClean, info.error?.code], [1006, false, 'ERR_CONNECTION_LOST']);
      await peer.closed;
    });

    it('gives up a peer that has ended its half and does not read the other', async () => {
      const { connection, peer } = await start({ closeTimeout: 20 });
      peer.socket.pause();
      while (connection.socket.writableLength === 0) {
        void connection.send(Buffer.alloc(MIB));
        await turn();
      }
      peer.socket.end();
      const info = await connection.closed;
      assert.equal(info.wasClean, false);
    });

    for (const cut of [1, 2, 5, 9]) {
      it(`ends with a peer that dies ${cut} bytes into a frame`, async () => {
        const { connection, peer } = await start();
        await peer.pour(peer.frame(2, Buffer.alloc(70000)).subarray(0, cut));
        peer.socket.end();
        const info = await connection.closed;
        assert.deepEqual([info.code, info.error?.code], [1006, 'ERR_CONNECTION_LOST']);
      });
    }

    it('ends with a peer that resets the transport in the middle of a message', async () => {
      const { connection, peer } = await start();
      await peer.pour(peer.frame(2, 'first', { fin: false }));
      peer.socket.resetAndDestroy();
      const info = await connection.closed;
      assert.deepEqual([info.code, info.error?.code], [1006, 'ERR_CONNECTION_LOST']);
    });
  });
}

describe('a server and a storm', () => {
  it('closes 500 connections whose peers do not answer, within one closeTimeout', async () => {
    const server = await listen({ host: '127.0.0.1', closeTimeout: 50 });
    const peers = [];
    for (let index = 0; index < 500; index++)
      peers.push(await rawClient(portOf(server), { endsByItself: true }));
    for (const { socket } of peers) socket.pause();
    assert.equal(server.size, 500);
    await server.close();
    assert.equal(server.size, 0);
    for (const { socket } of peers) socket.resume();
    await Promise.all(peers.map(({ closed }) => closed));
    assert.ok(peers.every((peer) => statusSent(peer) === 1001));
  });

  it('survives 500 peers that close, break the protocol and vanish at once', async () => {
    const server = await listen({ host: '127.0.0.1', closeTimeout: 1000 });
    const ends: string[] = [];
    server.on('connection', (connection) => {
      void connection.closed.then(({ code, error }) => ends.push(`${code} ${error?.code ?? ''}`.trim()));
    });
    const peers = [];
    for (let index = 0; index < 500; index++)
      peers.push(await rawClient(portOf(server), { endsByItself: true }));
    const before = memoryInUse();
    for (const [index, peer] of peers.entries()) {
      if (index % 4 === 0) peer.socket.write(peer.frame(8, Buffer.from('0bb8', 'hex')));
      else if (index % 4 === 1) peer.socket.write(peer.frame(3, ''));
      else if (index % 4 === 2) peer.socket.resetAndDestroy();
      else peer.socket.end();
    }
    await Promise.all(peers.map(({ closed }) => closed));
    while (ends.length < 500) await turn();
    const count = (end: string): number => ends.filter((each) => each === end).length;
    assert.equal(count('3000'), 125);
    assert.equal(count('1006 ERR_PROTOCOL'), 125);
    assert.equal(count('1006 ERR_CONNECTION_LOST'), 250);
    assert.equal(server.size, 0);
    assert.ok(memoryInUse() - before < 8 * MIB);
    await server.close();
  });

  it('refuses more than maxConnections, counting requests that are still being verified', async () => {
    let letAllPass: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (letAllPass = resolve));
    let asked = 0;
    const server = await listen({
      host: '127.0.0.1',
      maxConnections: 2,
      verifyClient: async () => {
        asked++;
        await gate;
        return true;
      },
    });
    let refused = 0;
    server.on('refused', () => {
      if (++refused === 3) letAllPass();
    });
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, () => rawClient(portOf(server), { endsByItself: true })),
    );
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 2);
    assert.deepEqual([asked, server.size], [2, 2]);
    for (const result of results) {
      if (result.status === 'fulfilled') result.value.socket.destroy();
      else assert.match(String(result.reason), /503/);
    }
    await server.close();
  });
});
