/** Frames for the scenarios: builds the peer's frames, and reads the frames of the handle. */
import { MASK_BYTE, parseBytes } from './content.js';

/** Opcodes by their names in the documents. */
export const OPCODES: Readonly<Record<string, number>> = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
};

const DEFAULT_KEY = [0x37, 0xfa, 0x21, 0x3d];

function lengthField(length: bigint, form: string | undefined): number[] {
  const bits = form ?? (length < 126n ? '7' : length < 65536n ? '16' : '64');
  const bytes: number[] = [];
  const size = { '7': 0, '16': 2, '64': 8 }[bits];
  if (size === undefined) throw new SyntaxError(`form must be 7, 16 or 64, not ${bits}`);
  if (size === 0) return [Number(length)];
  for (let shift = 8 * (size - 1); shift >= 0; shift -= 8)
    bytes.push(Number((length >> BigInt(shift)) & 0xffn));
  return [size === 2 ? 126 : 127, ...bytes];
}

/**
 * Builds a frame from words: first the opcode's name or `opcode=3`; then any of `more` (FIN clear), `rsv1` `rsv2`
 * `rsv3`, `masked`, `unmasked`, `key=01020304`, `form=16` (width of the length field), `declares=70000` (a length
 * that the content does not have); then the payload. The payload of a close may begin with its status.
 *
 * @returns the bytes and the length of the header, or null if the words are no frame.
 */
export function buildFrame(
  all: readonly string[],
  maskedByDefault: boolean,
): { bytes: Uint8Array; header: number } | null {
  const first = all[0];
  if (first === undefined) return null;
  let opcode = OPCODES[first];
  if (first.startsWith('opcode=')) opcode = Number(first.slice(7));
  if (opcode === undefined || Number.isNaN(opcode)) return null;
  let head = 0x80 | opcode;
  let masked = maskedByDefault;
  let key: readonly number[] = DEFAULT_KEY;
  let form: string | undefined;
  let declares: bigint | undefined;
  let index = 1;
  for (; index < all.length; index++) {
    const word = all[index]!;
    const value = word.slice(word.indexOf('=') + 1);
    if (word === 'more') head &= 0x7f;
    else if (word === 'rsv1') head |= 0x40;
    else if (word === 'rsv2') head |= 0x20;
    else if (word === 'rsv3') head |= 0x10;
    else if (word === 'masked') masked = true;
    else if (word === 'unmasked') masked = false;
    else if (word.startsWith('key=')) key = [...Buffer.from(value, 'hex')];
    else if (word.startsWith('form=')) form = value;
    else if (word.startsWith('declares=')) declares = BigInt(value);
    else break;
  }
  const rest = all.slice(index);
  const status: number[] = [];
  if (opcode === 8 && rest[0] !== undefined && /^\d{3,5}$/.test(rest[0]) && rest[1] !== '*') {
    const code = Number(rest.shift());
    status.push(code >> 8, code & 0xff);
  }
  const payload = [...status, ...parseBytes(rest)];
  const field = lengthField(declares ?? BigInt(payload.length), form);
  if (masked) field[0]! |= 0x80;
  const header = [head, ...field, ...(masked ? key : [])];
  const body = masked ? payload.map((byte, at) => byte ^ key[at & 3]!) : payload;
  return { bytes: Uint8Array.from([...header, ...body]), header: header.length };
}

/**
 * Reads the bytes that a handle sends, and normalises them: a random mask key becomes {@link MASK_BYTE}s, and the
 * payload after it is unmasked, over any number of buffers.
 */
export class OutgoingReader {
  #left = 0;
  #key: readonly number[] = [0, 0, 0, 0];
  #phase = 0;

  /** Gives up the frame that is being written. The next byte begins a header. */
  reset(): void {
    this.#left = 0;
  }

  read(bytes: Uint8Array): number[] {
    const shown: number[] = [];
    let at = 0;
    while (at < bytes.length) {
      if (this.#left === 0) {
        at = this.#header(bytes, at, shown);
        continue;
      }
      const end = Math.min(bytes.length, at + this.#left);
      this.#left -= end - at;
      for (; at < end; at++) shown.push(bytes[at]! ^ this.#key[this.#phase++ & 3]!);
    }
    return shown;
  }

  #header(bytes: Uint8Array, start: number, shown: number[]): number {
    const second = bytes[start + 1] ?? 0;
    const form = second & 0x7f;
    const size = form === 127 ? 10 : form === 126 ? 4 : 2;
    const masked = (second & 0x80) !== 0;
    const end = start + size + (masked ? 4 : 0);
    if (end > bytes.length)
      throw new Error(`a frame header does not fit into the buffer: ${Buffer.from(bytes).toString('hex')}`);
    let length = form;
    if (form >= 126) {
      length = 0;
      for (let at = start + 2; at < start + size; at++) length = length * 256 + bytes[at]!;
    }
    shown.push(...bytes.subarray(start, start + size));
    const last = this.#key;
    this.#key = masked ? [...bytes.subarray(start + size, end)] : [0, 0, 0, 0];
    if (masked) {
      // A key that is zero, or the same as the last one, is not random. It is shown unchanged (D2-12).
      const random = this.#key.some((byte) => byte !== 0) && this.#key.join() !== last.join();
      for (const byte of this.#key) shown.push(random ? MASK_BYTE : byte);
    }
    this.#left = length;
    this.#phase = 0;
    return end;
  }
}
