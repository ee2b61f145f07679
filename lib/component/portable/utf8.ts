/**
 * Strict incremental UTF-8 verification (RFC 3629; D5-1). This is the other hot loop. Whole characters go through
 * Node's own check; only characters that a cut divides are checked byte by byte. An invalid byte is found in the
 * piece in which it arrives.
 */
import { isUtf8 } from 'node:buffer';
import { rangeOf, wordsOf } from './words.js';

/** Below this many bytes, checking byte by byte is faster than a call into Node. */
const SHORT = 24;
/** From this many bytes on, Node's check alone is faster than looking for bytes that are not ASCII first. */
const LONG = 256;

/** The highest bit of each byte of a word: set in a byte that is not ASCII. */
export const NOT_ASCII = 0x80808080 | 0;

/**
 * Words and bytes or-ed together. No bit of {@link NOT_ASCII} is set if all bytes are ASCII. Some are set otherwise,
 * or if there are too many bytes for the check to pay.
 */
export function highBits(bytes: Uint8Array, start: number, end: number): number {
  if (end - start >= LONG) return NOT_ASCII;
  let all = 0;
  let at = start;
  if (end - start >= SHORT) {
    const { view: words, lead } = wordsOf(bytes);
    for (; ((lead + at) & 3) !== 0; at++) all |= bytes[at]!;
    const last = Math.floor((lead + end) / 4);
    for (let word = (lead + at) / 4; word < last; word++) all |= words[word]!;
    at = last * 4 - lead;
  }
  for (; at < end; at++) all |= bytes[at]!;
  return all;
}

/** Verifies one text that arrives in pieces. */
export class Utf8Verifier {
  /** Bytes that the unfinished character still lacks. */
  private missing = 0;
  /** The smallest and largest value of the next byte. The range is narrower than 80..BF after some first bytes. */
  private lowest = 0x80;
  private highest = 0xbf;

  /** Whether the text so far ends with a whole character. */
  get complete(): boolean {
    return this.missing === 0;
  }

  /** Whether the text is still valid with these bytes appended. */
  accept(bytes: Uint8Array, start: number, end: number): boolean {
    let at = start;
    for (; this.missing !== 0 && at < end; at++) {
      if (!this.step(bytes[at]!)) return false;
    }
    if (end - at >= SHORT) {
      const whole = endOfWholeCharacters(bytes, at, end);
      if (!isUtf8(rangeOf(bytes, at, whole))) return false;
      at = whole;
    }
    for (; at < end; at++) {
      if (!this.step(bytes[at]!)) return false;
    }
    return true;
  }

  private step(byte: number): boolean {
    if (this.missing === 0) return byte < 0x80 || this.begin(byte);
    if (byte < this.lowest || byte > this.highest) return false;
    this.missing--;
    this.lowest = 0x80;
    this.highest = 0xbf;
    return true;
  }

  /** The table of RFC 3629, section 4: no overlong forms, no surrogates, nothing above U+10FFFF. */
  private begin(byte: number): boolean {
    if (byte < 0xc2 || byte > 0xf4) return false;
    this.missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    this.lowest = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    this.highest = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
    return true;
  }
}

/** The beginning of the character that the end cuts; the end if it cuts none. */
function endOfWholeCharacters(bytes: Uint8Array, start: number, end: number): number {
  for (let at = end - 1; at >= start && at >= end - 3; at--) {
    const byte = bytes[at]!;
    if (byte < 0x80) return end;
    if (byte >= 0xc0) {
      const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
      return at + length > end ? at : end;
    }
  }
  return end;
}
