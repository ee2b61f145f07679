/**
 * Parts of a chunk, in place. A chunk has many messages, and some of them may still have to be read or parsed, so its
 * memory is kept from being transferred. To ask a `Uint8Array` for its memory, or for its place in it, costs as much as to
 * make a view of it. So both are remembered for the last chunk while its messages are taken out of it.
 */
import { FastBuffer, keepInPlace } from '../../component/memory.js';

/** Larger memory than this, in bytes, is not kept. */
const LARGEST_KEPT = 1 << 20;

let last: Uint8Array | null = null;
let memory: ArrayBufferLike = new ArrayBuffer(0);
let offset = 0;

/** The bytes from `start` to `end`, in place, as a Buffer. */
export function partOf(bytes: Uint8Array, start: number, end: number): Buffer {
  if (bytes !== last) {
    const { buffer, byteOffset } = bytes;
    // The chunks of all streams of an HTTP/2 connection lie in the same memory.
    if (buffer !== memory) {
      keepInPlace(buffer);
      if (buffer.byteLength > LARGEST_KEPT) return new FastBuffer(buffer, byteOffset + start, end - start);
      memory = buffer;
    }
    last = bytes;
    offset = byteOffset;
  }
  return new FastBuffer(memory, offset + start, end - start);
}
