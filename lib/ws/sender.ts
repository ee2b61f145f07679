/**
 * `Sender` of `ws` writes frames to any Duplex. It is for programs that have done the handshake themselves, and for
 * programs that make a frame once and send it to many peers. The sockets of this package do not use it: the component
 * makes their frames.
 */
import type { Duplex } from 'node:stream';
import { types } from 'node:util';
import { isBlob } from '../connection/index.js';
import { asBuffer, bytesOf, closeReasonOf, controlPayloadOf, lengthOf } from './bytes.js';
import { BINARY, CLOSE, CONTINUATION, frame, PING, PONG, TEXT } from './frame.js';
import type { FrameOptions } from './frame.js';
import { PerMessageDeflate } from './per-message-deflate.js';

/** As `@types/ws` has it. Node passes null in place of no error, and so does `ws`. */
type Callback = (error?: Error) => void;
type WriteCallback = (error?: Error | null) => void;

/** How a message, or a fragment of a message, is sent. */
export interface SenderOptions {
  readonly binary?: boolean | undefined;
  readonly compress?: boolean | undefined;
  readonly fin?: boolean | undefined;
  readonly mask?: boolean | undefined;
}

/** One send. It waits until the sends before it have been written. */
interface Job {
  readonly length: number;
  readonly run: () => void;
  readonly callback: Callback | undefined;
}

export class Sender {
  static readonly frame = frame;

  /** Called with the error when a Blob cannot be read. The Sender cannot go on then. */
  onerror: (error: Error) => void = () => {};
  readonly #socket: Duplex;
  readonly #extensions: Readonly<Record<string, unknown>>;
  readonly #generateMask: ((mask: Buffer) => void) | undefined;
  readonly #maskBuffer: Buffer | undefined;
  readonly #queue: Job[] = [];
  /** The send that is being read from its Blob, compressed or written; null if there is none. */
  #job: Job | null = null;
  #isFirst = true;
  #compresses = false;

  constructor(
    socket: Duplex,
    extensions: Readonly<Record<string, unknown>> = {},
    generateMask?: (mask: Buffer) => void,
  ) {
    this.#socket = socket;
    this.#extensions = extensions;
    this.#generateMask = generateMask;
    if (generateMask !== undefined) this.#maskBuffer = Buffer.alloc(4);
  }

  /** Number of bytes of the sends that have not been written yet. */
  get _bufferedBytes(): number {
    return [...(this.#job === null ? [] : [this.#job]), ...this.#queue].reduce(
      (sum, job) => sum + job.length,
      0,
    );
  }

  /** @throws TypeError, RangeError: the code or the reason cannot be sent. */
  close(code?: number, data?: string | Uint8Array, mask?: boolean, callback?: Callback): void {
    const reason = closeReasonOf(code, data);
    const body = code === undefined ? reason : Buffer.from([code >> 8, code & 0xff, ...reason]);
    this.#dispatch(body, false, { opcode: CLOSE, fin: true, mask, readOnly: false }, callback);
  }

  /** @throws RangeError: the payload has more than 125 bytes. */
  ping(data?: unknown, mask?: boolean, callback?: Callback): void {
    this.#dispatch(
      controlPayloadOf(data),
      false,
      { opcode: PING, fin: true, mask, readOnly: true },
      callback,
    );
  }

  /** @throws RangeError: the payload has more than 125 bytes. */
  pong(data?: unknown, mask?: boolean, callback?: Callback): void {
    this.#dispatch(
      controlPayloadOf(data),
      false,
      { opcode: PONG, fin: true, mask, readOnly: true },
      callback,
    );
  }

  send(data: unknown, options: SenderOptions, callback?: Callback): void {
    const payload = isBlob(data) ? data : bytesOf(data);
    const fin = options.fin === true;
    let opcode = CONTINUATION;
    let rsv1 = false;
    if (this.#isFirst) {
      opcode = options.binary === true ? BINARY : TEXT;
      const length = lengthOf(payload);
      rsv1 = this.#compresses =
        options.compress === true && (this.#deflate?.codec.encodes(length, false) ?? false);
    }
    this.#isFirst = fin;
    this.#dispatch(
      payload,
      this.#compresses,
      { opcode, fin, rsv1, mask: options.mask, readOnly: true },
      callback,
    );
  }

  /** Writes a finished frame at once. The list has the parts of the frame. */
  sendFrame(list: readonly Uint8Array[], callback?: Callback): void {
    const last = list.length - 1;
    this.#socket.cork();
    for (const [index, chunk] of list.entries())
      this.#socket.write(chunk, index === last ? (callback as WriteCallback | undefined) : undefined);
    this.#socket.uncork();
  }

  get #deflate(): PerMessageDeflate | undefined {
    return this.#extensions[PerMessageDeflate.extensionName] as PerMessageDeflate | undefined;
  }

  #dispatch(
    data: Uint8Array | Blob,
    compress: boolean,
    options: FrameOptions,
    callback: Callback | undefined,
  ): void {
    const length = lengthOf(data);
    const job: Job = { length, callback, run: () => this.#run(data, compress, options, callback) };
    if (this.#job !== null) {
      this.#queue.push(job);
      return;
    }
    this.#job = job;
    job.run();
  }

  #run(
    data: Uint8Array | Blob,
    compress: boolean,
    options: FrameOptions,
    callback: Callback | undefined,
  ): void {
    if (!types.isUint8Array(data)) {
      data.arrayBuffer().then(
        (buffer) => {
          if (!this.#isCut('The socket was closed while the blob was being read'))
            this.#run(new Uint8Array(buffer), compress, options, callback);
        },
        (error: unknown) => {
          process.nextTick(() => {
            this.#fail(error as Error);
            this.onerror(error as Error);
          });
        },
      );
    } else if (compress) {
      this.#deflate!.compress(data, options.fin === true, (_, bytes) => {
        if (this.#isCut('The socket was closed while data was being compressed')) return;
        this.#write(bytes!, { ...options, readOnly: false }, callback);
      });
    } else {
      this.#write(data, options, callback);
    }
  }

  #write(data: Uint8Array, options: FrameOptions, callback: Callback | undefined): void {
    this.#job = null;
    this.sendFrame(
      frame(asBuffer(data), { ...options, generateMask: this.#generateMask, maskBuffer: this.#maskBuffer }),
      callback,
    );
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#job = next;
    next.run();
  }

  /** Whether the transport has been destroyed. If so, all waiting sends fail in the next tick. */
  #isCut(message: string): boolean {
    if (!this.#socket.destroyed) return false;
    process.nextTick(() => this.#fail(new Error(message)));
    return true;
  }

  #fail(error: Error): void {
    const jobs = [...(this.#job === null ? [] : [this.#job]), ...this.#queue.splice(0)];
    for (const { callback } of jobs) callback?.(error);
  }
}
