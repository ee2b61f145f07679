import assert from 'node:assert/strict';
import { leavesNothing } from '../support/leaks.js';
import { openEnds, openHalfRaw } from '../support/open.js';
import { frame } from '../support/raw-peer.js';
import { WAYS } from '../support/ways.js';

describe('limits', () => {
  leavesNothing();
  for (const way of WAYS) {
    describe(way.name, () => {
      it('maxPayload lets exactly as many bytes pass, in one frame or in several', async () => {
        const { connection, peer, end } = await openHalfRaw('server', way, { maxPayload: 1000 });
        peer.send(2, Buffer.alloc(1000));
        peer.send(1, 'ä'.repeat(500));
        peer.send(2, Buffer.alloc(600), { fin: false });
        peer.send(0, Buffer.alloc(400));
        const lengths: number[] = [];
        for await (const message of connection) {
          lengths.push(message.length);
          if (lengths.length === 3) break;
        }
        assert.deepEqual(lengths, [1000, 500, 1000]);
        await end();
      });

      for (const [name, frames] of [
        ['one frame', [frame(2, Buffer.alloc(1001))]],
        ['text in one frame', [frame(1, 'x'.repeat(1001))]],
        ['several frames', [frame(2, Buffer.alloc(600), { fin: false }), frame(0, Buffer.alloc(401))]],
        ['a last frame of one byte', [frame(2, Buffer.alloc(1000), { fin: false }), frame(0, 'x')]],
      ] as const) {
        it(`maxPayload closes with 1009 for one byte more, in ${name}`, async () => {
          const { connection, peer, end } = await openHalfRaw('server', way, { maxPayload: 1000 });
          peer.write(...frames);
          assert.equal(await peer.nextClose(), 1009);
          peer.socket.end();
          const { error } = await connection.closed;
          assert.equal(error!.code, 'ERR_MESSAGE_TOO_BIG');
          assert.equal(error!.closeCode, 1009);
          assert.match(error!.message, /1001 bytes or more, 1000 are allowed/);
          await end();
        });
      }

      it('maxFragments lets exactly as many frames pass, and closes with 1008 for one more', async () => {
        const { connection, peer, end } = await openHalfRaw('server', way, { maxFragments: 3 });
        const send = (count: number): void => {
          for (let index = 1; index <= count; index++) {
            peer.send(index === 1 ? 2 : 0, 'x', { fin: index === count });
          }
        };
        send(3);
        assert.equal((await connection.messages().next()).value!.length, 3);
        send(4);
        assert.equal(await peer.nextClose(), 1008);
        peer.socket.end();
        assert.equal((await connection.closed).error!.code, 'ERR_TOO_MANY_FRAGMENTS');
        await end();
      });
    });
  }

  it('maxPayload is known from the header, before the payload', async () => {
    const { peer, end } = await openHalfRaw('server', WAYS[0]!, { maxPayload: 1000 });
    peer.write(frame(2, Buffer.alloc(100_000)).subarray(0, 15));
    assert.equal(await peer.nextClose(), 1009);
    await end();
  });

  it('maxPayload does not apply to message streams', async () => {
    const { client, server, end } = await openEnds({ maxPayload: 1000 });
    void client.send(Buffer.alloc(100_000));
    let length = 0;
    for await (const message of server.messageStreams()) {
      for await (const part of message) length += part.length;
      break;
    }
    assert.equal(length, 100_000);
    await end();
  });

  it('maxBufferedBytes lets exactly as many bytes wait, and closes with 1008 for one more', async () => {
    const { client, server, end } = await openEnds({}, { maxBufferedBytes: 1000 });
    await client.send(Buffer.alloc(1000 - 8));
    assert.equal(server.state, 'open');
    await client.ping();
    void client.send(Buffer.alloc(500 - 8));
    const failed = assert.rejects(client.send(Buffer.alloc(500 - 7)), {
      code: 'ERR_TOO_MUCH_BUFFERED',
      closeCode: 1008,
    });
    await failed;
    const { code, error } = await client.closed;
    assert.equal(code, 1006);
    assert.equal(error!.code, 'ERR_TOO_MUCH_BUFFERED');
    assert.equal((await server.closed).code, 1008);
    await end();
  });

  it('maxBufferedBytes holds for pongs to a peer that pings and does not read', async () => {
    const { connection, peer, end } = await openHalfRaw('server', WAYS[0]!, {
      maxBufferedBytes: 100_000,
      closeTimeout: 50,
    });
    peer.socket.pause();
    const pings = Buffer.concat(Array.from({ length: 500 }, () => frame(9, Buffer.alloc(125))));
    const pump = (): void => {
      while (connection.state === 'open' && peer.socket.write(pings));
    };
    peer.socket.on('drain', pump);
    pump();
    assert.equal((await connection.closed).error!.code, 'ERR_TOO_MUCH_BUFFERED');
    await end();
  });

  it('are checked at once', async () => {
    for (const options of [
      { maxPayload: -1 },
      { maxPayload: 1.5 },
      { maxFragments: NaN },
      { highWaterMark: 0 },
      { closeTimeout: 2 ** 31 },
      { keepAlive: 0 },
      { keepAlive: { interval: -1 } },
    ]) {
      await assert.rejects(openEnds(options), RangeError, JSON.stringify(options));
    }
    for (const options of [{ maxPayload: '1' }, { keepAlive: 'yes' }, { closeTimeout: null }]) {
      await assert.rejects(openEnds(options as never), TypeError, JSON.stringify(options));
    }
  });

  it('may be switched off', async () => {
    const { client, server, end } = await openEnds({ maxPayload: 0, maxFragments: Infinity });
    void client.send(Buffer.alloc(17 * 1024 * 1024));
    assert.equal((await server.messages().next()).value!.length, 17 * 1024 * 1024);
    await end();
  });
});
