/** Describes network bytes in words, as frames and parts of frames. */
import { MASK_BYTE } from '../scenario/content.js';

const NAMES: Readonly<Record<number, string>> = {
  0x0: 'continuation',
  0x1: 'text',
  0x2: 'binary',
  0x8: 'close',
  0x9: 'ping',
  0xa: 'pong',
};

const SHOWN = 48;

function text(bytes: readonly number[]): string {
  if (bytes.length === 0) return '';
  const part = Uint8Array.from(bytes.slice(0, SHOWN));
  const decoded = new TextDecoder().decode(part);
  // eslint-disable-next-line no-control-regex -- control characters are invisible in quotes
  const isText = !/[\u0000-\u0008\u000e-\u001f\ufffd]/.test(decoded);
  const more = bytes.length > SHOWN ? ' …' : '';
  if (isText) return `: “${decoded}”${more}`;
  const hex = [...part.slice(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `: ${hex}${bytes.length > 16 ? ' …' : ''}`;
}

/** Follows the bytes of one direction of one handle. */
export class FrameReader {
  #header: number[] = [];
  #left = 0;
  #key: readonly number[] = [0, 0, 0, 0];
  #phase = 0;
  #name = '';

  /**
   * Describes bytes. Each frame or part of a frame takes one line. {@link MASK_BYTE} stands for the bytes of a random
   * key.
   */
  describe(bytes: readonly number[]): string[] {
    const lines: string[] = [];
    for (let at = 0; at < bytes.length;) {
      if (this.#left > 0) {
        const part = bytes.slice(at, at + this.#left).map((byte) => byte ^ this.#key[this.#phase++ & 3]!);
        this.#left -= part.length;
        at += part.length;
        const rest = this.#left > 0 ? `, ${this.#left} to come` : ', its last';
        lines.push(`${part.length} more bytes of the ${this.#name} frame${rest}${text(part)}`);
        continue;
      }
      this.#header.push(bytes[at++]!);
      const size = this.#headerSize();
      if (this.#header.length < size) {
        if (at === bytes.length) lines.push(`${this.#header.length} bytes of a header that is not complete`);
        continue;
      }
      at = this.#frame(bytes, at, lines);
    }
    return lines;
  }

  #headerSize(): number {
    const second = this.#header[1];
    if (second === undefined) return 2;
    const form = second & 0x7f;
    return 2 + (form === 127 ? 8 : form === 126 ? 2 : 0) + (second >= 0x80 ? 4 : 0);
  }

  #frame(bytes: readonly number[], at: number, lines: string[]): number {
    const header = this.#header;
    this.#header = [];
    const [first = 0, second = 0] = header;
    const form = second & 0x7f;
    const isMasked = second >= 0x80;
    let length = form;
    if (form >= 126) {
      length = 0;
      for (const byte of header.slice(2, form === 126 ? 4 : 10)) length = length * 256 + byte;
    }
    // A random key is not shown, and its payload is already unmasked.
    const key = isMasked ? header.slice(-4) : [0, 0, 0, 0];
    this.#key = key.includes(MASK_BYTE) ? [0, 0, 0, 0] : key;
    this.#phase = 0;
    const opcode = first & 0xf;
    this.#name = NAMES[opcode] ?? `opcode ${opcode}`;
    const part = bytes.slice(at, at + length).map((byte) => byte ^ this.#key[this.#phase++ & 3]!);
    this.#left = length - part.length;
    const words = [
      this.#name,
      first >= 0x80 ? 'FIN' : 'more follows',
      ...[0x40, 0x20, 0x10].flatMap((bit, index) => ((first & bit) === 0 ? [] : [`RSV${index + 1}`])),
      isMasked ? 'masked' : 'no mask',
      `${length} bytes`,
    ];
    if (this.#left > 0) words.push(`${this.#left} of them to come`);
    const close = opcode === 8 && part.length >= 2;
    const status = close ? `, status ${part[0]! * 256 + part[1]!}` : '';
    lines.push(`${words.join(', ')}${status}${text(close ? part.slice(2) : part)}`);
    return at + part.length;
  }
}
