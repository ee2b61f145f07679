/**
 * Text: converts bytes to strings, and checks UTF-8 for handles whose component does not check. (The DLL answers all
 * malformed data with one HRESULT, so 1007 could not be told from 1002.)
 */
import { isAscii, isUtf8 } from 'node:buffer';

/** Node's Buffer has always had these methods. They need no view of the part. */
interface Slices {
  utf8Slice: (this: Uint8Array, start: number, end: number) => string;
  latin1Slice: (this: Uint8Array, start: number, end: number) => string;
}
const { utf8Slice, latin1Slice } = Buffer.prototype as unknown as Slices;

/**
 * Bytes of text from which on it is first checked for ASCII. V8 keeps an ASCII string of this length outside of its
 * heap, but Node 20 puts the result of `utf8Slice` into the heap all the same: 500 µs for 1 MiB in place of 50.
 */
const LONG_TEXT = 1 << 20;

/** A part of the bytes as a string. The byte order mark is kept (RFC 6455 does not know it). */
export function decode(bytes: Uint8Array, start: number, end: number): string {
  if (end - start >= LONG_TEXT && isAscii(bytes.subarray(start, end))) return decodeAscii(bytes, start, end);
  return utf8Slice.call(bytes, start, end);
}

/** {@link decode} for bytes that are known to be ASCII. */
export function decodeAscii(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(bytes, start, end);
}

/** Length in bytes of the UTF-8 character that begins with this byte; 0 if no character begins with it. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

/** Lowest and highest second byte after each lead byte that restricts it (RFC 3629, section 4). */
function isSecond(lead: number, second: number): boolean {
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  return second >= low && second <= high;
}

/** Checks text that comes in pieces. A wrong byte is found as soon as it arrives. */
export class Utf8Check {
  /** The beginning of a character that is not complete, at most 3 bytes. */
  readonly #carry = new Uint8Array(4);
  #carried = 0;

  /** Takes the next bytes. Returns false if they cannot be UTF-8, whatever follows. */
  push(bytes: Uint8Array, start: number, end: number): boolean {
    while (this.#carried !== 0 && start < end) {
      this.#carry[this.#carried++] = bytes[start++]!;
      if (!this.#isPrefix(this.#carry, 0, this.#carried)) return false;
      if (this.#carried === sequenceLength(this.#carry[0]!)) this.#carried = 0;
    }
    const whole = this.#endOfWhole(bytes, start, end);
    if (whole > start && !isUtf8(bytes.subarray(start, whole))) return false;
    if (whole === end) return true;
    this.#carry.set(bytes.subarray(whole, end));
    this.#carried = end - whole;
    return this.#isPrefix(this.#carry, 0, this.#carried);
  }

  /** Whether the text may end here. */
  finish(): boolean {
    return this.#carried === 0;
  }

  /** Where the last character begins, if the bytes end inside of it; otherwise their end. */
  #endOfWhole(bytes: Uint8Array, start: number, end: number): number {
    for (let at = end - 1; at >= start && at > end - 4; at--) {
      const byte = bytes[at]!;
      if ((byte & 0xc0) === 0x80) continue;
      return sequenceLength(byte) > end - at ? at : end;
    }
    return end;
  }

  #isPrefix(bytes: Uint8Array, start: number, end: number): boolean {
    const lead = bytes[start]!;
    const length = sequenceLength(lead);
    if (length === 0 || end - start > length) return false;
    if (end - start > 1 && !isSecond(lead, bytes[start + 1]!)) return false;
    for (let at = start + 2; at < end; at++) if ((bytes[at]! & 0xc0) !== 0x80) return false;
    return true;
  }
}
