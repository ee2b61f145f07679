/**
 * The outgoing half of a session with a codec. Parts of messages wait while the codec encodes an earlier part, so the
 * order is kept. While nothing waits and nothing is encoded, sends pass straight through.
 */
import { keptBytes } from '../../component/arguments.js';
import type { BulkDriver } from '../../component/bulk.js';
import { BufferType } from '../../component/contract.js';
import type { CloseBuffer } from '../../component/contract.js';
import type { SharedMessage } from '../../component/shared-message.js';
import { errorOf } from '../../component/thrown.js';
import { isFinalType } from '../payload/assembly.js';
import { BY_REFERENCE } from '../payload/by-reference.js';
import { notCoded, whenRejected } from '../payload/coded.js';
import type { PreparedMessage } from '../payload/prepared.js';
import type { MessageCodec } from './codec.js';

/** The part of the connection that is notified of asynchronous encoding. */
export interface EncodingOwner {
  /** There is more output, or the waiting parts have been framed. */
  encoded(): void;
  /** A part could not be encoded. */
  encodingFailed(error: Error): void;
}

/** An outgoing item that waits in the queue. */
interface Departure {
  readonly type: BufferType;
  readonly buffer: Uint8Array | CloseBuffer | undefined;
  readonly length: number;
  readonly encode: boolean;
  readonly whenFramed: (() => void) | undefined;
  /** The prepared message that this item is, or null. */
  readonly prepared: PreparedMessage | null;
}

export class OutgoingCodec {
  readonly #inner: BulkDriver;
  readonly #codec: MessageCodec;
  readonly #owner: EncodingOwner;
  #departures: Departure[] = [];
  #encoding = false;
  /** The part that the codec is encoding. */
  #departing: Departure | null = null;
  /** Bytes that wait to be framed. */
  #waitingBytes = 0;
  /** Whether the message that is being sent is encoded; null between messages. */
  #messageEncoded: boolean | null = null;
  /** The first frame of the encoded message has been made. Only the first frame has the mark. */
  #begun = false;
  #abandoned = false;
  /** Bytes of encoded messages, before encoding. */
  plainBytes = 0;
  /** Bytes of encoded messages, after encoding. */
  codedBytes = 0;

  constructor(inner: BulkDriver, codec: MessageCodec, owner: EncodingOwner) {
    this.#inner = inner;
    this.#codec = codec;
    this.#owner = owner;
  }

  /** Bytes of the sent parts that wait for the codec. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Whether a sent part is waiting for the codec. */
  get isEncoding(): boolean {
    return this.#encoding || this.#departures.length !== 0;
  }

  /** Drops the parts that wait, as if they had been framed. Later sends pass straight through. */
  abandon(): void {
    this.#abandoned = true;
    const dropped = this.#departing === null ? this.#departures : [this.#departing, ...this.#departures];
    this.#departures = [];
    this.#departing = null;
    this.#encoding = false;
    this.#waitingBytes = 0;
    for (const { whenFramed } of dropped) whenFramed?.();
  }

  /**
   * @param encode - overrides the codec's choice for the message; only the value of the message's first part counts.
   * @param whenFramed - called when the bytes are in the output, or have been dropped.
   */
  send(
    type: BufferType,
    buffer: Uint8Array | CloseBuffer | undefined,
    encode: boolean | undefined,
    whenFramed: (() => void) | undefined,
  ): void {
    if (buffer instanceof Uint8Array && isDataType(type)) {
      this.#sendData(type, buffer, false, encode, whenFramed);
    } else if (this.#abandoned || type !== BufferType.Close || !this.isEncoding) {
      this.#inner.send(type, buffer);
      whenFramed?.();
    } else {
      this.#enqueue({ type, buffer, length: 0, encode: false, whenFramed, prepared: null });
    }
  }

  /** Sends a whole text. */
  sendText(text: string): void {
    this.#sendData(BufferType.Utf8Message, Buffer.from(text), true, undefined, undefined);
  }

  /** @param isOwn - nobody else has the bytes, so they cannot change. */
  #sendData(
    type: BufferType,
    bytes: Uint8Array,
    isOwn: boolean,
    encode: boolean | undefined,
    whenFramed: (() => void) | undefined,
  ): void {
    const { byteLength: length } = bytes;
    const encoded = !this.#abandoned && this.#decide(length, isFinalType(type), encode);
    if (this.#abandoned || (!encoded && !this.isEncoding)) {
      this.#inner.send(type, bytes);
      whenFramed?.();
      return;
    }
    // The caller may reuse a short buffer at once, so it is copied.
    const kept = isOwn ? bytes : length < BY_REFERENCE ? Buffer.from(bytes) : keptBytes(bytes);
    this.#enqueue({ type, buffer: kept, length, encode: encoded, whenFramed, prepared: null });
  }

  /** Whether the part is encoded: the first part of a message decides for the others. */
  #decide(length: number, isLast: boolean, wish: boolean | undefined): boolean {
    const encoded = this.#messageEncoded ?? (wish !== false && this.#encodes(length, isLast));
    this.#messageEncoded = isLast ? null : encoded;
    return encoded;
  }

  /** Sends a whole prepared message. It is encoded once for all connections whose codecs have the same encoder. */
  sendPrepared(message: PreparedMessage): void {
    const { type, payload } = message._plain;
    const isWaiting = this.isEncoding;
    const isBetweenMessages = this.#messageEncoded === null;
    const encode =
      message.compress && !this.#abandoned && isBetweenMessages && this.#encodes(payload.length, true);
    // Inside a message the frame is a part of that message, and refused if its type is another one.
    if (!isBetweenMessages || (encode && this.#codec.encoder === undefined)) {
      this.send(type, payload, encode, undefined);
      return;
    }
    if (!isWaiting) {
      const ready = encode ? message._encodedBy(this.#codec.encoder!) : message._plain;
      if (ready !== undefined) {
        this.#frameShared(message, ready);
        return;
      }
    }
    const { length } = payload;
    this.#enqueue({ type, buffer: payload, length, encode, whenFramed: undefined, prepared: message });
  }

  #enqueue(departure: Departure): void {
    this.#waitingBytes += departure.length;
    if (this.isEncoding) this.#departures.push(departure);
    else if (this.#depart(departure)) this.#departNext();
  }

  #frameShared(message: PreparedMessage, shared: SharedMessage): void {
    if (shared.compressed) {
      this.plainBytes += message.byteLength;
      this.codedBytes += shared.payload.length;
    }
    if (this.#inner.sendShared === undefined)
      this.#inner.send(shared.type, shared.payload, shared.compressed);
    else this.#inner.sendShared(shared);
  }

  /** Whether the codec wants to encode the message. A codec that throws fails the connection. */
  #encodes(length: number, isLast: boolean): boolean {
    try {
      return this.#codec.encodes(length, isLast);
    } catch (error) {
      this.#owner.encodingFailed(errorOf(error));
      return false;
    }
  }

  /** Frames the items that wait, until the codec works on one of them. */
  #departNext(): void {
    for (;;) {
      const departure = this.#departures.shift();
      if (departure === undefined || !this.#depart(departure)) return;
    }
  }

  /** @returns whether the item has been framed, so that the next one may follow. */
  #depart(departure: Departure): boolean {
    if (!departure.encode) {
      if (departure.prepared === null) this.#frame(departure, departure.buffer, false);
      else this.#framePrepared(departure, departure.prepared, departure.prepared._plain);
      return true;
    }
    if ((departure.buffer as Uint8Array).byteLength !== departure.length) {
      this.#owner.encodingFailed(new Error('its memory was detached'));
      return false;
    }
    this.#encoding = true;
    this.#departing = departure;
    let isNow = true;
    const encoded = (error: unknown, frame: () => void): void => {
      if (this.#abandoned || this.#departing !== departure) return;
      this.#encoding = false;
      // A program that gives undefined in place of null, as usual in Node, means that there was no error.
      if (error !== undefined && error !== null) {
        this.#owner.encodingFailed(errorOf(error));
        return;
      }
      this.#departing = null;
      frame();
      if (isNow) return;
      this.#departNext();
      this.#owner.encoded();
    };
    try {
      this.#encode(departure, encoded);
    } catch (error) {
      this.#owner.encodingFailed(errorOf(error));
      return false;
    }
    isNow = false;
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- the codec may be asynchronous
    return !this.#encoding && !this.#abandoned;
  }

  /** @param encoded - gets the error, or null and the function that frames the result. */
  #encode(departure: Departure, encoded: (error: unknown, frame: () => void) => void): void {
    const { prepared } = departure;
    if (prepared !== null) {
      prepared._encode(this.#codec.encoder!, (error, shared) => {
        encoded(error, () => this.#framePrepared(departure, prepared, shared));
      });
      return;
    }
    const part = departure.buffer as Uint8Array;
    const done = (error: unknown, bytes: Uint8Array): void => {
      encoded(error ?? notCoded(bytes), () => {
        this.plainBytes += departure.length;
        this.codedBytes += bytes.byteLength;
        this.#frame(departure, bytes, true);
      });
    };
    whenRejected(this.#codec.encode(part, isFinalType(departure.type), done), (error) => done(error, part));
  }

  #framePrepared(departure: Departure, prepared: PreparedMessage, shared: SharedMessage): void {
    this.#waitingBytes -= departure.length;
    this.#frameShared(prepared, shared);
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
