/**
 * Views of the memory of some bytes: the memory itself, a view for unaligned access, 32-bit words, 64-bit lanes.
 * Making such a view costs more than masking a small frame, and so does reading `buffer` and `byteOffset` of a
 * `Uint8Array`. Many frames come in one chunk, so the last views are kept.
 */

/** Whether words and lanes have the byte order of a mask key. On a big-endian machine the key would be backwards. */
export const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Views of more memory than this, in bytes, are not kept, since that would keep the memory alive. */
const LARGEST_KEPT = 1 << 20;

/** Keeps the last two views: in turn one of the chunk that is read, and one of the memory that is written. */
function kept<View>(make: (bytes: Uint8Array) => View): (bytes: Uint8Array) => View {
  let first: Uint8Array = new Uint8Array(0);
  let second = first;
  let firstView = make(first);
  let secondView = firstView;
  let replacesFirst = true;

  function miss(bytes: Uint8Array): View {
    const view = make(bytes);
    if (bytes.buffer.byteLength > LARGEST_KEPT) return view;
    if (replacesFirst) {
      first = bytes;
      firstView = view;
    } else {
      second = bytes;
      secondView = view;
    }
    replacesFirst = !replacesFirst;
    return view;
  }

  return (bytes) => (bytes === first ? firstView : bytes === second ? secondView : miss(bytes));
}

/** The memory behind the bytes, and the position of the bytes in it. */
class Place {
  readonly memory: ArrayBufferLike;
  readonly offset: number;

  constructor(bytes: Uint8Array) {
    this.memory = bytes.buffer;
    this.offset = bytes.byteOffset;
  }
}

const placeOf = kept((bytes) => new Place(bytes));

/** The bytes from `start` to `end`, in place. */
export function rangeOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const { memory, offset } = placeOf(bytes);
  return new Uint8Array(memory, offset + start, end - start);
}

/** The bytes, for access at any position. */
export const viewOf = kept((bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));

/** Whole words up to the end of the bytes, aligned to 8 bytes. The last bytes may not fill a word. */
interface Aligned<Words> {
  readonly words: Words;
  /** The position of the bytes in the memory of `words`. */
  readonly lead: number;
}

/** The bytes as 32-bit words. */
export const wordsOf = kept((bytes): Aligned<Int32Array> => {
  const { buffer, byteOffset, byteLength } = bytes;
  const lead = byteOffset & 7;
  return { words: new Int32Array(buffer, byteOffset - lead, Math.floor((lead + byteLength) / 4)), lead };
});

/** The bytes as 64-bit lanes. */
export const lanesOf = kept((bytes): Aligned<BigUint64Array> => {
  const { buffer, byteOffset, byteLength } = bytes;
  const lead = byteOffset & 7;
  return { words: new BigUint64Array(buffer, byteOffset - lead, Math.floor((lead + byteLength) / 8)), lead };
});
