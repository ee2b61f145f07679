import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { deflateRawSync, constants } from 'node:zlib';
import { portable } from '../../lib/component/index.js';
import { Connection, perMessageDeflate } from '../../lib/connection/index.js';
import type { ConnectionInit } from '../../lib/connection/index.js';
import { leavesNothing } from '../support/leaks.js';
import { openPair } from '../support/open-pair.js';
import { frame } from '../support/raw-peer.js';

const SIDES = ['server', 'client'] as const;
type Side = (typeof SIDES)[number];

/** A connection on a transport whose bytes the test provides. */
class Wire {
  readonly connection: Connection;
  readonly written: Buffer[] = [];
  readonly #socket: Duplex;

  constructor(side: Side, maxPayload: number, init: ConnectionInit = {}) {
    this.#socket = new Duplex({
      read() {},
      write: (chunk: Buffer, _encoding, callback) => {
        this.written.push(chunk);
        callback();
      },
    });
    this.connection = new Connection(
      this.#socket,
      openPair(portable)[side],
      { maxPayload },
      { side, ...init },
    );
  }

  async receive(...chunks: Uint8Array[]): Promise<void> {
    for (const chunk of chunks.filter(({ length }) => length !== 0)) {
      const taken = once(this.#socket, 'data');
      // A copy, since masked bytes are unmasked in place.
      this.#socket.push(Buffer.from(chunk));
      await taken;
    }
  }

  /** The failure. It is there as soon as the last byte has been taken. */
  async failure(): Promise<string | undefined> {
    const { state } = this.connection;
    this.connection.terminate();
    const { error } = await this.connection.closed;
    assert.equal(state, error === undefined ? 'open' : 'closing');
    return error && `${error.code} ${error.closeCode}: ${error.message}`;
  }
}

function tooBig(length: number, most: number): string {
  return `ERR_MESSAGE_TOO_BIG 1009: the peer sent a message of ${length} bytes or more, ${most} are allowed`;
}

function eachByte(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (byte) => Buffer.of(byte));
}

describe('a message beyond maxPayload', () => {
  leavesNothing();

  for (const side of SIDES) {
    const masked = side === 'server';
    const header = (opcode: number, length: number, fin = true): Buffer => {
      const whole = frame(opcode, Buffer.alloc(length), { masked, fin });
      return whole.subarray(0, whole.length - length);
    };

    for (const [most, opcode, length] of [
      [100, 1, 101],
      [1000, 2, 1001],
      [1000, 1, 65_535],
      [70_000, 2, 70_001],
    ] as const) {
      it(`is refused at the last byte of its header, not before: ${side}, ${length} of ${most}`, async () => {
        const bytes = header(opcode, length);
        for (const chunks of [
          [bytes],
          eachByte(bytes),
          [Buffer.concat([frame(2, 'x', { masked }), bytes])],
        ]) {
          const early = new Wire(side, most);
          await early.receive(...chunks.slice(0, -1), chunks.at(-1)!.subarray(0, -1));
          assert.equal(await early.failure(), undefined);
          const wire = new Wire(side, most);
          await wire.receive(...chunks);
          assert.equal(await wire.failure(), tooBig(length, most));
        }
      });
    }

    it(`is refused at the header of the frame that exceeds the limit: ${side}`, async () => {
      const first = frame(2, Buffer.alloc(600), { masked, fin: false });
      const between = frame(9, 'a ping', { masked });
      const exact = new Wire(side, 1000);
      await exact.receive(first, between, header(0, 400), Buffer.alloc(400));
      assert.equal((await exact.connection.messages().next()).value!.length, 1000);
      assert.equal(await exact.failure(), undefined);
      const wire = new Wire(side, 1000);
      await wire.receive(first, between, header(0, 401));
      assert.equal(await wire.failure(), tooBig(1001, 1000));
    });

    it(`is answered with a close frame: ${side}`, async () => {
      const wire = new Wire(side, 1000);
      const reason = 'the peer sent a message of 1001 bytes or more, 1000 are allowed';
      await wire.receive(header(2, 1001));
      while (wire.written.length === 0) await new Promise((resolve) => setImmediate(resolve));
      const close = Buffer.concat(wire.written);
      assert.deepEqual([...close.subarray(0, 2)], [0x88, (masked ? 0 : 0x80) | (2 + reason.length)]);
      if (masked)
        assert.deepEqual(close.subarray(2), Buffer.concat([Buffer.of(0x03, 0xf1), Buffer.from(reason)]));
      await wire.failure();
    });

    it(`may be a control frame of any length: ${side}`, async () => {
      const wire = new Wire(side, 10);
      await wire.receive(header(9, 125));
      assert.equal(await wire.failure(), undefined);
    });
  }

  it('is allowed if it is read in parts', async () => {
    const wire = new Wire('server', 1000);
    const streams = wire.connection.messageStreams();
    const first = streams.next();
    const whole = frame(2, Buffer.alloc(5000));
    await wire.receive(whole.subarray(0, 8), whole.subarray(8));
    let length = 0;
    for await (const part of (await first).value!) length += part.length;
    assert.equal(length, 5000);
    assert.equal(await wire.failure(), undefined);
  });

  it('is not assumed for a frame that is longer than its message, wherever it is cut', async () => {
    const message = randomBytes(200);
    const options = { finishFlush: constants.Z_SYNC_FLUSH };
    const whole = frame(2, deflateRawSync(message, options).subarray(0, -4), { rsv: 4 });
    assert.ok(whole.length > 6 + message.length);
    for (let cut = 1; cut < whole.length; cut++) {
      const codec = perMessageDeflate().accept(new Map())!.codec();
      const wire = new Wire('server', message.length, { codec });
      await wire.receive(whole.subarray(0, cut), whole.subarray(cut));
      assert.deepEqual((await wire.connection.messages().next()).value, message);
      assert.equal(await wire.failure(), undefined);
    }
  });

  it('is refused at its header if it is uncompressed on a connection with compression', async () => {
    const wire = new Wire('server', 1000, { codec: perMessageDeflate().accept(new Map())!.codec() });
    await wire.receive(frame(2, Buffer.alloc(1001)).subarray(0, 8));
    assert.equal(await wire.failure(), tooBig(1001, 1000));
  });
});
