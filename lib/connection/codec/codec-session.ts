/**
 * A session with a message codec: the engine's session below, whose marked messages go through the codec on their
 * way. A codec may take its time, so both directions are queues: whatever comes behind a part that is with the codec
 * waits, and the order stays. While nothing waits and nothing is marked, calls pass straight through.
 *
 * Pings and pongs that are sent do not wait: control frames may stand between the frames of a message.
 */
import { keptBytes } from '../../component/arguments.js';
import type { BulkDriver, IndicationSink } from '../../component/bulk.js';
import { BufferType } from '../../component/contract.js';
import type { CloseBuffer } from '../../component/contract.js';
import { isFinalType } from '../payload/assembly.js';
import { BY_REFERENCE } from '../payload/by-reference.js';
import type { MessageCodec } from './codec.js';

/** What the session calls when a codec has taken its time; the connection. */
export interface CodecOwner {
  /** More can be indicated: {@link CodecSession.deliver} is to be called. */
  decoded(): void;
  /** There is more output, or what waited has been framed. */
  encoded(): void;
  /** A part could not be encoded. */
  encodingFailed(error: Error): void;
}

/** The peer's bytes are not what the codec makes. */
export class DecodingError extends Error {}

/** What waited for the codec has lost its bytes. */
export class DetachedError extends Error {}

/** What is received and waits. */
type Arrival =
  | {
      readonly kind: 'data';
      readonly type: BufferType;
      readonly bytes: Uint8Array;
      readonly length: number;
      readonly remaining: number;
      readonly encoded: boolean;
    }
  | { readonly kind: 'ping' | 'pong'; readonly payload: Uint8Array }
  | { readonly kind: 'close'; readonly status: number; readonly reason: Uint8Array | null }
  | { readonly kind: 'failure'; readonly error: unknown };

/** What is to be sent and waits. */
interface Departure {
  readonly type: BufferType;
  readonly buffer: Uint8Array | CloseBuffer | undefined;
  readonly length: number;
  readonly encode: boolean;
  readonly whenFramed: (() => void) | undefined;
}

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
  /** A part is with the codec. */
  #decoding = false;
  /** The part that is with the codec. */
  #current: (Arrival & { readonly kind: 'data' }) | null = null;
  /** Decoded, not indicated: the newest piece is held back until it is known whether it is the last. */
  #pieces: Uint8Array[] = [];
  #decodingEnded = false;
  #decodingFailure: Error | null = null;
  /** Where indications go, while a call from above runs. */
  #sink: IndicationSink | null = null;

  #departures: Departure[] = [];
  #encoding = false;
  /** What is with the codec. */
  #departing: Departure | null = null;
  /** Bytes of what waits to be framed. */
  #waitingBytes = 0;
  /** The message that is being sent is encoded; null between messages. */
  #messageEncoded: boolean | null = null;
  /** The encoded message that is being framed has begun: only its first frame has the mark. */
  #begun = false;

  #deaf = false;
  #abandoned = false;
  #plainBytes = 0;
  #codedBytes = 0;

  constructor(inner: BulkDriver, codec: MessageCodec, owner: CodecOwner, verifyText: boolean) {
    this.#inner = inner;
    this.#codec = codec;
    this.#owner = owner;
    this.#verifyText = verifyText;
    inner.allowCompression!();
  }

  /** Something that has been received waits for the codec. */
  get isDecoding(): boolean {
    return this.#decoding || this.#arrivals.length !== 0;
  }

  /** Bytes that have been sent and wait for the codec. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Something that has been sent waits for the codec. */
  get isEncoding(): boolean {
    return this.#encoding || this.#departures.length !== 0;
  }

  /** Bytes of encoded messages before by after, both directions; undefined before the first. */
  get ratio(): number | undefined {
    return this.#codedBytes === 0 ? undefined : this.#plainBytes / this.#codedBytes;
  }

  get outputLength(): number {
    return this.#inner.outputLength;
  }

  takeOutput(): Uint8Array[] {
    return this.#inner.takeOutput();
  }

  /** Drops what has been received and waits, and whatever comes. */
  stopDecoding(): void {
    if (this.#deaf) return;
    this.#deaf = true;
    this.#arrivals = [];
    this.#pieces = [];
    this.#current = null;
    this.#decoding = false;
    this.#codec.stopDecoding();
  }

  /**
   * Drops what waits, as if it had been framed, and gives the codec's memory back; what is sent from now on passes
   * straight through.
   */
  abandon(): void {
    if (this.#abandoned) return;
    this.#abandoned = true;
    this.stopDecoding();
    const dropped = this.#departing === null ? this.#departures : [this.#departing, ...this.#departures];
    this.#departures = [];
    this.#departing = null;
    this.#encoding = false;
    this.#waitingBytes = 0;
    this.#codec.close();
    for (const { whenFramed } of dropped) whenFramed?.();
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

  /** What has been announced behind something that waits is of no interest yet. */
  get announced(): number {
    return this.isDecoding ? 0 : this.#inner.announced!;
  }

  sendControl(type: BufferType.PingPong | BufferType.UnsolicitedPong, payload: Uint8Array): void {
    this.#inner.sendControl!(type, payload);
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

  /** Indicates what has become ready since. */
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
    this.#arrive({ kind: 'data', type, bytes: part, length: end - start, remaining, encoded });
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

  /** Indicates until something is with the codec. */
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

  #decode(arrival: Arrival & { readonly kind: 'data' }): void {
    this.#decoding = true;
    this.#decodingEnded = false;
    this.#current = arrival;
    this.#codedBytes += arrival.bytes.byteLength;
    this.#codec.decode(
      arrival.bytes,
      isFinalType(arrival.type),
      (bytes) => {
        if (this.#deaf || bytes.byteLength === 0) return;
        this.#plainBytes += bytes.byteLength;
        this.#pieces.push(bytes);
        if (this.#pieces.length === 1) return;
        // The limits above hold for each piece as it comes: a bomb ends here.
        if (this.#sink !== null) this.#indicatePieces();
        else this.#owner.decoded();
      },
      (error) => {
        if (this.#deaf) return;
        this.#decodingEnded = true;
        this.#decodingFailure = error;
        if (this.#sink === null) this.#owner.decoded();
      },
    );
  }

  /** Hands on what the codec has made of the current part; whether that was all of it. */
  #indicatePieces(): boolean {
    const pieces = this.#pieces;
    const current = this.#current!;
    const fragment = fragmentOf(current.type);
    while (pieces.length > 1) {
      const piece = pieces.shift()!;
      // At least one byte follows.
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
   * @param encode - overrules the codec's choice for the message; counts with its first part.
   * @param whenFramed - called when the bytes are in the output, or have been dropped.
   */
  send(type: BufferType, buffer?: Uint8Array | CloseBuffer, encode?: boolean, whenFramed?: () => void): void {
    const isData = buffer instanceof Uint8Array && isDataType(type);
    const isWaiting = this.isEncoding;
    if (this.#abandoned || (!isData && (type !== BufferType.Close || !isWaiting))) {
      this.#inner.send(type, buffer);
      whenFramed?.();
      return;
    }
    let encoded = false;
    const length = isData ? buffer.byteLength : 0;
    if (isData) {
      const isLast = isFinalType(type);
      if (this.#messageEncoded === null) {
        encoded = encode !== false && this.#encodes(length, isLast);
      } else {
        encoded = this.#messageEncoded;
      }
      this.#messageEncoded = isLast ? null : encoded;
    }
    if (!isWaiting && !encoded) {
      this.#inner.send(type, buffer);
      whenFramed?.();
      return;
    }
    // Short memory is the caller's again at once.
    const kept = !isData ? buffer : length < BY_REFERENCE ? Buffer.from(buffer) : keptBytes(buffer);
    this.#waitingBytes += length;
    this.#departures.push({ type, buffer: kept, length, encode: encoded, whenFramed });
    if (!this.#encoding) this.#encodeNext();
  }

  /** Whether the codec wants the message. One that throws is asked for nothing more. */
  #encodes(length: number, isLast: boolean): boolean {
    try {
      return this.#codec.encodes(length, isLast);
    } catch (error) {
      this.#owner.encodingFailed(error as Error);
      return false;
    }
  }

  #encodeNext(): void {
    for (;;) {
      const departure = this.#departures.shift();
      if (departure === undefined) return;
      if (!departure.encode) {
        this.#frame(departure, departure.buffer, false);
        continue;
      }
      if ((departure.buffer as Uint8Array).byteLength !== departure.length) {
        this.#owner.encodingFailed(new Error('its memory was detached'));
        return;
      }
      this.#encoding = true;
      this.#departing = departure;
      let isNow = true;
      const encoded = (error: Error | null, bytes: Uint8Array): void => {
        if (this.#abandoned || this.#departing !== departure) return;
        this.#encoding = false;
        if (error !== null) {
          this.#owner.encodingFailed(error);
          return;
        }
        this.#departing = null;
        this.#plainBytes += departure.length;
        this.#codedBytes += bytes.byteLength;
        this.#frame(departure, bytes, true);
        if (isNow) return;
        this.#encodeNext();
        this.#owner.encoded();
      };
      try {
        this.#codec.encode(departure.buffer as Uint8Array, isFinalType(departure.type), encoded);
      } catch (error) {
        this.#owner.encodingFailed(error as Error);
        return;
      }
      isNow = false;
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- the codec may take its time
      if (this.#encoding || this.#abandoned) return;
    }
  }

  #frame(departure: Departure, buffer: Uint8Array | CloseBuffer | undefined, encoded: boolean): void {
    this.#waitingBytes -= departure.length;
    this.#inner.send(departure.type, buffer, encoded && !this.#begun);
    if (encoded) this.#begun = !isFinalType(departure.type);
    departure.whenFramed?.();
  }
}

function isDataType(type: BufferType): boolean {
  return isFinalType(type) || type === BufferType.Utf8Fragment || type === BufferType.BinaryFragment;
}
