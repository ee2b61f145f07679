/**
 * Views of the whole memory behind some bytes: the memory itself, a view for unaligned access, 32-bit words, 64-bit
 * lanes. Making such a view costs more than masking a small frame, and so does reading `buffer` and `byteOffset` of a
 * `Uint8Array`. Many frames come in one chunk, so the last views are kept.
 */

/** Whether words and lanes have the byte order of a mask key. On a big-endian machine the key would be backwards. */
export const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Views of more memory than this, in bytes, are not kept, since that would keep the memory alive. */
const LARGEST_KEPT = 1 << 20;

/** A view of memory that can grow or shrink would soon have the wrong length, so it is not kept. */
function canChangeSize(memory: ArrayBufferLike): boolean {
  const { resizable, growable } = memory as { readonly resizable?: boolean; readonly growable?: boolean };
  return resizable === true || growable === true;
}

/** A view of the whole memory behind some bytes. */
class Place<View> {
  constructor(
    readonly view: View,
    /** The position of the bytes in the memory. It changes with the next bytes that are looked up. */
    public lead: number,
  ) {}
}

/**
 * Keeps the views of the last two memories: in turn one of the chunk that is read, and one of the memory that is
 * written. The chunks of all streams of an HTTP/2 connection lie in the same memory, so the view of a new chunk may be
 * there already.
 */
function kept<View>(make: (memory: ArrayBufferLike) => View): (bytes: Uint8Array) => Place<View> {
  let first: Uint8Array = new Uint8Array(0);
  let second: Uint8Array = new Uint8Array(0);
  let firstMemory: ArrayBufferLike = first.buffer;
  let secondMemory: ArrayBufferLike = second.buffer;
  let firstPlace = new Place(make(firstMemory), 0);
  let secondPlace = new Place(make(secondMemory), 0);
  let replacesFirst = true;

  function miss(bytes: Uint8Array): Place<View> {
    const { buffer, byteOffset } = bytes;
    if (buffer === firstMemory) {
      first = bytes;
      firstPlace.lead = byteOffset;
      return firstPlace;
    }
    if (buffer === secondMemory) {
      second = bytes;
      secondPlace.lead = byteOffset;
      return secondPlace;
    }
    const place = new Place(make(buffer), byteOffset);
    if (buffer.byteLength > LARGEST_KEPT || canChangeSize(buffer)) return place;
    if (replacesFirst) {
      first = bytes;
      firstMemory = buffer;
      firstPlace = place;
    } else {
      second = bytes;
      secondMemory = buffer;
      secondPlace = place;
    }
    replacesFirst = !replacesFirst;
    return place;
  }

  return (bytes) => (bytes === first ? firstPlace : bytes === second ? secondPlace : miss(bytes));
}

const memoryOf = kept((memory) => memory);

/** The bytes from `start` to `end`, in place. */
export function rangeOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const { view: memory, lead } = memoryOf(bytes);
  return new Uint8Array(memory, lead + start, end - start);
}

/** The memory, for access at any position. */
export const viewOf = kept((memory) => new DataView(memory));

/** The whole 32-bit words of the memory. Its last bytes may not fill a word. */
export const wordsOf = kept((memory) => new Int32Array(memory, 0, Math.floor(memory.byteLength / 4)));

/** The whole 64-bit lanes of the memory. Its last bytes may not fill a lane. */
export const lanesOf = kept((memory) => new BigUint64Array(memory, 0, Math.floor(memory.byteLength / 8)));
