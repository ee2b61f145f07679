/**
 * Masking (RFC 6455, section 5.3), in place. One of the two hot loops of the engine.
 *
 * A key is a 32-bit integer whose lowest byte is the first on the wire. Words are xored through an `Int32Array`
 * over the whole memory; making such a view costs more than masking a small frame, so the last one is kept.
 */

/** On a big-endian machine the words would have the key backwards; there the byte loop does all. */
const WORDS = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Below this many bytes the words do not pay for the alignment. */
const SHORT = 16;

/** Memory of more bytes than this gets its own view each time, so that a cached one cannot keep it alive. */
const LARGEST_CACHED = 1 << 20;

let cachedMemory: ArrayBufferLike | null = null;
let cachedWords: Int32Array<ArrayBufferLike> = new Int32Array(0);

function wordsOf(memory: ArrayBufferLike): Int32Array<ArrayBufferLike> {
  if (memory === cachedMemory) return cachedWords;
  const words = new Int32Array(memory, 0, memory.byteLength >>> 2);
  if (memory.byteLength <= LARGEST_CACHED) {
    cachedMemory = memory;
    cachedWords = words;
  }
  return words;
}

/** The key as it stands `count` bytes later. */
export function rotateKey(key: number, count: number): number {
  const bits = (count & 3) << 3;
  return bits === 0 ? key : (key >>> bits) | (key << (32 - bits));
}

/**
 * Xors `bytes` from `start` to `end` with the key, in place.
 *
 * @returns all results or-ed together, as words and bytes: no bit of {@link NOT_ASCII} in it means ASCII only.
 */
export function mask(bytes: Uint8Array, start: number, end: number, key: number): number {
  let any = 0;
  let at = start;
  if (WORDS && end - start >= SHORT) {
    const base = bytes.byteOffset;
    for (; ((base + at) & 3) !== 0; at++) {
      any |= bytes[at]! ^= key & 0xff;
      key = (key >>> 8) | (key << 24);
    }
    const words = wordsOf(bytes.buffer);
    const last = (base + end) >>> 2;
    let word = (base + at) >>> 2;
    for (; word + 4 <= last; word += 4) {
      any |=
        (words[word]! ^= key) |
        (words[word + 1]! ^= key) |
        (words[word + 2]! ^= key) |
        (words[word + 3]! ^= key);
    }
    for (; word < last; word++) any |= words[word]! ^= key;
    at = last * 4 - base;
  }
  for (; at < end; at++) {
    any |= bytes[at]! ^= key & 0xff;
    key = (key >>> 8) | (key << 24);
  }
  return any;
}

/** Bits that are set in the result of {@link mask} when a byte was not ASCII. */
export const NOT_ASCII = 0x80808080 | 0;
