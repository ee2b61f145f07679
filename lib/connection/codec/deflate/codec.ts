/** permessage-deflate: the codec of one connection (RFC 7692, section 7.2). */
import type { ZlibOptions } from 'node:zlib';
import type { MessageCodec, MessageEncoder } from '../codec.js';
import { encoderOf } from './encoder.js';
import type { DeflateEncoder } from './encoder.js';
import { NOTHING, TAIL } from './flow.js';
import type { Flow, FlowKind } from './flow.js';
import type { DeflateParameters, PerMessageDeflateOptions } from './parameters.js';
import { giveFlow, takeFlow } from './pool.js';

/** An empty message: an empty deflate block without the tail (RFC 7692, section 7.2.3.6). */
const EMPTY_MESSAGE = Buffer.from([0x00]);
const DEFAULT_THRESHOLD = 1024;
const DEFAULT_CONCURRENCY = 10;

/** One direction of a connection: its flow, if it has one at the moment, and how long the flow is kept. */
class Direction {
  flow: Flow | null = null;
  readonly keepsWindow: boolean;
  readonly #kind: FlowKind;
  readonly #options: ZlibOptions;
  readonly #limit: number;

  constructor(kind: FlowKind, options: ZlibOptions, keepsWindow: boolean, limit: number) {
    this.#kind = kind;
    this.#options = options;
    this.keepsWindow = keepsWindow;
    this.#limit = limit;
  }

  open(): Flow {
    return (this.flow ??= takeFlow(this.#kind, this.#options, this.#limit));
  }

  endMessage(): void {
    if (this.flow === null || this.keepsWindow) return;
    giveFlow(this.flow, this.#kind, this.#options, this.#limit);
    this.flow = null;
  }

  close(): void {
    this.flow?.close();
    this.flow = null;
  }
}

export class DeflateCodec implements MessageCodec {
  readonly #threshold: number;
  readonly #encoder: DeflateEncoder | undefined;
  readonly #sending: Direction;
  readonly #receiving: Direction;

  constructor(side: 'client' | 'server', agreed: DeflateParameters, options: PerMessageDeflateOptions) {
    const isServer = side === 'server';
    const limit = options.concurrencyLimit ?? DEFAULT_CONCURRENCY;
    const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } =
      agreed;
    const [ownForgets, peerForgets] = isServer
      ? [serverNoContextTakeover, clientNoContextTakeover]
      : [clientNoContextTakeover, serverNoContextTakeover];
    const [ownBits, peerBits] = isServer
      ? [serverMaxWindowBits, clientMaxWindowBits]
      : [clientMaxWindowBits, serverMaxWindowBits];
    this.#threshold = ownForgets ? (options.threshold ?? DEFAULT_THRESHOLD) : 0;
    const encoder = encoderOf(options, ownBits, limit);
    this.#encoder = ownForgets ? encoder : undefined;
    this.#sending = new Direction('deflate', encoder.options, !ownForgets, limit);
    this.#receiving = new Direction(
      'inflate',
      { ...options.zlibInflateOptions, windowBits: peerBits },
      !peerForgets,
      limit,
    );
  }

  get encoder(): MessageEncoder | undefined {
    return this.#encoder;
  }

  encodes(length: number, isWhole: boolean): boolean {
    return length >= this.#threshold && !(isWhole && length === 0);
  }

  encode(part: Uint8Array, isLast: boolean, done: (error: Error | null, bytes: Uint8Array) => void): void {
    if (part.byteLength === 0) {
      this.#endEncoding(isLast);
      done(null, isLast ? EMPTY_MESSAGE : part);
      return;
    }
    const pieces: Uint8Array[] = [];
    this.#sending.open().run(
      part,
      NOTHING,
      (bytes) => pieces.push(bytes),
      (error) => {
        if (error !== null) {
          done(error, part);
          return;
        }
        const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
        this.#endEncoding(isLast);
        done(null, isLast ? bytes.subarray(0, bytes.byteLength - TAIL.byteLength) : bytes);
      },
    );
  }

  #endEncoding(isLast: boolean): void {
    if (isLast) this.#sending.endMessage();
  }

  decode(
    part: Uint8Array,
    isLast: boolean,
    piece: (bytes: Uint8Array) => void,
    done: (error: Error | null) => void,
  ): void {
    const flow = this.#receiving.open();
    if (isLast && !this.#receiving.keepsWindow) {
      flow.run(part, TAIL, piece, (error) => {
        if (error === null) this.#receiving.endMessage();
        done(error);
      });
    } else flow.run(part, isLast ? TAIL : NOTHING, piece, done);
  }

  stopDecoding(): void {
    this.#receiving.close();
  }

  close(): void {
    this.#sending.close();
    this.#receiving.close();
  }
}
