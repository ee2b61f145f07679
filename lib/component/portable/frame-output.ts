/** Frames as output: small ones are written into the slab, large payloads are taken by reference or masked in pieces. */
import { LARGE, Output, slabWith } from '../output.js';
import type { Slab } from '../output.js';
import { headerLength, LONGEST_HEADER, writeHeader } from './frame-header.js';
import { copyMasked, mask, rotateKey } from './mask.js';

/**
 * Bytes of a piece of a large masked frame: it is masked while it is in the cache, and below what the allocator gets
 * from the operating system anew each time.
 */
const PIECE_SIZE = 64 * 1024;
/** A text of up to this many UTF-16 units surely has fewer than LARGE bytes. */
const SHORT_TEXT = Math.floor((LARGE - 1) / 3);

/** Node has had it on every Buffer since its beginning; `write` looks at its arguments for as long as this writes. */
interface TextTarget {
  utf8Write(text: string, at: number, most: number): number;
}

export class FrameOutput extends Output {
  /**
   * Adds a frame.
   *
   * @param key - mask key, 0 for a mask that changes nothing, undefined for none.
   */
  add(firstByte: number, payload: Uint8Array, key: number | undefined): void {
    const { length } = payload;
    if (length >= LARGE) return this.addLarge(firstByte, payload, key);
    const size = headerLength(length, key !== undefined) + length;
    const slab = slabWith(size);
    const at = writeHeader(slab.bytes, slab.used, firstByte, length, key);
    copyMasked(payload, slab.bytes, at, key ?? 0);
    this.commit(slab, size);
  }

  /** Adds a frame with a text, {@link add}. */
  addText(firstByte: number, text: string, key: number | undefined): void {
    if (text.length > SHORT_TEXT) return this.add(firstByte, Buffer.from(text), key);
    const slab = slabWith(LONGEST_HEADER + text.length * 3);
    const { bytes, used } = slab;
    const masked = key !== undefined;
    // Where it begins is known for sure only when it has been written.
    const likely = used + headerLength(text.length, masked);
    const length = (bytes as unknown as TextTarget).utf8Write(text, likely, text.length * 3);
    const at = used + headerLength(length, masked);
    if (at !== likely) bytes.copyWithin(at, likely, likely + length);
    writeHeader(bytes, used, firstByte, length, key);
    if (masked && key !== 0) mask(bytes, at, at + length, key);
    this.commit(slab, at + length - used);
  }

  private addLarge(firstByte: number, payload: Uint8Array, key: number | undefined): void {
    if (key === undefined || key === 0) {
      const slab = slabWith(LONGEST_HEADER);
      this.commit(slab, writeHeader(slab.bytes, slab.used, firstByte, payload.length, key) - slab.used);
      this.append(payload, 0, payload.length);
      return;
    }
    let header = headerLength(payload.length, true);
    for (let from = 0; from < payload.length; header = 0) {
      const to = Math.min(payload.length, from + PIECE_SIZE - header);
      // Written in full below, so it need not be cleared first.
      const piece = Buffer.allocUnsafeSlow(header + to - from);
      if (header !== 0) writeHeader(piece, 0, firstByte, payload.length, key);
      copyMasked(payload.subarray(from, to), piece, header, rotateKey(key, from));
      this.append(piece, 0, piece.length);
      from = to;
    }
  }

  /** What has been written behind what the slab had. */
  private commit(slab: Slab, size: number): void {
    this.append(slab.bytes, slab.used, (slab.used += size));
  }
}
