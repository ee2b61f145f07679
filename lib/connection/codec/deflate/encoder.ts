/**
 * The compression of all connections of one server, or of clients with the same options, whose windows have the same
 * size. A side that forgets its window compresses a message to the same bytes on each connection, so a prepared message
 * is compressed once.
 */
import type { ZlibOptions } from 'node:zlib';
import type { MessageEncoder } from '../codec.js';
import { NOTHING, TAIL } from './flow.js';
import type { PerMessageDeflateOptions } from './parameters.js';
import { giveFlow, takeFlow } from './pool.js';

export class DeflateEncoder implements MessageEncoder {
  /** The options of zlib. */
  readonly options: ZlibOptions;
  readonly #limit: number;

  constructor(options: ZlibOptions, limit: number) {
    this.options = options;
    this.#limit = limit;
  }

  encode(message: Uint8Array, done: (error: Error | null, bytes: Uint8Array) => void): void {
    const flow = takeFlow('deflate', this.options, this.#limit);
    const pieces: Uint8Array[] = [];
    flow.run(
      message,
      NOTHING,
      (bytes) => pieces.push(bytes),
      (error) => {
        if (error !== null) {
          flow.close();
          done(error, message);
          return;
        }
        giveFlow(flow, 'deflate', this.options, this.#limit);
        const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
        done(null, bytes.subarray(0, bytes.byteLength - TAIL.byteLength));
      },
    );
  }
}

/** The encoders of each extension, by the bits of the window. The object of its options stands for the extension. */
const encoders = new WeakMap<PerMessageDeflateOptions, Map<number, DeflateEncoder>>();

/** @param bits - of this side's window, as agreed. */
export function encoderOf(options: PerMessageDeflateOptions, bits: number, limit: number): DeflateEncoder {
  let byBits = encoders.get(options);
  if (byBits === undefined) encoders.set(options, (byBits = new Map<number, DeflateEncoder>()));
  let encoder = byBits.get(bits);
  if (encoder === undefined) {
    const { windowBits: given = 15, ...others } = options.zlibDeflateOptions ?? {};
    // zlib has no raw deflate with 8 window bits. With 9 bits it never looks back further than 8 bits allow: 512 - 262
    // bytes.
    encoder = new DeflateEncoder({ ...others, windowBits: Math.max(9, Math.min(given, bits)) }, limit);
    byBits.set(bits, encoder);
  }
  return encoder;
}
