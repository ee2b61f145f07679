/**
 * Masking (RFC 6455, section 5.3), in place. This is one of the two hot loops of the engine. A key is a 32-bit
 * integer whose lowest byte is the first on the wire.
 *
 * There are three loops; each is the fastest for some lengths (docs/performance.md). Text uses the loops over 32-bit
 * words up to a greater length, since these loops also find out whether all of the text is ASCII.
 */
import { readKey } from './frame-header.js';
import { NOT_ASCII } from './utf8.js';
import { lanesOf, LITTLE_ENDIAN, viewOf, wordsOf } from './words.js';

/** Below this many bytes the alignment costs more than it saves. */
const SHORT = LITTLE_ENDIAN ? 96 : Infinity;
/** From this many bytes on, copying and masking one after the other is faster than both at once. */
export const SHORT_COPY = 64;
/** From this many bytes on, it is faster to mask text by lanes and check afterwards whether it is ASCII. */
const LONG_TEXT = 1024;
const LANES = compilesLanes();

/**
 * Whether the engine compiles `lanes[i] ^= key` to machine words. V8 does so from 11.3 (Node 20) on. In other engines
 * a lane is an object on the heap, which is fifty times slower than the words.
 */
function compilesLanes(): boolean {
  const { v8, bun } = process.versions as Partial<typeof process.versions>;
  const [major = 0, minor = 0] = (v8 ?? '').split('.').map(Number);
  return bun === undefined && (major > 11 || (major === 11 && minor >= 3));
}

/** The key, rotated by `count` bytes. */
export function rotateKey(key: number, count: number): number {
  const bits = (count & 3) << 3;
  return bits === 0 ? key : (key >>> bits) | (key << (32 - bits));
}

/** Xors `bytes` from `start` to `end` with the key, in place. */
export function mask(bytes: Uint8Array, start: number, end: number, key: number): void {
  const length = end - start;
  if (length < SHORT) maskShort(bytes, start, end, key);
  else if (LANES) maskLanes(bytes, start, end, key);
  else maskWords(bytes, start, end, key);
}

/**
 * {@link mask} for text.
 *
 * @returns a value without any bit of {@link NOT_ASCII} if the result is known to be ASCII; otherwise some of these
 * bits are set.
 */
export function maskText(bytes: Uint8Array, start: number, end: number, key: number): number {
  const length = end - start;
  if (length < SHORT) return maskShort(bytes, start, end, key);
  if (length < LONG_TEXT || !LANES) return maskWords(bytes, start, end, key);
  maskLanes(bytes, start, end, key);
  return NOT_ASCII;
}

/** Copies and masks fewer than {@link SHORT_COPY} bytes at once; with key 0, just copies. */
export function copyMaskedShort(
  source: Uint8Array,
  length: number,
  target: DataView,
  at: number,
  key: number,
): void {
  let from = 0;
  for (; from + 4 <= length; from += 4, at += 4) {
    target.setInt32(at, readKey(source, from) ^ key, true);
  }
  for (; from < length; from++, at++) {
    target.setUint8(at, source[from]! ^ (key & 0xff));
    key >>>= 8;
  }
}

/** Masks four words at a time, at any position, on any machine. Returns all results or-ed together. */
function maskShort(bytes: Uint8Array, start: number, end: number, key: number): number {
  const { view, lead } = viewOf(bytes);
  const last = lead + end;
  let all = 0;
  let at = lead + start;
  for (; at + 16 <= last; at += 16) {
    const first = view.getInt32(at, true) ^ key;
    const second = view.getInt32(at + 4, true) ^ key;
    const third = view.getInt32(at + 8, true) ^ key;
    const fourth = view.getInt32(at + 12, true) ^ key;
    view.setInt32(at, first, true);
    view.setInt32(at + 4, second, true);
    view.setInt32(at + 8, third, true);
    view.setInt32(at + 12, fourth, true);
    all |= first | second | third | fourth;
  }
  for (; at + 4 <= last; at += 4) {
    const word = view.getInt32(at, true) ^ key;
    view.setInt32(at, word, true);
    all |= word;
  }
  for (at -= lead; at < end; at++) {
    all |= bytes[at]! ^= key & 0xff;
    key >>>= 8;
  }
  return all;
}

/** Masks aligned words. Returns all results or-ed together. */
function maskWords(bytes: Uint8Array, start: number, end: number, key: number): number {
  const { view: words, lead } = wordsOf(bytes);
  let all = 0;
  let at = start;
  for (; ((lead + at) & 3) !== 0; at++) {
    all |= bytes[at]! ^= key & 0xff;
    key = rotateKey(key, 1);
  }
  const last = Math.floor((lead + end) / 4);
  let word = (lead + at) / 4;
  for (; word + 4 <= last; word += 4) {
    all |=
      (words[word]! ^= key) |
      (words[word + 1]! ^= key) |
      (words[word + 2]! ^= key) |
      (words[word + 3]! ^= key);
  }
  for (; word < last; word++) all |= words[word]! ^= key;
  for (at = last * 4 - lead; at < end; at++) {
    all |= bytes[at]! ^= key & 0xff;
    key >>>= 8;
  }
  return all;
}

const keyTwice = new Int32Array(2);
const keyLane = new BigUint64Array(keyTwice.buffer);

/** Masks lanes. No lane may leave the loop, not even or-ed, since a lane outside of it is allocated. */
function maskLanes(bytes: Uint8Array, start: number, end: number, key: number): void {
  const { view: lanes, lead } = lanesOf(bytes);
  let at = start;
  for (; ((lead + at) & 7) !== 0; at++) {
    bytes[at]! ^= key & 0xff;
    key = (key >>> 8) | (key << 24);
  }
  keyTwice[0] = keyTwice[1] = key;
  const keys = keyLane[0]!;
  const last = Math.floor((lead + end) / 8);
  let lane = (lead + at) / 8;
  for (; lane + 8 <= last; lane += 8) {
    lanes[lane]! ^= keys;
    lanes[lane + 1]! ^= keys;
    lanes[lane + 2]! ^= keys;
    lanes[lane + 3]! ^= keys;
    lanes[lane + 4]! ^= keys;
    lanes[lane + 5]! ^= keys;
    lanes[lane + 6]! ^= keys;
    lanes[lane + 7]! ^= keys;
  }
  for (; lane < last; lane++) lanes[lane]! ^= keys;
  for (at = last * 8 - lead; at < end; at++) {
    bytes[at]! ^= key & 0xff;
    key = (key >>> 8) | (key << 24);
  }
}
