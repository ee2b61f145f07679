/**
 * Collects frames that leave in bulk. Small frames of every connection of a thread are written one behind the other
 * into one slab, so that what one tick produces leaves in one write; large payloads are taken by reference
 * or get memory of their own. Memory that has been handed out is never written again.
 */
import { headerLength, LONGEST_HEADER, writeHeader } from './frame-header.js';
import { copyMasked, mask, rotateKey } from './mask.js';

/** Bytes of a slab; a new one is made when it is full, the old one lives as long as its parts. */
const SLAB_SIZE = 64 * 1024;
/** From this many bytes of payload on, a frame does not go into the slab. */
const LARGE = 8 * 1024;

/**
 * Bytes of a piece of a large masked frame: it is masked while it is in the cache, and below what the allocator gets
 * from the operating system anew each time.
 */
const PIECE_SIZE = 64 * 1024;
/** A text of up to this many UTF-16 units surely has fewer than LARGE bytes. */
const SHORT_TEXT = Math.floor((LARGE - 1) / 3);

/** Node has had it on every Buffer since its beginning; `write` looks at its arguments for as long as this writes. */
interface Slab extends Buffer {
  utf8Write(text: string, at: number, most: number): number;
}

let slab = Buffer.alloc(0) as Slab;
let slabUsed = 0;

const NOTHING: Uint8Array[] = [];

export class FrameOutput {
  /** Bytes that wait. */
  length = 0;

  /** Finished chunks, before the run that is being written. */
  private chunks: Uint8Array[] = NOTHING;
  /** The run of this output at the end of a slab: growing, as long as nobody else writes behind it. */
  private run: Uint8Array | null = null;
  private runStart = 0;
  private runEnd = 0;

  /**
   * Adds a frame.
   *
   * @param key - mask key, 0 for a mask that changes nothing, undefined for none.
   */
  add(firstByte: number, payload: Uint8Array, key: number | undefined): void {
    const { length } = payload;
    if (length >= LARGE) return this.addLarge(firstByte, payload, key);
    const size = headerLength(length, key !== undefined) + length;
    this.reserve(size);
    const at = writeHeader(slab, slabUsed, firstByte, length, key);
    copyMasked(payload, slab, at, key ?? 0);
    this.commit(size);
  }

  /** Adds a frame with a text, {@link add}. */
  addText(firstByte: number, text: string, key: number | undefined): void {
    if (text.length > SHORT_TEXT) return this.add(firstByte, Buffer.from(text), key);
    this.reserve(LONGEST_HEADER + text.length * 3);
    const masked = key !== undefined;
    // Where it begins is known for sure only when it has been written.
    const likely = slabUsed + headerLength(text.length, masked);
    const length = slab.utf8Write(text, likely, text.length * 3);
    const at = slabUsed + headerLength(length, masked);
    if (at !== likely) slab.copyWithin(at, likely, likely + length);
    writeHeader(slab, slabUsed, firstByte, length, key);
    if (masked && key !== 0) mask(slab, at, at + length, key);
    this.commit(at + length - slabUsed);
  }

  private addLarge(firstByte: number, payload: Uint8Array, key: number | undefined): void {
    if (key === undefined || key === 0) {
      this.reserve(LONGEST_HEADER);
      this.commit(writeHeader(slab, slabUsed, firstByte, payload.length, key) - slabUsed);
      this.endRun();
      this.push(payload);
      return;
    }
    this.endRun();
    let header = headerLength(payload.length, true);
    for (let from = 0; from < payload.length; header = 0) {
      const to = Math.min(payload.length, from + PIECE_SIZE - header);
      // Written in full below, so it need not be cleared first.
      const piece = Buffer.allocUnsafeSlow(header + to - from);
      if (header !== 0) writeHeader(piece, 0, firstByte, payload.length, key);
      copyMasked(payload.subarray(from, to), piece, header, rotateKey(key, from));
      this.push(piece);
      from = to;
    }
  }

  /** Makes room at the end of the slab, behind the run of this output. */
  private reserve(size: number): void {
    if (slabUsed + size > slab.length) {
      this.endRun();
      slab = Buffer.allocUnsafeSlow(SLAB_SIZE) as Slab;
      slabUsed = 0;
    }
    if (this.run !== slab || this.runEnd !== slabUsed) {
      this.endRun();
      this.run = slab;
      this.runStart = this.runEnd = slabUsed;
    }
  }

  private commit(size: number): void {
    slabUsed += size;
    this.runEnd = slabUsed;
    this.length += size;
  }

  private endRun(): void {
    if (this.run === null) return;
    if (this.runEnd !== this.runStart) this.pushChunk(this.run.subarray(this.runStart, this.runEnd));
    this.run = null;
  }

  private push(chunk: Uint8Array): void {
    this.length += chunk.length;
    this.pushChunk(chunk);
  }

  private pushChunk(chunk: Uint8Array): void {
    if (this.chunks === NOTHING) this.chunks = [chunk];
    else this.chunks.push(chunk);
  }

  /** All that waits, in order. */
  take(): Uint8Array[] {
    this.endRun();
    const { chunks } = this;
    this.chunks = NOTHING;
    this.length = 0;
    return chunks === NOTHING ? [] : chunks;
  }
}
