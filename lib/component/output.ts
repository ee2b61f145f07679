/**
 * Output that waits to be written, for every way of driving a handle. Small pieces of all handles of a thread are
 * written into one slab, one after another, so an idle handle needs no slab. Adjacent pieces leave as one chunk. Memory
 * that has been handed out is never written again.
 */
import { FastBuffer, keepInPlace } from './memory.js';

/** Bytes of a slab. A new slab is made when one is full; the old one lives as long as its parts. */
const SLAB_SIZE = 64 * 1024;
/** Most bytes of output that are written into the slab of all handles at once. */
const MOST_SHARED = SLAB_SIZE / 2;
/** From this many bytes on, a chunk of its own costs less than a copy: memory for copies is new, page for page. */
export const BY_REFERENCE = 4 * 1024;

/** Memory that output is written into, from `used` on. */
export interface Slab {
  readonly bytes: Buffer;
  /** The memory of `bytes`, which begin where it begins. */
  readonly memory: ArrayBufferLike;
  /** The same memory, for words at any position. */
  readonly view: DataView;
  used: number;
}

function slabOf(memory: ArrayBufferLike): Slab {
  return { bytes: Buffer.from(memory), memory, view: new DataView(memory), used: 0 };
}

function newSlab(memory: ArrayBufferLike): Slab {
  keepInPlace(memory);
  return slabOf(memory);
}

/** The slab that all handles share; the first one has no room. */
let slab = slabOf(new ArrayBuffer(0));

/** Returns a slab with at least so much room: the shared one, or a separate one for large output. */
export function slabWith(room: number): Slab {
  return isFull(room) ? nextSlab(room) : slab;
}

function nextSlab(room: number): Slab {
  if (room > MOST_SHARED) return newSlab(Buffer.allocUnsafeSlow(room).buffer);
  // Zeros bring a slab into the CPU's cache. Without them, small frames would wait for it line by line.
  return (slab = newSlab(new ArrayBuffer(SLAB_SIZE)));
}

/**
 * {@link slabWith} for a payload that fills the slab, or most of it. Such a payload comes into the cache as fast as zeros
 * would.
 *
 * @param room - at most {@link MOST_SHARED}.
 */
export function slabToFill(room: number): Slab {
  if (isFull(room)) slab = newSlab(Buffer.allocUnsafeSlow(SLAB_SIZE).buffer);
  return slab;
}

/** The owner of one chunk can detach the memory of all: its length is 0 then. */
function isFull(room: number): boolean {
  return room > MOST_SHARED || slab.used + room > slab.bytes.length;
}

const NOTHING: Uint8Array[] = [];

/** A part of some bytes, in place. */
function partOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  if (bytes === slab.bytes) return new FastBuffer(slab.memory, start, end - start);
  return end - start === bytes.length ? bytes : bytes.subarray(start, end);
}

export class Output {
  /** Bytes of the finished chunks, including those whose memory was detached meanwhile. */
  private finished = 0;
  /** Finished chunks, before the piece at the end. */
  private chunks = NOTHING;
  /** The last piece, from `start` to `end` of `run`: it grows as long as no other handle writes after it. */
  private run: Uint8Array | null = null;
  private start = 0;
  private end = 0;

  /** Bytes that wait to be written. */
  get length(): number {
    return this.finished + this.end - this.start;
  }

  /** Adds a part of memory that does not change any more. */
  append(bytes: Uint8Array, start: number, end: number): void {
    if (this.run !== bytes || this.end !== start) {
      this.endRun();
      this.run = bytes;
      this.start = start;
    }
    this.end = end;
  }

  /**
   * Adds all of some memory that does not change any more.
   *
   * @param length - the length of the bytes, which is above 0.
   */
  appendWhole(bytes: Uint8Array, length: number): void {
    this.endRun();
    this.finish(bytes, length);
  }

  /** Adds bytes: a few are copied, many are taken by reference. */
  collect(bytes: Uint8Array): void {
    const { length } = bytes;
    if (length >= BY_REFERENCE) this.appendWhole(bytes, length);
    else this.copy(bytes);
  }

  /** Adds a copy of bytes. */
  copy(bytes: Uint8Array): void {
    const { length } = bytes;
    const slab = slabWith(length);
    slab.bytes.set(bytes, slab.used);
    this.append(slab.bytes, slab.used, (slab.used += length));
  }

  private endRun(): void {
    const { run, start, end } = this;
    this.run = null;
    this.start = this.end = 0;
    if (run === null || start === end) return;
    // No view of detached memory can be made. It has no bytes, and neither has the run itself then.
    this.finish(end > run.length ? run : partOf(run, start, end), end - start);
  }

  private finish(chunk: Uint8Array, length: number): void {
    this.finished += length;
    if (this.chunks === NOTHING) this.chunks = [chunk];
    else this.chunks.push(chunk);
  }

  /**
   * Returns all output that waits, in order.
   *
   * @throws TypeError a payload was detached before this call, or another owner of a chunk detached the shared memory;
   *   each later call throws too.
   */
  take(): Uint8Array[] {
    this.endRun();
    const { chunks } = this;
    let bytes = 0;
    for (let index = 0; index < chunks.length; index++) bytes += chunks[index]!.length;
    if (bytes !== this.finished) throw new TypeError('a payload was detached before it had been taken');
    this.chunks = NOTHING;
    this.finished = 0;
    return chunks === NOTHING ? [] : chunks;
  }
}
