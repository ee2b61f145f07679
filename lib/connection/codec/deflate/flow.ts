/**
 * One direction of zlib: takes bytes, returns flushed bytes, and keeps the window in between.
 *
 * Short work is done on this thread, because a trip to the thread pool costs more than it saves: compressing little
 * input, and decompressing until there is much output. Node has a synchronous call (`writeSync`) on the handle below its
 * zlib streams, which its own `deflateSync` uses, but none on the streams. So the handle is tested once before it is
 * relied on. If the test fails, everything goes through the stream and the thread pool. Long work does so too.
 */
import type { DeflateRaw, InflateRaw, ZlibOptions } from 'node:zlib';
import { zlib } from '../../../component/on-demand.js';
import { limiter } from './limiter.js';

/**
 * Bytes of input up to which zlib begins on this thread. To compress a byte takes 6 ns (JSON) to 420 ns (the worst case
 * that was found), to decompress one at most 6 ns.
 */
const SHORT = { deflate: 16 * 1024, inflate: 64 * 1024 } as const;
/** Bytes of output after which the thread pool does the rest. Output up to this size is one piece. */
const SCRATCH_SIZE = 256 * 1024;

export type FlowKind = 'deflate' | 'inflate';
type Done = (error: Error | null) => void;

/** The handle below a zlib stream of Node. */
interface ZlibHandle {
  onerror: (message: string, errno: number, code: string) => void;
  writeSync(
    flush: number,
    input: Uint8Array,
    inputStart: number,
    inputLength: number,
    output: Uint8Array,
    outputStart: number,
    outputLength: number,
  ): void;
}

interface ZlibInternals {
  readonly _handle?: ZlibHandle | null;
  readonly _writeState?: Uint32Array;
  readonly _readableState?: { readonly ended: boolean };
}

/** `Z_SYNC_FLUSH` of zlib.h. */
const SYNC_FLUSH = 2;
export const NOTHING: Uint8Array = new Uint8Array(0);

let scratch: Buffer | null = null;

function copyOf(bytes: Buffer, length: number): Buffer {
  const copy = Buffer.allocUnsafe(length);
  bytes.copy(copy, 0, 0, length);
  return copy;
}

/** Every flushed output ends with these bytes. Messages leave them out (RFC 7692, section 7.2.1). */
export const TAIL: Uint8Array = Buffer.from([0x00, 0x00, 0xff, 0xff]);

export class Flow {
  readonly #kind: FlowKind;
  readonly #options: ZlibOptions;
  readonly #limit: number;
  #stream: (DeflateRaw | InflateRaw) | null = null;
  #closed = false;
  /** The error that the handle has reported. */
  #failure: Error | null = null;
  /** Receives the output of the call in the thread pool. */
  #piece: ((bytes: Uint8Array) => void) | null = null;
  #done: Done | null = null;

  /** @param limit - most calls in the thread pool at a time. */
  constructor(kind: FlowKind, options: ZlibOptions, limit: number) {
    this.#kind = kind;
    this.#options = options;
    this.#limit = limit;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /**
   * Runs bytes through zlib and flushes the output. Only one call may run at a time.
   *
   * @param ending - bytes that follow the input: {@link TAIL} at the end of a message that is decompressed.
   */
  run(input: Uint8Array, ending: Uint8Array, piece: (bytes: Uint8Array) => void, done: Done): void {
    let taken = 0;
    if (input.byteLength <= SHORT[this.#kind] && isSyncReliable()) {
      try {
        taken = this.#runNow(input, piece);
        if (taken === input.byteLength && ending.byteLength !== 0 && !this.#closed)
          this.#runNow(ending, piece);
      } catch (error) {
        if (!this.#closed) done(error as Error);
        return;
      }
      if (this.#closed) return;
      if (taken === input.byteLength) {
        done(null);
        return;
      }
    }
    const rest = taken === 0 ? input : input.subarray(taken);
    if (ending.byteLength === 0) this.#runPooled(rest, piece, done);
    else {
      this.#runPooled(rest, piece, (error) => {
        if (error === null) this.run(ending, NOTHING, piece, done);
        else done(error);
      });
    }
  }

  #runPooled(input: Uint8Array, piece: (bytes: Uint8Array) => void, done: Done): void {
    limiter.run(this.#limit, (release) => {
      if (this.#closed) {
        release();
        return;
      }
      try {
        this.#runLater(input, piece, done, release);
      } catch (error) {
        // An example is a lack of memory for another zlib stream.
        release();
        this.#done = null;
        this.#piece = null;
        done(error as Error);
      }
    });
  }

  #open(): DeflateRaw | InflateRaw {
    if (this.#stream !== null) return this.#stream;
    const { createDeflateRaw, createInflateRaw } = zlib();
    // Each write is flushed, so one trip to the thread pool is enough.
    const options = { ...this.#options, flush: SYNC_FLUSH, finishFlush: SYNC_FLUSH };
    const stream = this.#kind === 'deflate' ? createDeflateRaw(options) : createInflateRaw(options);
    this.#stream = stream;
    this.#watch(stream);
    return stream;
  }

  /** Keeps the error that the handle reports during a synchronous call, and reports all others to the stream. */
  #watch(stream: object): void {
    const { _handle: handle } = stream as ZlibInternals;
    if (handle === undefined || handle === null) return;
    const report = handle.onerror;
    handle.onerror = (message, errno, code) => {
      if (this.#piece === null) this.#failure = Object.assign(new Error(message), { errno, code });
      else report.call(handle, message, errno, code);
    };
  }

  #listen(stream: DeflateRaw | InflateRaw): void {
    if (stream.listenerCount('data') !== 0) return;
    stream.on('data', (bytes: Buffer) => {
      if (!this.#closed) this.#piece?.(bytes);
    });
    stream.on('error', (error: Error) => this.#finish(error));
  }

  #runLater(input: Uint8Array, piece: (bytes: Uint8Array) => void, done: Done, release: () => void): void {
    const stream = this.#open();
    this.#listen(stream);
    this.#piece = piece;
    this.#done = (error) => {
      release();
      if (!this.#closed) done(error);
    };
    stream.write(input, (error) => {
      if (error !== undefined && error !== null) {
        this.#finish(error);
        return;
      }
      // Output that is still in the stream belongs to this part. Reading it passes it to the listener.
      while ((stream.read() as Buffer | null) !== null);
      // The deflate stream has ended with a last block (RFC 7692, section 7.2.3.4). Any bytes after it start a new
      // stream.
      if ((stream as ZlibInternals)._readableState?.ended ?? stream.readableEnded) this.#discard();
      this.#finish(null);
    });
  }

  #finish(error: Error | null): void {
    const done = this.#done;
    this.#done = null;
    this.#piece = null;
    done?.(error);
  }

  /** @returns how many bytes of the input were taken; fewer than all if there was much output. */
  #runNow(input: Uint8Array, piece: (bytes: Uint8Array) => void): number {
    const stream = this.#open();
    const { _handle: handle, _writeState: state } = stream as ZlibInternals;
    if (handle === undefined || handle === null || state === undefined)
      throw new Error('the stream of zlib is closed');
    const target = (scratch ??= Buffer.allocUnsafeSlow(SCRATCH_SIZE));
    let at = 0;
    let left = input.byteLength;
    for (;;) {
      handle.writeSync(SYNC_FLUSH, input, at, left, target, 0, SCRATCH_SIZE);
      if (this.#failure !== null) throw this.#failure;
      const room = state[0]!;
      at += left - state[1]!;
      left = state[1]!;
      if (room !== SCRATCH_SIZE) piece(copyOf(target, SCRATCH_SIZE - room));
      if (this.#closed) return at;
      if (room === 0) {
        if (left !== 0) return at;
      } else {
        if (left === 0) return at;
        // The deflate stream has ended with a last block. Bytes after it start a new stream, unless they are only the
        // tail.
        stream.reset();
        if (input === TAIL) return at + left;
      }
    }
  }

  /** Clears the window. */
  reset(): void {
    if (this.#stream !== null && !this.#closed) this.#stream.reset();
  }

  #discard(): void {
    this.#stream?.destroy();
    this.#stream = null;
  }

  /** Frees zlib's memory. No callback is called afterwards. A call in the thread pool ends by itself. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#discard();
    const done = this.#done;
    this.#done = null;
    this.#piece = null;
    done?.(null);
  }
}

let syncReliable: boolean | null = null;

/** Whether `writeSync` on a handle works as expected, including the window and the error report. Tested once. */
function isSyncReliable(): boolean {
  if (syncReliable === null) {
    syncReliable = true;
    syncReliable = trySync();
  }
  return syncReliable;
}

function trySync(): boolean {
  const text = Buffer.from('a window, a window, a window');
  const deflate = new Flow('deflate', { windowBits: 15 }, 1);
  const inflate = new Flow('inflate', { windowBits: 15 }, 1);
  let isReliable = true;
  try {
    let size = Infinity;
    for (let round = 0; round < 2; round++) {
      const packed: Uint8Array[] = [];
      const plain: Uint8Array[] = [];
      const check = (error: Error | null): void => {
        if (error !== null) isReliable = false;
      };
      deflate.run(text, NOTHING, (bytes) => packed.push(bytes), check);
      const frame = Buffer.concat(packed);
      inflate.run(frame, NOTHING, (bytes) => plain.push(bytes), check);
      // In the second round the window already has the whole text, so the output must be shorter.
      isReliable &&= Buffer.concat(plain).equals(text) && frame.byteLength < size;
      size = frame.byteLength;
    }
    let isRefused = false;
    inflate.run(
      Buffer.from([0xff, 0xff]),
      NOTHING,
      () => {},
      (error) => (isRefused = error !== null),
    );
    return isReliable && isRefused;
  } catch {
    return false;
  } finally {
    deflate.close();
    inflate.close();
  }
}
