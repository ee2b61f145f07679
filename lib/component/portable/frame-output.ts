/**
 * Writes frames as output. Small frames are written into the slab. Large payloads are passed by reference, or masked
 * in pieces.
 */
import { keptBytes, plainBytes } from '../arguments.js';
import { BY_REFERENCE, Output, slabToFill, slabWith } from '../output.js';
import type { Slab } from '../output.js';
import { headerLength, LONGEST_HEADER, MASK, writeHeader } from './frame-header.js';
import { copyMaskedShort, mask, rotateKey, SHORT_COPY } from './mask.js';

/** From this many bytes on, a payload is copied and masked piece by piece. */
const IN_PIECES = 8 * 1024;
/**
 * Least bytes of the first piece of a large masked frame, with its header. Every other piece fills a slab, except for
 * the last.
 */
const LEAST_PIECE = 4 * 1024;
/** Most bytes of a frame whose payload is copied and masked at once. */
const SHORT_ROOM = LONGEST_HEADER + SHORT_COPY;
const MASK_BIT = MASK;
/** A text of up to this many UTF-16 units is encoded into the slab. It takes at most three times as many bytes. */
const SHORT_TEXT = Math.floor((IN_PIECES - 1) / 3);

/**
 * `Buffer.utf8Write`, which Node has had on every Buffer since its beginning. `write` spends as long on its arguments
 * as `utf8Write` needs to write.
 */
interface TextTarget {
  utf8Write(text: string, at: number, most: number): number;
}

export class FrameOutput extends Output {
  /**
   * Adds a frame.
   *
   * @param length - the true length of the payload; the object's own `length` may be wrong.
   * @param key - mask key; 0 for a mask that changes nothing, undefined for no mask.
   */
  add(firstByte: number, payload: Uint8Array, length: number, key: number | undefined): void {
    if (length >= SHORT_COPY) return this.addLong(firstByte, payload, length, key);
    const slab = slabWith(SHORT_ROOM);
    const { view, used } = slab;
    let at = used + 2;
    if (key === undefined) {
      view.setUint16(used, (firstByte << 8) | length);
      key = 0;
    } else {
      view.setUint16(used, (firstByte << 8) | length | MASK_BIT);
      view.setInt32(at, key, true);
      at += 4;
    }
    copyMaskedShort(payload, length, view, at, key);
    this.append(slab.bytes, used, (slab.used = at + length));
  }

  private addLong(firstByte: number, payload: Uint8Array, length: number, key: number | undefined): void {
    const isUnchanged = key === undefined || key === 0;
    if (isUnchanged && length >= BY_REFERENCE) return this.addReference(firstByte, payload, length, key);
    if (!isUnchanged && length >= IN_PIECES)
      return this.addPieces(firstByte, plainBytes(payload), length, key);
    const slab = slabWith(LONGEST_HEADER + length);
    const { bytes, used } = slab;
    const at = writeHeader(bytes, used, firstByte, length, key);
    bytes.set(payload, at);
    if (!isUnchanged) mask(bytes, at, at + length, key);
    this.commit(slab, at + length);
  }

  /** Adds a frame with a text. See {@link add}. */
  addText(firstByte: number, text: string, key: number | undefined): void {
    if (text.length > SHORT_TEXT) {
      const bytes = Buffer.from(text);
      return this.add(firstByte, bytes, bytes.length, key);
    }
    const slab = slabWith(LONGEST_HEADER + text.length * 3);
    const { bytes, used } = slab;
    const masked = key !== undefined;
    // The length of the header is known for sure only when the text has been written.
    const likely = used + headerLength(text.length, masked);
    const length = (bytes as unknown as TextTarget).utf8Write(text, likely, text.length * 3);
    const at = used + headerLength(length, masked);
    if (at !== likely) bytes.copyWithin(at, likely, likely + length);
    writeHeader(bytes, used, firstByte, length, key);
    if (masked && key !== 0) mask(bytes, at, at + length, key);
    this.commit(slab, at + length);
  }

  /** Adds a frame whose payload is not copied. */
  private addReference(
    firstByte: number,
    payload: Uint8Array,
    length: number,
    key: number | undefined,
  ): void {
    // The copy of memory that must not be kept comes first: if there is no memory for it, no header may be in the output.
    const kept = keptBytes(payload);
    const slab = slabWith(LONGEST_HEADER);
    this.commit(slab, writeHeader(slab.bytes, slab.used, firstByte, length, key));
    this.appendWhole(kept.length === length ? kept : plainBytes(kept), length);
  }

  /**
   * Masks as much as fits into the slab, then continues in the next one. Each piece is masked while it is in the
   * cache.
   */
  private addPieces(firstByte: number, payload: Uint8Array, length: number, key: number): void {
    let slab = slabToFill(LEAST_PIECE);
    let at = writeHeader(slab.bytes, slab.used, firstByte, length, key);
    for (let from = 0; ;) {
      const to = Math.min(length, from + slab.bytes.length - at);
      const end = at + to - from;
      slab.bytes.set(payload.subarray(from, to), at);
      mask(slab.bytes, at, end, rotateKey(key, from));
      this.commit(slab, end);
      if (to === length) return;
      from = to;
      slab = slabToFill(LEAST_PIECE);
      at = slab.used;
    }
  }

  /** Adds the bytes of the slab up to `end` to the output. */
  private commit(slab: Slab, end: number): void {
    this.append(slab.bytes, slab.used, end);
    slab.used = end;
  }
}
