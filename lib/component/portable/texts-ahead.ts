/**
 * Verifies a text without mask together with those that follow it: a call of Node's check costs more than the check of
 * 1 KiB. A client gets its texts without masks, and many of them in one chunk. Only their headers lie between them. Each
 * header is overwritten with zeros during the call. Zero is a character of its own, so a text whose last character is cut
 * is not completed by the next text.
 */
import { isUtf8 } from 'node:buffer';
import { FIN, TEXT } from './frame-header.js';
import { rangeOf, viewOf } from './words.js';

/** Least bytes of a text that is verified together with others. Shorter ones are verified faster without a call. */
export const LEAST_AHEAD = 256;
/** One of the texts is not UTF-8. */
export const INVALID = -1;

const HEADER = 4;
/** The first half of a header: a whole text without mask. The second half is the length. */
const WHOLE_TEXT = ((FIN | TEXT) << 8) | 126;

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
  // A chunk with one text needs no view for its headers.
  if (end === limit) return isUtf8(rangeOf(bytes, start, end)) ? end : INVALID;
  const view = viewOf(bytes);
  let count = 0;
  let at = end;
  while (count < lengths.length && at + HEADER <= limit) {
    const header = view.getUint32(at);
    const length = header & 0xffff;
    const next = at + HEADER + length;
    if (header >>> 16 !== WHOLE_TEXT || next > limit) break;
    lengths[count++] = length;
    view.setUint32(at, 0);
    at = next;
  }
  const areValid = isUtf8(rangeOf(bytes, start, at));
  for (let index = 0, from = end; index < count; index++) {
    const length = lengths[index]!;
    view.setUint32(from, (WHOLE_TEXT << 16) | length);
    from += HEADER + length;
  }
  return areValid ? at : INVALID;
}
