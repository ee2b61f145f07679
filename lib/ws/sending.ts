/**
 * Sends the messages, fragments, pings and pongs of one socket. While a Blob is being read, the sends after it wait, so
 * that all sends leave in order.
 */
import type { Duplex } from 'node:stream';
import { types } from 'node:util';
import { BufferType } from '../component/index.js';
import { ConnectionError } from '../connection/index.js';
import type { Connection } from '../connection/index.js';
import { BINARY, CONTINUATION, frame, PING, PONG, TEXT } from './frame.js';
import { CLOSED, CLOSING, state } from './inner-socket.js';
import type { InnerSocket } from './inner-socket.js';
import type { Reporting } from './reporting.js';

/**
 * How a message is sent.
 *
 * @since 0.1.0
 */
export interface SendOptions {
  /**
   * Send a binary message; `false` sends text.
   *
   * @defaultValue false for a string, true for other data
   */
  binary?: boolean | undefined;
  /**
   * Whether the message may be compressed.
   *
   * @defaultValue true
   */
  compress?: boolean | undefined;
  /**
   * Whether the data is the last fragment of the message.
   *
   * @defaultValue true
   */
  fin?: boolean | undefined;
  /**
   * Whether the frame is masked. A frame with the other value than the default, which RFC 6455 requires (section 5.3),
   * is written at once and uncompressed. A peer that follows RFC 6455 refuses it.
   *
   * @defaultValue true for clients, false for servers
   */
  mask?: boolean | undefined;
}

/** Called without an error when the data has been written, or with the error that prevented the write. */
export type SendCallback = (error?: Error) => void;
/** The callback of `ping` and `pong`: as {@link SendCallback}, but with the type that it has in `@types/ws`. */
export type ControlCallback = (error: Error) => void;

type Written = (error?: Error | null) => void;

/** Sends the bytes of one call. */
type Send = (bytes: Uint8Array) => void;

/** A send that waits for a Blob to be read. */
interface Waiting {
  readonly send: () => void;
  readonly length: number;
  readonly isBlob: boolean;
  readonly done: SendCallback | undefined;
}

/** How one message, or one fragment of a message, is sent: {@link SendOptions} after the defaults are filled in. */
export interface Framing {
  readonly isBinary: boolean;
  readonly isLast: boolean;
  readonly compress: boolean;
  readonly mask: boolean;
}

export class Sending {
  readonly #socket: InnerSocket;
  readonly #connection: Connection;
  readonly #transport: Duplex;
  readonly #reporting: Reporting;
  readonly #generateMask: ((mask: Buffer) => void) | undefined;
  readonly #isCompressed: boolean;
  /** The type of the message whose fragments are being sent; null between messages. */
  #openMessage: BufferType | null = null;
  /** The Blob that is being read, followed by the sends that wait for it; null if no Blob is being read. */
  #queue: Waiting[] | null = null;

  constructor(
    socket: InnerSocket,
    connection: Connection,
    transport: Duplex,
    reporting: Reporting,
    extension: string,
    generateMask: ((mask: Buffer) => void) | undefined,
  ) {
    this.#socket = socket;
    this.#connection = connection;
    this.#transport = transport;
    this.#reporting = reporting;
    this.#isCompressed = extension !== '';
    this.#generateMask = generateMask;
  }

  /** Number of bytes of the Blob that is being read and of the sends that wait for it. */
  get waitingLength(): number {
    let length = 0;
    if (this.#queue !== null) for (const waiting of this.#queue) length += waiting.length;
    return length;
  }

  message(data: Uint8Array | Blob, framing: Framing, done: SendCallback | undefined): void {
    if (!types.isUint8Array(data)) this.#blob(data, (bytes) => this.#frame(bytes, framing, done), done);
    else if (this.#queue === null) this.#frame(data, framing, done);
    else this.inOrder(data, (bytes) => this.#frame(bytes, framing, done), done);
  }

  control(
    type: BufferType.PingPong | BufferType.UnsolicitedPong,
    data: Uint8Array | Blob,
    mask: boolean,
    done: SendCallback | undefined,
  ): void {
    const send: Send = (bytes) => {
      if (mask === this.#socket._isServer)
        this.#writeFrame(bytes, type === BufferType.PingPong ? PING : PONG, true, mask, done);
      else this.#connection.sendFrame(type, bytes, undefined, writtenOf(done));
    };
    if (!types.isUint8Array(data)) this.#blob(data, send, done);
    else this.inOrder(data, send, done);
  }

  /** Sends at once, or after the Blob that is being read. */
  inOrder(bytes: Uint8Array, send: Send, done: SendCallback | undefined): void {
    if (this.#queue === null) send(bytes);
    else this.#queue.push({ send: () => send(bytes), length: bytes.byteLength, isBlob: false, done });
  }

  #frame(
    bytes: Uint8Array,
    { isBinary, isLast, compress, mask }: Framing,
    done: SendCallback | undefined,
  ): void {
    // The first fragment determines the type of the message.
    const first = this.#openMessage;
    const whole = first ?? (isBinary ? BufferType.BinaryMessage : BufferType.Utf8Message);
    this.#openMessage = isLast ? null : whole;
    if (mask === this.#socket._isServer) {
      const opcode = whole === BufferType.BinaryMessage ? BINARY : TEXT;
      this.#writeFrame(bytes, first === null ? opcode : CONTINUATION, isLast, mask, done);
      return;
    }
    let type = whole;
    if (!isLast)
      type = whole === BufferType.BinaryMessage ? BufferType.BinaryFragment : BufferType.Utf8Fragment;
    const written = compress && this.#isCompressed ? compressedOf(done) : writtenOf(done);
    this.#connection.sendFrame(type, bytes, compress, written);
  }

  /** Writes a frame that the component does not make: a masked frame of a server, or an unmasked frame of a client. */
  #writeFrame(
    bytes: Uint8Array,
    opcode: number,
    fin: boolean,
    mask: boolean,
    done: SendCallback | undefined,
  ): void {
    const list = frame(bytes, { opcode, fin, mask, generateMask: this.#generateMask, readOnly: true });
    this.#connection.sendFramed(list, writtenOf(done));
  }

  /** Reads a Blob and sends its bytes. The sends after it wait. */
  #blob(blob: Blob, send: Send, done: SendCallback | undefined): void {
    const waiting: Waiting = {
      send: () => this.#read(blob, send),
      length: blob.size,
      isBlob: true,
      done,
    };
    if (this.#queue !== null) {
      this.#queue.push(waiting);
    } else {
      this.#queue = [waiting];
      // The sends before the Blob are written now, so that their callbacks run before the Blob's callback, as in `ws`.
      this.#connection.flush();
      waiting.send();
    }
  }

  /** Reads the Blob at the head of the queue and sends its bytes. Then runs the sends after it, up to the next Blob. */
  #read(blob: Blob, send: Send): void {
    // The next tick is outside of the promise: an error of a callback is an uncaught exception, as with other
    // callbacks.
    readBlob(blob).then(
      (bytes) => process.nextTick(() => this.#blobRead(bytes, send)),
      (cause: unknown) => process.nextTick(() => this.#blobFailed(cause as Error)),
    );
  }

  #blobRead(bytes: Uint8Array, send: Send): void {
    const queue = this.#queue;
    if (queue === null) return;
    if (this.#transport.destroyed) {
      this.#failQueue(new Error('The socket was closed while the blob was being read'));
      return;
    }
    queue.shift();
    send(bytes);
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      if (!next.isBlob) queue.shift();
      next.send();
      // A Blob stays at the head until it has been read.
      if (next.isBlob) return;
    }
    this.#queue = null;
  }

  /** Called when a Blob could not be read. The peer may have an incomplete message, so the connection ends. */
  #blobFailed(error: Error): void {
    try {
      this.#failQueue(error);
    } finally {
      if (this.#socket[state] !== CLOSED) {
        this.#socket[state] = CLOSING;
        this.#connection.end();
        this.#reporting.emitError(error);
      }
    }
  }

  #failQueue(error: Error): void {
    const queue = this.#queue ?? [];
    this.#queue = null;
    for (const { done } of queue) {
      try {
        done?.(error);
      } catch (thrown) {
        // The error is thrown in the next tick, so that the callbacks after this one are also called.
        process.nextTick(rethrow, thrown);
      }
    }
  }
}

function writtenOf(callback: SendCallback | undefined): Written | undefined {
  return callback === undefined ? undefined : (callback as Written);
}

/** As {@link writtenOf}, for data that is compressed before it is written. */
function compressedOf(callback: SendCallback | undefined): Written | undefined {
  if (callback === undefined) return undefined;
  return (error) => {
    if (!(error instanceof ConnectionError)) callback(error as undefined);
    else callback(new Error('The socket was closed while data was being compressed', { cause: error }));
  };
}

async function readBlob(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer());
}

function rethrow(error: unknown): never {
  throw error;
}
