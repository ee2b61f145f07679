import assert from 'node:assert/strict';
import { constants, deflateRawSync } from 'node:zlib';
import { once } from 'node:events';
import { afterEach, describe, it } from 'mocha';
import { listen } from '../../lib/index.js';
import type { Connection, Server } from '../../lib/index.js';
import { rawClient } from '../support/raw-peer.js';
import type { RawPeer } from '../support/raw-peer.js';
import { figure, mebibytes, memoryInUse } from './figures.js';
import { flood, portOf, statusSent } from './roles.js';

const MIB = 1 << 20;
const BINARY = 2;
const CONTINUATION = 0;
const RSV1 = 4;

/** The compressed bytes of a message: deflated, without the four bytes at the end. */
function deflated(bytes: Buffer): Buffer {
  const packed = deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, level: 9 });
  return packed.subarray(0, packed.length - 4);
}

describe('a server and decompression bombs', () => {
  let server: Server | null = null;
  let peer: RawPeer | null = null;
  afterEach(async () => {
    peer?.socket.destroy();
    await server?.close();
  });

  const start = async (options = {}): Promise<{ connection: Connection; peer: RawPeer }> => {
    server = await listen({ host: '127.0.0.1', perMessageDeflate: true, ...options });
    const arrived = once(server, 'connection') as Promise<[Connection]>;
    peer = await rawClient(portOf(server), {
      extensions: 'permessage-deflate',
      endsByItself: true,
    });
    const [connection] = await arrived;
    return { connection, peer };
  };

  const expectTooBig = async (connection: Connection, to: RawPeer): Promise<void> => {
    const { error } = await connection.closed;
    assert.deepEqual([error?.code, error?.closeCode], ['ERR_MESSAGE_TOO_BIG', 1009]);
    await to.closed;
    assert.equal(statusSent(to), 1009);
  };

  for (const [name, chop] of [
    ['in one write', Infinity],
    ['in pieces of 1000 bytes', 1000],
  ] as const) {
    it(`ends 256 MiB in a frame of 256 KiB at 16 MiB, ${name}, with 1009`, async () => {
      const both = await start();
      const bomb = deflated(Buffer.alloc(256 * MIB));
      assert.ok(bomb.length < MIB / 2);
      const before = memoryInUse();
      let most = 0;
      const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().arrayBuffers)), 1);
      const wire = both.peer.frame(BINARY, bomb, { rsv: RSV1 });
      await both.peer.pour(wire, chop);
      await expectTooBig(both.connection, both.peer);
      clearInterval(watch);
      const left = memoryInUse() - before;
      assert.ok(left < 64 * MIB, `${left} bytes`);
      figure(
        'decompression bomb',
        `${wire.length} bytes for 256 MiB, ${name}: ${mebibytes(most)} of buffers at most`,
      );
    });
  }

  it('ends a bomb of many fragments at 16 MiB with 1009', async () => {
    const both = await start();
    const bomb = deflated(Buffer.alloc(64 * MIB));
    const size = Math.ceil(bomb.length / 100);
    for (let at = 0; at < bomb.length; at += size) {
      const part = bomb.subarray(at, at + size);
      const isLast = at + size >= bomb.length;
      await both.peer.pour(
        both.peer.frame(at === 0 ? BINARY : CONTINUATION, part, { rsv: at === 0 ? RSV1 : 0, fin: isLast }),
      );
    }
    await expectTooBig(both.connection, both.peer);
  });

  it('accepts a compressed message of exactly 16 MiB', async () => {
    const both = await start();
    await both.peer.pour(both.peer.frame(BINARY, deflated(Buffer.alloc(16 * MIB)), { rsv: RSV1 }));
    for await (const message of both.connection) {
      assert.equal(message.length, 16 * MIB);
      break;
    }
  });

  it('counts empty fragments of a compressed message, too', async () => {
    const both = await start({ maxFragments: 1000 });
    await both.peer.pour(both.peer.frame(BINARY, '', { rsv: RSV1, fin: false }));
    await flood(both.peer, both.peer.frame(CONTINUATION, '', { fin: false }), 1000);
    const { error } = await both.connection.closed;
    assert.deepEqual([error?.code, error?.closeCode], ['ERR_TOO_MANY_FRAGMENTS', 1008]);
  });

  it('stops reading while it decodes: pings after a bomb do not pile up', async () => {
    const both = await start({ maxPayload: 0 });
    both.connection.on('message', (message) => assert.equal(message.length, 32 * MIB));
    const before = memoryInUse();
    const big = both.peer.frame(BINARY, deflated(Buffer.alloc(32 * MIB)), { rsv: RSV1 });
    const pings = Buffer.concat(new Array<Buffer>(1000).fill(both.peer.frame(9, Buffer.alloc(100))));
    await both.peer.pour(Buffer.concat([big, pings, pings]));
    await both.peer.until((frames) => frames.filter(({ opcode }) => opcode === 10).length === 2000);
    assert.equal(both.connection.state, 'open');
    assert.ok(memoryInUse() - before < 128 * MIB);
  });

  for (const [name, payload] of [
    ['what is not deflate', Buffer.from('ffffffff', 'hex')],
    ['a block that refers to what was never there', Buffer.from('4b04ff1f', 'hex')],
    ['a stored block whose length is a lie', Buffer.from('00ffffff00', 'hex')],
  ] as const) {
    it(`refuses ${name} with 1007`, async () => {
      const both = await start();
      await both.peer.pour(both.peer.frame(BINARY, payload, { rsv: RSV1 }));
      const { error } = await both.connection.closed;
      assert.deepEqual([error?.code, error?.closeCode], ['ERR_INVALID_COMPRESSION', 1007]);
    });
  }

  it('refuses a compressed continuation and a compressed ping with 1002', async () => {
    for (const opcode of [CONTINUATION, 9]) {
      const both = await start();
      await both.peer.pour(both.peer.frame(BINARY, '', { fin: false }));
      await both.peer.pour(both.peer.frame(opcode, '', { rsv: RSV1 }));
      const { error } = await both.connection.closed;
      assert.equal(error?.closeCode, 1002);
      await server!.close();
    }
  });
});
