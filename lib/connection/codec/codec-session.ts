/**
 * A session with a message codec. This session wraps the engine's session and passes marked messages through the codec.
 * A codec may be asynchronous, so each direction has a queue: everything behind a part that the codec is working on
 * waits, and the order is kept. While nothing waits and nothing is marked, calls pass straight through.
 *
 * Outgoing pings and pongs do not wait: control frames may stand between the frames of a message.
 */
import type { BulkDriver, IndicationSink } from '../../component/bulk.js';
import { BufferType } from '../../component/contract.js';
import type { CloseBuffer } from '../../component/contract.js';
import { errorOf } from '../../component/thrown.js';
import { isFinalType } from '../payload/assembly.js';
import type { PreparedMessage } from '../payload/prepared.js';
import { notCoded, whenRejected } from '../payload/coded.js';
import { atItsEnd } from './codec.js';
import type { MessageCodec } from './codec.js';
import { OutgoingCodec } from './outgoing-codec.js';
import type { EncodingOwner } from './outgoing-codec.js';

/** The connection implements this. The session calls it when an asynchronous codec has finished. */
export interface CodecOwner extends EncodingOwner {
  /** More can be indicated. The connection then calls {@link CodecSession.deliver}. */
  decoded(): void;
  /** The codec threw when it was told that nothing more will come. */
  failedAtEnd(error: unknown): void;
}

/** The codec cannot decode the bytes that the peer sent. */
export class DecodingError extends Error {}

/** A part that waited for the codec has lost its bytes, because its memory was detached. */
export class DetachedError extends Error {}

/** A part of a message that has been received. */
interface DataArrival {
  readonly kind: 'data';
  readonly type: BufferType;
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly remaining: number;
  readonly encoded: boolean;
}

/** A received item that waits in the queue. */
type Arrival =
  | DataArrival
  | { readonly kind: 'ping' | 'pong'; readonly payload: Uint8Array }
  | { readonly kind: 'close'; readonly status: number; readonly reason: Uint8Array | null }
  | { readonly kind: 'failure'; readonly error: unknown };

const EMPTY = new Uint8Array(0);

function fragmentOf(type: BufferType): BufferType {
  return type === BufferType.Utf8Message || type === BufferType.Utf8Fragment
    ? BufferType.Utf8Fragment
    : BufferType.BinaryFragment;
}

export class CodecSession implements BulkDriver, IndicationSink {
  readonly #inner: BulkDriver;
  readonly #codec: MessageCodec;
  readonly #owner: CodecOwner;
  readonly #verifyText: boolean;

  #arrivals: Arrival[] = [];
  /** The codec is decoding a part. */
  #decoding = false;
  /** The part that the codec is decoding. */
  #current: DataArrival | null = null;
  /**
   * Decoded pieces that are not yet indicated. The newest piece is held back until it is known whether it is the last.
   */
  #pieces: Uint8Array[] = [];
  #decodingEnded = false;
  #decodingFailure: Error | null = null;
  /** The target of indications while the connection is calling `receive` or `deliver`. */
  #sink: IndicationSink | null = null;

  readonly #outgoing: OutgoingCodec;

  #deaf = false;
  #abandoned = false;
  #plainBytes = 0;
  #codedBytes = 0;

  constructor(inner: BulkDriver, codec: MessageCodec, owner: CodecOwner, verifyText: boolean) {
    this.#inner = inner;
    this.#codec = codec;
    this.#owner = owner;
    this.#verifyText = verifyText;
    this.#outgoing = new OutgoingCodec(inner, codec, owner);
    inner.allowCompression!();
  }

  /** Whether a received part is waiting for the codec. */
  get isDecoding(): boolean {
    return this.#decoding || this.#arrivals.length !== 0;
  }

  /** Bytes of the sent parts that wait for the codec. */
  get waitingBytes(): number {
    return this.#outgoing.waitingBytes;
  }

  /** Whether a sent part is waiting for the codec. */
  get isEncoding(): boolean {
    return this.#outgoing.isEncoding;
  }

  /**
   * Size of encoded messages before encoding divided by their size after it, over both directions. Undefined before the
   * first encoded message.
   */
  get ratio(): number | undefined {
    const { plainBytes, codedBytes } = this.#outgoing;
    const coded = this.#codedBytes + codedBytes;
    return coded === 0 ? undefined : (this.#plainBytes + plainBytes) / coded;
  }

  get outputLength(): number {
    return this.#inner.outputLength;
  }

  takeOutput(): Uint8Array[] {
    return this.#inner.takeOutput();
  }

  /** Drops the received parts that wait, and everything that arrives later. */
  stopDecoding(): void {
    if (this.#deaf) return;
    this.#deaf = true;
    this.#arrivals = [];
    this.#pieces = [];
    this.#current = null;
    this.#decoding = false;
    atItsEnd(() => this.#codec.stopDecoding(), this.#owner);
  }

  /**
   * Drops the outgoing parts that wait, as if they had been framed, and frees the codec's memory. Later calls of `send`
   * pass straight through.
   */
  abandon(): void {
    if (this.#abandoned) return;
    this.#abandoned = true;
    this.stopDecoding();
    this.#outgoing.abandon();
    atItsEnd(() => this.#codec.close(), this.#owner);
  }

  get autoPong(): boolean {
    return this.#inner.autoPong!;
  }

  set autoPong(value: boolean) {
    this.#inner.autoPong = value;
  }

  set nextMaskKey(next: () => number) {
    this.#inner.nextMaskKey = next;
  }

  get refusedStatus(): number {
    return this.#inner.refusedStatus!;
  }

  get frameHeader(): number {
    return this.#inner.frameHeader!;
  }

  /** The announced length counts only when nothing waits before it. */
  get announced(): number {
    return this.isDecoding ? 0 : this.#inner.announced!;
  }

  sendControl(type: BufferType.PingPong | BufferType.UnsolicitedPong, payload: Uint8Array): void {
    this.#inner.sendControl!(type, payload);
  }

  get isBroken(): boolean {
    return this.#inner.isBroken === true;
  }

  sendFramed(part: Uint8Array, mayStay: boolean): void {
    this.#inner.sendFramed!(part, mayStay);
  }

  // ---- Receiving ----

  receive(chunk: Uint8Array, sink: IndicationSink): void {
    this.#sink = sink;
    try {
      this.#inner.receive(chunk, this);
    } catch (error) {
      if (error instanceof DecodingError || !this.isDecoding) throw error;
      this.#arrivals.push({ kind: 'failure', error });
    } finally {
      this.#sink = null;
    }
  }

  /** Indicates everything that has become ready since the last call. */
  deliver(sink: IndicationSink): void {
    this.#sink = sink;
    try {
      this.#advance();
    } finally {
      this.#sink = null;
    }
  }

  data(
    type: BufferType,
    bytes: Uint8Array,
    start: number,
    end: number,
    remaining: number,
    encoded: boolean,
    ascii: boolean,
  ): void {
    if (this.#deaf) return;
    if (!this.isDecoding && !encoded) {
      this.#sink!.data(type, bytes, start, end, remaining, false, ascii);
      return;
    }
    const part = start === 0 && end === bytes.byteLength ? bytes : bytes.subarray(start, end);
    const arrival: DataArrival = { kind: 'data', type, bytes: part, length: end - start, remaining, encoded };
    if (this.isDecoding) {
      this.#arrivals.push(arrival);
      return;
    }
    this.#decode(arrival);
    this.#advance();
  }

  ping(payload: Uint8Array): void {
    this.#arrive({ kind: 'ping', payload });
  }

  pong(payload: Uint8Array): void {
    this.#arrive({ kind: 'pong', payload });
  }

  close(status: number, reason: Uint8Array | null): void {
    this.#arrive({ kind: 'close', status, reason });
  }

  #arrive(arrival: Arrival): void {
    if (this.#deaf) return;
    this.#arrivals.push(arrival);
    if (!this.#decoding) this.#advance();
  }

  /** Indicates the queued items until the codec works on one of them. */
  #advance(): void {
    for (;;) {
      if (this.#decoding && !this.#indicatePieces()) return;
      const arrival = this.#arrivals.shift();
      if (arrival === undefined) return;
      const sink = this.#sink!;
      switch (arrival.kind) {
        case 'data':
          if (arrival.bytes.byteLength !== arrival.length) throw new DetachedError();
          if (arrival.encoded) this.#decode(arrival);
          else
            sink.data(
              arrival.type,
              arrival.bytes,
              0,
              arrival.bytes.byteLength,
              arrival.remaining,
              false,
              false,
            );
          break;
        case 'ping':
          sink.ping?.(arrival.payload);
          break;
        case 'pong':
          sink.pong(arrival.payload);
          break;
        case 'close':
          sink.close(arrival.status, arrival.reason);
          break;
        case 'failure':
          throw arrival.error;
      }
    }
  }

  #decode(arrival: DataArrival): void {
    this.#decoding = true;
    this.#decodingEnded = false;
    this.#current = arrival;
    this.#codedBytes += arrival.bytes.byteLength;
    // A program that calls `done` without an argument, as usual in Node, means that there was no error.
    const done = (error?: unknown): void => {
      if (this.#deaf || this.#current !== arrival || this.#decodingEnded) return;
      this.#decodingEnded = true;
      this.#decodingFailure = error === undefined || error === null ? null : errorOf(error);
      if (this.#sink === null) this.#owner.decoded();
    };
    const piece = (bytes: Uint8Array): void => {
      if (this.#deaf || this.#current !== arrival || this.#decodingEnded) return;
      const mistake = notCoded(bytes);
      if (mistake !== null) {
        done(mistake);
        return;
      }
      if (bytes.byteLength === 0) return;
      this.#plainBytes += bytes.byteLength;
      this.#pieces.push(bytes);
      if (this.#pieces.length === 1) return;
      // Limits are checked for each piece as it comes, so a decompression bomb is stopped here.
      if (this.#sink !== null) this.#indicatePieces();
      else this.#owner.decoded();
    };
    try {
      whenRejected(this.#codec.decode(arrival.bytes, isFinalType(arrival.type), piece, done), done);
    } catch (error) {
      done(errorOf(error));
    }
  }

  /** Indicates the decoded pieces of the current part. Returns true when the part is complete. */
  #indicatePieces(): boolean {
    const pieces = this.#pieces;
    const current = this.#current!;
    const fragment = fragmentOf(current.type);
    while (pieces.length > 1) {
      const piece = pieces.shift()!;
      // The 1 says that at least one more byte follows.
      this.#sink!.data(fragment, piece, 0, piece.byteLength, 1, this.#verifyText, false);
      if (this.#deaf) return false;
    }
    if (!this.#decodingEnded) return false;
    if (this.#decodingFailure !== null) {
      const failure = this.#decodingFailure;
      this.#decodingFailure = null;
      throw new DecodingError(failure.message, { cause: failure });
    }
    this.#decoding = false;
    this.#current = null;
    const last = pieces.pop() ?? EMPTY;
    this.#sink!.data(current.type, last, 0, last.byteLength, current.remaining, this.#verifyText, false);
    return true;
  }

  // ---- Sending ----

  /**
   * @param encode - overrides the codec's choice for the message; only the value of the message's first part counts.
   * @param whenFramed - called when the bytes are in the output, or have been dropped.
   */
  send(type: BufferType, buffer?: Uint8Array | CloseBuffer, encode?: boolean, whenFramed?: () => void): void {
    this.#outgoing.send(type, buffer, encode, whenFramed);
  }

  /** Sends a text message. */
  sendText(text: string): void {
    this.#outgoing.sendText(text);
  }

  /** Sends a prepared message: encoded once for all connections, if the codec allows it. */
  sendPrepared(message: PreparedMessage): void {
    this.#outgoing.sendPrepared(message);
  }
}
