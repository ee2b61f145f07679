import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { CloseInfo } from '../../lib/index.js';
import { frame as encode } from '../support/raw-peer.js';
import { figure, mebibytes, memoryInUse } from './figures.js';
import { attackedInTests } from './in-tests.js';
import { flood, ROLES, statusSent } from './roles.js';
import type { Attacked } from './roles.js';

const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const MIB = 1 << 20;

const failures = (info: CloseInfo): [string | undefined, number | undefined] => [
  info.error?.code,
  info.error?.closeCode,
];

for (const role of ROLES) {
  describe(`a ${role} and frames that mean harm`, () => {
    const start = attackedInTests(role);
    const masked = role === 'server';
    const frame = (opcode: number, payload: Buffer | string, fin = true): Buffer =>
      encode(opcode, payload, { masked, fin });

    /** Checks that this side fails with the error code, and that the peer has received the close code. */
    const expectFailure = async (
      { connection, peer }: Attacked,
      code: string,
      closeCode: number,
    ): Promise<void> => {
      assert.deepEqual(failures(await connection.closed), [code, closeCode]);
      await peer.closed;
      assert.equal(statusSent(peer), closeCode);
    };

    for (const [name, payload] of [
      ['empty', ''],
      ['one-byte', 'x'],
    ] as const) {
      it(`ends a flood of ${name} fragments after 131072 of them with 1008`, async () => {
        const both = await start();
        const before = memoryInUse();
        await both.peer.pour(frame(BINARY, payload, false));
        const chunk = Buffer.concat(new Array<Buffer>(4096).fill(frame(CONTINUATION, payload, false)));
        await flood(both.peer, chunk, 31);
        // 126977 fragments so far. The limit must be exact: not one more, and not one fewer.
        await both.peer.pour(
          Buffer.concat(new Array<Buffer>(4095).fill(frame(CONTINUATION, payload, false))),
        );
        await both.peer.pour(frame(PING, 'still there'));
        await both.peer.until((frames) => frames.some(({ opcode }) => opcode === 10));
        const grown = memoryInUse() - before;
        assert.ok(grown < 8 * MIB, `${grown} bytes for ${131072 * payload.length} of payload`);
        figure(`flood of ${name} fragments, ${role}`, `131072 fragments held in ${mebibytes(grown)}`);
        await both.peer.pour(frame(CONTINUATION, payload, false));
        await expectFailure(both, 'ERR_TOO_MANY_FRAGMENTS', 1008);
      });
    }

    it('accepts a message of exactly 131072 fragments', async () => {
      const { connection, peer } = await start();
      await peer.pour(frame(BINARY, 'x', false));
      await flood(peer, Buffer.concat(new Array<Buffer>(131070).fill(frame(CONTINUATION, '', false))), 1);
      await peer.pour(frame(CONTINUATION, 'y'));
      for await (const message of connection) {
        assert.deepEqual(Buffer.from(message as Uint8Array), Buffer.from('xy'));
        break;
      }
    });

    it('stores no flood of empty messages that nobody reads', async () => {
      const { connection, peer } = await start();
      const before = memoryInUse();
      const chunk = Buffer.concat(new Array<Buffer>(8192).fill(frame(BINARY, '')));
      // Writes until the transport is full. From then on this package has stopped reading.
      while (peer.socket.write(chunk) || peer.socket.writableLength < 4 * MIB) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      const { messagesReceived } = connection.counters;
      const grown = memoryInUse() - before - peer.socket.writableLength;
      assert.ok(connection.socket.isPaused());
      assert.ok(messagesReceived < 65536, `${messagesReceived} messages wait`);
      assert.ok(grown < 16 * MIB, `${grown} bytes`);
      figure(`flood of empty messages, unread, ${role}`, `reading stops after ${messagesReceived} messages`);
    });

    it('answers a flood of pings in order, without a gap', async () => {
      const { peer } = await start();
      const count = 20000;
      const pings = Array.from({ length: count }, (_, index) => frame(PING, String(index)));
      await peer.pour(Buffer.concat(pings));
      await peer.until((frames) => frames.length >= count);
      assert.ok(
        peer.frames.every(({ opcode, payload }, index) => opcode === 10 && Number(payload) === index),
      );
    });

    it('ends a flood of large pings whose answers are not read with 1008', async () => {
      const both = await start({ maxBufferedBytes: MIB, closeTimeout: 0 });
      both.peer.socket.pause();
      const before = memoryInUse();
      const chunk = Buffer.concat(new Array<Buffer>(256).fill(frame(PING, Buffer.alloc(125))));
      const written = await flood(both.peer, chunk);
      const info = await both.connection.closed;
      assert.deepEqual(failures(info), ['ERR_TOO_MUCH_BUFFERED', 1008]);
      const grown = memoryInUse() - before;
      assert.ok(grown < 16 * MIB, `${grown} bytes`);
      figure(`ping flood, answers unread, ${role}`, `ended after ${written * 256} pings`);
    });

    it('ends a flood of single small pings whose answers are not read, long before their bookkeeping costs more', async () => {
      const both = await start({ maxBufferedBytes: MIB, closeTimeout: 0 });
      const { connection, peer } = both;
      // Fills the system's buffers of the connection, so that every pong has to wait.
      peer.socket.pause();
      while (connection.socket.writableLength < MIB / 4) {
        void connection.send(Buffer.alloc(MIB / 4));
        await new Promise((resolve) => setImmediate(resolve));
      }
      const ping = frame(PING, '');
      let pings = 0;
      while (connection.state === 'open' && pings < 100_000) {
        // As if each ping came in a packet of its own.
        connection.socket.emit('data', Buffer.from(ping));
        pings++;
      }
      assert.deepEqual(failures(await connection.closed), ['ERR_TOO_MUCH_BUFFERED', 1008]);
      figure(
        `single empty pings, answers unread, ${role}`,
        `ended after ${pings} pings with a limit of 1 MiB`,
      );
    });

    it('answers a control frame between every two fragments', async () => {
      const { connection, peer } = await start();
      const count = 5000;
      const frames = [frame(TEXT, 'é', false)];
      for (let index = 0; index < count; index++) {
        frames.push(frame(PING, String(index)), frame(CONTINUATION, '', false));
      }
      frames.push(frame(CONTINUATION, '!'));
      await peer.pour(Buffer.concat(frames));
      for await (const message of connection) {
        assert.equal(message, 'é!');
        break;
      }
      await peer.until((got) => got.length >= count);
      assert.ok(peer.frames.every(({ payload }, index) => Number(payload) === index));
    });

    it('ends a message that never ends at 16 MiB with 1009', async () => {
      const both = await start();
      const before = memoryInUse();
      await both.peer.pour(frame(BINARY, Buffer.alloc(65536), false));
      await flood(both.peer, frame(CONTINUATION, Buffer.alloc(65536), false), 255);
      await both.peer.pour(frame(PING, 'still there'));
      await both.peer.until((frames) => frames.some(({ opcode }) => opcode === 10));
      const grown = memoryInUse() - before;
      assert.ok(grown < 48 * MIB, `${grown} bytes for 16 MiB`);
      figure(`message without end, ${role}`, `${mebibytes(grown)} at the limit of 16 MiB`);
      await both.peer.pour(frame(CONTINUATION, 'x', false));
      await expectFailure(both, 'ERR_MESSAGE_TOO_BIG', 1009);
    });

    for (const [length, name] of [
      [(1n << 63n) - 1n, '2^63 - 1'],
      [1n << 53n, '2^53'],
      [1n << 32n, '2^32'],
      [BigInt(16 * MIB) + 1n, 'one byte more than 16 MiB'],
    ] as const) {
      it(`refuses a frame of ${name} bytes at its first byte with 1009, and allocates nothing for it`, async () => {
        const both = await start();
        const before = memoryInUse();
        await both.peer.pour(header64(BINARY, length, masked));
        await both.peer.pour(Buffer.from('x'));
        await expectFailure(both, 'ERR_MESSAGE_TOO_BIG', 1009);
        assert.ok(memoryInUse() - before < MIB);
      });
    }

    for (const [length, name] of [
      [1n << 63n, '2^63'],
      [(1n << 64n) - 1n, '2^64 - 1'],
    ] as const) {
      it(`refuses a frame of ${name} bytes with 1002`, async () => {
        const both = await start();
        await both.peer.pour(header64(BINARY, length, masked));
        await expectFailure(both, 'ERR_PROTOCOL', 1002);
      });
    }

    it('accepts a frame of exactly 16 MiB', async () => {
      const { connection, peer } = await start();
      await peer.pour(frame(BINARY, Buffer.alloc(16 * MIB, 7)));
      for await (const message of connection) {
        assert.equal(message.length, 16 * MIB);
        break;
      }
    });

    it('allocates at most 1 MiB for an announced length, even without a limit', async () => {
      const { peer, connection } = await start({ maxPayload: 0 });
      const before = memoryInUse();
      await peer.pour(Buffer.concat([header64(BINARY, 1n << 40n, masked), Buffer.from('x')]));
      await peer.pour(frame(TEXT, 'y').subarray(0, 1));
      while (connection.counters.bytesReceived < (masked ? 16 : 12)) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      const grown = memoryInUse() - before;
      assert.ok(grown < 2 * MIB, `${grown} bytes`);
    });

    it(`refuses a frame that is ${masked ? 'not ' : ''}masked with 1002`, async () => {
      const both = await start();
      await both.peer.pour(encode(TEXT, 'x', { masked: !masked }));
      await expectFailure(both, 'ERR_PROTOCOL', 1002);
    });

    for (const [name, text] of [
      ['a surrogate', 'eda080'],
      ['an overlong slash', 'c0af'],
      ['an overlong NUL', 'c080'],
      ['a code point beyond U+10FFFF', 'f4908080'],
      ['a byte that is never used', 'ff'],
      ['a continuation byte alone', '80'],
    ] as const) {
      it(`refuses ${name} in text with 1007, in the fragment with the invalid byte`, async () => {
        const both = await start();
        await both.peer.pour(frame(TEXT, Buffer.from(text, 'hex'), false));
        await expectFailure(both, 'ERR_INVALID_TEXT', 1007);
      });
    }

    it('refuses text that ends inside of a character with 1007', async () => {
      const both = await start();
      await both.peer.pour(frame(TEXT, Buffer.from('f09f98', 'hex')));
      await expectFailure(both, 'ERR_INVALID_TEXT', 1007);
    });

    it('accepts U+10FFFF, U+FFFE, NUL and a byte order mark, cut inside of each', async () => {
      const { connection, peer } = await start();
      const text = '\u{10ffff}\ufffe\0\ufeff';
      const bytes = Buffer.from(text);
      const frames = Array.from(bytes, (byte, index) =>
        frame(index === 0 ? TEXT : CONTINUATION, Buffer.of(byte), index === bytes.length - 1),
      );
      await peer.pour(Buffer.concat(frames));
      for await (const message of connection) {
        assert.equal(message, text);
        break;
      }
    });

    for (const [name, body, code, closeCode] of [
      ['of one byte', '03', 'ERR_PROTOCOL', 1002],
      ['with status 1005', '03ed', 'ERR_PROTOCOL', 1002],
      ['with status 0', '0000', 'ERR_PROTOCOL', 1002],
      ['with status 65535', 'ffff', 'ERR_PROTOCOL', 1002],
      ['whose reason is not UTF-8', '03e8ff', 'ERR_INVALID_TEXT', 1007],
    ] as const) {
      it(`refuses a close frame ${name} with ${closeCode}`, async () => {
        const both = await start();
        await both.peer.pour(frame(CLOSE, Buffer.from(body, 'hex')));
        await expectFailure(both, code, closeCode);
      });
    }

    it('answers a storm of close frames once, and reads nothing after the first', async () => {
      const { connection, peer } = await start();
      const storm = new Array<Buffer>(10000).fill(frame(CLOSE, Buffer.from('03e8', 'hex')));
      await peer.pour(Buffer.concat([...storm, frame(TEXT, Buffer.from('ff', 'hex'))]));
      peer.socket.end();
      const info = await connection.closed;
      assert.deepEqual([info.code, info.wasClean, info.error], [1000, true, undefined]);
      await peer.closed;
      assert.equal(peer.frames.length, 1);
    });
  });
}

/** A header with a length field of 8 bytes. */
function header64(opcode: number, length: bigint, masked: boolean): Buffer {
  const header = Buffer.alloc(masked ? 14 : 10);
  header[0] = 0x80 | opcode;
  header[1] = (masked ? 0x80 : 0) | 127;
  header.writeBigUInt64BE(length, 2);
  return header;
}
