/**
 * Verifies a text without mask together with those that follow it: a call of Node's check costs more than the check of
 * 1 KiB. A client gets its texts without masks, and many of them in one chunk. Only their headers lie between them. Each
 * header is overwritten with zeros during the call. Zero is a character of its own, so a text whose last character is cut
 * is not completed by the next text.
 */
import { isUtf8 } from 'node:buffer';
import { FIN, TEXT } from './frame-header.js';
import { rangeOf } from './words.js';

/** Least bytes of a text that is verified together with others. Shorter ones are verified faster without a call. */
export const LEAST_AHEAD = 256;
/** One of the texts is not UTF-8. */
export const INVALID = -1;

const WHOLE_TEXT = FIN | TEXT;
/** The second byte of a header without mask whose next two bytes are the length. */
const LENGTH_IN_TWO = 126;
const HEADER = 4;

/** The lengths of the texts whose headers are overwritten. */
const lengths = new Uint16Array(256);

/**
 * Verifies whole texts. All bytes are as before when this returns.
 *
 * @param start - where the first text begins.
 * @param end - where the first text ends, and the header of the next frame begins.
 * @param limit - the end of the bytes that have arrived.
 * @returns the end of the last text, or {@link INVALID}.
 */
export function endOfTexts(bytes: Uint8Array, start: number, end: number, limit: number): number {
  let count = 0;
  let at = end;
  while (count < lengths.length && at + HEADER <= limit) {
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    const next = at + HEADER + length;
    if (bytes[at] !== WHOLE_TEXT || bytes[at + 1] !== LENGTH_IN_TWO || next > limit) break;
    lengths[count++] = length;
    setHeader(bytes, at, 0, 0, 0);
    at = next;
  }
  const areValid = isUtf8(rangeOf(bytes, start, at));
  for (let index = 0, from = end; index < count; index++) {
    const length = lengths[index]!;
    setHeader(bytes, from, WHOLE_TEXT, LENGTH_IN_TWO, length);
    from += HEADER + length;
  }
  return areValid ? at : INVALID;
}

function setHeader(bytes: Uint8Array, at: number, first: number, second: number, length: number): void {
  bytes[at] = first;
  bytes[at + 1] = second;
  bytes[at + 2] = length >>> 8;
  bytes[at + 3] = length;
}
