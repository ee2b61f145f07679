/**
 * Views of the memory of some bytes: bare, for unaligned access, as 32-bit words, as 64-bit lanes. To make such a
 * view, and even to ask a `Uint8Array` for its `buffer`, costs more than to mask a small frame; as many frames
 * come in one chunk, the last views are kept.
 */

/** On a big-endian machine a word or a lane would have a mask key backwards. */
export const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** What lies in more memory than this, in bytes, gets new views each time: kept ones would keep it alive. */
const LARGEST_KEPT = 1 << 20;

/** Keeps the last two views made: of the chunk that is read and of the memory that is written, in turn. */
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

/** Where in {@link wordsOf} and {@link lanesOf} the bytes begin: these views are aligned to 8 bytes. */
export function leadOf(bytes: Uint8Array): number {
  return bytes.byteOffset & 7;
}

/** The memory behind the bytes. */
export const memoryOf = kept((bytes) => bytes.buffer);

/** The bytes, for access at any position. */
export const viewOf = kept((bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));

/** The whole 32-bit words that end with or before the bytes. */
export const wordsOf = kept((bytes) => {
  const lead = leadOf(bytes);
  return new Int32Array(bytes.buffer, bytes.byteOffset - lead, Math.floor((lead + bytes.byteLength) / 4));
});

/** The whole 64-bit lanes that end with or before the bytes. */
export const lanesOf = kept((bytes) => {
  const lead = leadOf(bytes);
  return new BigUint64Array(bytes.buffer, bytes.byteOffset - lead, Math.floor((lead + bytes.byteLength) / 8));
});
