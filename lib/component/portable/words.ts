/**
 * Views of the memory of some bytes: the memory itself, a view for unaligned access, 32-bit words, 64-bit lanes.
 * Making such a view costs more than masking a small frame, and so does reading the `buffer` of a `Uint8Array`. Many
 * frames come in one chunk, so the last views are kept.
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

/** The position of the bytes in {@link wordsOf} and {@link lanesOf}, whose views are aligned to 8 bytes. */
export function leadOf(bytes: Uint8Array): number {
  return bytes.byteOffset & 7;
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

/** The whole 32-bit words up to the end of the bytes. The last bytes may not fill a word. */
export const wordsOf = kept((bytes) => {
  const lead = leadOf(bytes);
  return new Int32Array(bytes.buffer, bytes.byteOffset - lead, Math.floor((lead + bytes.byteLength) / 4));
});

/** The whole 64-bit lanes up to the end of the bytes. The last bytes may not fill a lane. */
export const lanesOf = kept((bytes) => {
  const lead = leadOf(bytes);
  return new BigUint64Array(bytes.buffer, bytes.byteOffset - lead, Math.floor((lead + bytes.byteLength) / 8));
});
