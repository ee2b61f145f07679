/**
 * Sends bytes to a whole connection, cut anywhere, compressed or not. The connection must always end, and give the
 * peer a reason.
 */
import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { deflateRawSync, constants } from 'node:zlib';
import { portable } from '../../lib/component/portable/index.js';
import { chooseExtension, Connection, perMessageDeflate } from '../../lib/connection/index.js';
import { frame as encode } from '../support/raw-peer.js';
import { openPair } from '../support/open-pair.js';
import type { Target } from './target.js';

const LIMITS = {
  maxPayload: 2000,
  maxFragments: 50,
  maxBufferedBytes: 1 << 20,
  closeTimeout: 1000,
  keepAlive: false,
};
const EXTENSIONS = [perMessageDeflate({})];

/** A transport whose peer sends given bytes, then ends. */
class Fed extends Duplex {
  readonly written: Buffer[] = [];

  constructor() {
    super({ allowHalfOpen: true });
  }

  override _read(): void {
    // Nothing to do: the test pushes.
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.written.push(Buffer.from(chunk));
    done();
  }
}

export function connectionTarget(side: 'server' | 'client', compressed: boolean): Target {
  const masked = side === 'server';
  const frame = (opcode: number, payload: string | Buffer, fin = true, rsv = 0): Buffer =>
    encode(opcode, payload, { masked, fin, rsv });
  const packed = (text: string): Buffer =>
    deflateRawSync(Buffer.from(text), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
  const plainSeeds = [
    Buffer.concat([frame(1, 'hello'), frame(9, 'p'), frame(8, Buffer.from('03e8', 'hex'))]),
    Buffer.concat([frame(1, 'é', false), frame(0, '€', false), frame(0, '')]),
    frame(2, Buffer.alloc(2001)),
    Buffer.concat(Array.from({ length: 52 }, (_, index) => frame(index === 0 ? 2 : 0, '', false))),
    frame(8, Buffer.from('0bb8ff', 'hex')),
  ];
  const seeds = compressed
    ? [
        ...plainSeeds,
        frame(1, packed('hello hello hello'), true, 4),
        Buffer.concat([
          frame(1, packed('hello').subarray(0, 3), false, 4),
          frame(0, packed('hello').subarray(3)),
        ]),
        frame(2, packed('x'.repeat(3000)), true, 4),
      ]
    : plainSeeds;
  return {
    name: `connection-${side}${compressed ? '-deflate' : ''}`,
    seeds,
    tokens: [...seeds, frame(0, 'tail'), frame(10, '')],
    async run(input, random) {
      const pair = openPair(portable);
      const handle = side === 'server' ? pair.server : pair.client;
      (side === 'server' ? pair.client : pair.server).delete();
      const socket = new Fed();
      const codec = compressed ? chooseExtension(EXTENSIONS, 'permessage-deflate')!.codec() : undefined;
      const connection = new Connection(socket, handle, LIMITS, {
        side,
        ...(codec === undefined ? {} : { codec }),
      });
      let messages = 0;
      connection.on('message', (message) => {
        messages++;
        assert.ok(
          (typeof message === 'string' ? Buffer.byteLength(message) : message.byteLength) <=
            LIMITS.maxPayload,
        );
      });
      for (let at = 0; at < input.length;) {
        const next = at + (random.below(2) === 0 ? input.length : 1 + random.below(20));
        socket.push(Buffer.from(input.subarray(at, next)));
        at = next;
      }
      socket.push(null);
      const { code, wasClean, error } = await connection.closed;
      // Codes of RFC 6455, section 7.4, that a frame may have. 1005 and 1006 are never sent.
      assert.ok(
        code === 1005 || code === 1006 || (code >= 1000 && code <= 1014) || (code >= 3000 && code <= 4999),
        String(code),
      );
      const output = Buffer.concat(socket.written);
      if (error !== undefined && error.closeCode !== 1006) {
        assert.ok(!wasClean);
        assert.ok(output.includes(0x88), 'no close frame');
      }
      return `${code} ${error?.code ?? ''} ${error?.closeCode ?? ''} ${Math.min(messages, 2)} ${wasClean}`;
    },
  };
}
