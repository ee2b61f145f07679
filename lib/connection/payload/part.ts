/**
 * Parts of a chunk, in place. A chunk has many messages, and some of them may still have to be read or parsed, so its
 * memory is kept from being transferred. Asking a `Uint8Array` for its memory costs as much as making a view of it,
 * and `subarray` costs more than both. So the memory of the last chunk is kept while its messages are taken out of
 * it.
 */
import { keepInPlace } from '../../component/memory.js';

/** What `Buffer.prototype.subarray` makes, without its arguments being looked at. */
const { [Symbol.species]: FastBuffer } = Buffer as unknown as {
  [Symbol.species]: new (memory: ArrayBufferLike, offset: number, length: number) => Buffer;
};

/** Larger memory than this, in bytes, is not kept. */
const LARGEST_KEPT = 1 << 20;

let last: Uint8Array | null = null;
let memory: ArrayBufferLike = new ArrayBuffer(0);

/** The bytes from `start` to `end`, in place, as a Buffer. */
export function partOf(bytes: Uint8Array, start: number, end: number): Buffer {
  if (bytes !== last) {
    const { buffer } = bytes;
    keepInPlace(buffer);
    if (buffer.byteLength > LARGEST_KEPT)
      return new FastBuffer(buffer, bytes.byteOffset + start, end - start);
    last = bytes;
    memory = buffer;
  }
  return new FastBuffer(memory, bytes.byteOffset + start, end - start);
}
