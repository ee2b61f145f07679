/**
 * Output that waits to be written, for every way of driving a handle. Small pieces of all handles of a thread are
 * written into one slab, one after another, so an idle handle needs no slab. Adjacent pieces leave as one chunk. Memory
 * that has been handed out is never written again.
 */
import { keepInPlace } from './memory.js';

/** Bytes of a slab. A new slab is made when one is full; the old one lives as long as its parts. */
const SLAB_SIZE = 64 * 1024;
/** From this many bytes on, a chunk of its own costs less than a copy: memory for copies is new, page for page. */
export const BY_REFERENCE = 4 * 1024;

/** Memory that output is written into, from `used` on. */
export interface Slab {
  readonly bytes: Buffer;
  /** The same memory, for words at any position. */
  readonly view: DataView;
  used: number;
}

function newSlab(size: number): Slab {
  const bytes = Buffer.allocUnsafeSlow(size);
  keepInPlace(bytes.buffer);
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, size), used: 0 };
}

/** The slab that all handles share; the first one has no room, so it is replaced at once. */
let slab: Slab = { bytes: Buffer.alloc(0), view: new DataView(new ArrayBuffer(0)), used: SLAB_SIZE };

/** Returns a slab with at least so much room: the shared one, or a separate one for large output. */
export function slabWith(room: number): Slab {
  if (room > SLAB_SIZE / 2) return newSlab(room);
  // The owner of one chunk can detach the memory of all: its length is 0 then.
  if (slab.used + room > slab.bytes.length) slab = newSlab(SLAB_SIZE);
  return slab;
}

const NOTHING: Uint8Array[] = [];

export class Output {
  /** Bytes of the finished chunks. */
  private finished = 0;
  /** Finished chunks, before the piece at the end. */
  private chunks = NOTHING;
  /** The last piece, from `start` to `end` of `run`: it grows as long as no other handle writes after it. */
  private run: Uint8Array | null = null;
  private start = 0;
  private end = 0;

  /** Memory taken by reference was detached: the frames cannot be written any more. */
  private incomplete = false;

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

  /** Adds bytes: a few are copied, many are taken by reference. */
  collect(bytes: Uint8Array): void {
    const { length } = bytes;
    if (length >= BY_REFERENCE) {
      this.append(bytes, 0, length);
      return;
    }
    this.copy(bytes);
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
    this.finished += end - start;
    if (run === null || start === end) return;
    if (end > run.length) {
      this.incomplete = true;
      return;
    }
    const chunk = end - start === run.length ? run : run.subarray(start, end);
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
    if (this.incomplete) throw new TypeError('a payload was detached before it had been taken');
    const { chunks } = this;
    this.chunks = NOTHING;
    this.finished = 0;
    return chunks === NOTHING ? [] : chunks;
  }
}
