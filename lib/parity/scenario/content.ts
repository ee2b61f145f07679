/**
 * Bytes in the notation of the scenario documents: hex pairs (`81 05`), quoted UTF-8 (`"Hello"`), repetitions (`1000
 * * 61`, `3 * "ab"`), and long content without repetitions (`1000 * noise7`, `1000 * text7`). A `|` stands between
 * two buffers, or after the only one. `<mask>` stands for the four bytes of a random mask key; the payload after it
 * is shown unmasked.
 */
import { isPrintable } from '../printable.js';
import { generated } from './generated.js';

/** Stands for one byte of a random mask key. */
export const MASK_BYTE = -1;

/**
 * Bytes in buffers. `pinned`: the document names the end of each buffer, so the number and sizes of the buffers must
 * match.
 */
export interface Content {
  readonly buffers: readonly (readonly number[])[];
  readonly pinned: boolean;
}

/** The words of a line. A quoted string is one word, with its quotes. */
export function words(line: string): string[] {
  return line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
}

function unit(word: string | undefined): number[] {
  if (word !== undefined && /^[0-9a-f]{2}$/.test(word)) return [parseInt(word, 16)];
  if (word?.startsWith('"') === true) return [...Buffer.from(quoted(word), 'utf8')];
  throw new SyntaxError(`expected two hex digits or a quoted string, not ${word ?? 'the end of the line'}`);
}

/** The text of a quoted word. Escapes are those of JSON. */
export function quoted(word: string): string {
  try {
    return JSON.parse(word) as string;
  } catch {
    throw new SyntaxError(`bad quoted string ${word}`);
  }
}

/** Reads content from a list of words. */
export function parseContent(all: readonly string[]): Content {
  const buffers: number[][] = [[]];
  let pinned = false;
  for (let index = 0; index < all.length; index++) {
    const word = all[index]!;
    const current = buffers[buffers.length - 1]!;
    if (word === '|') {
      buffers.push([]);
      pinned = true;
    } else if (word === '<mask>') {
      current.push(MASK_BYTE, MASK_BYTE, MASK_BYTE, MASK_BYTE);
    } else if (all[index + 1] === '*') {
      if (!/^\d+$/.test(word)) throw new SyntaxError(`expected a count before *, not ${word}`);
      const count = Number(word);
      const bytes = generated(all[index + 2] ?? '', count);
      if (bytes !== undefined) for (const byte of bytes) current.push(byte);
      else {
        const repeated = unit(all[index + 2]);
        for (let left = count; left > 0; left--) current.push(...repeated);
      }
      index += 2;
    } else {
      current.push(...unit(word));
    }
  }
  // A `|` at the end follows the only buffer. It begins no other, since no component hands out an empty buffer
  // (D2-6).
  if (all[all.length - 1] === '|') buffers.pop();
  return { buffers, pinned };
}

/** Reads content that consists of plain bytes. */
export function parseBytes(all: readonly string[]): Uint8Array {
  const { buffers, pinned } = parseContent(all);
  const bytes = buffers[0]!;
  if (pinned || bytes.includes(MASK_BYTE))
    throw new SyntaxError('expected plain bytes, without | and <mask>');
  return Uint8Array.from(bytes);
}

function run(bytes: readonly number[], from: number): number {
  let end = from + 1;
  while (end < bytes.length && bytes[end] === bytes[from]) end++;
  return end - from;
}

function renderBuffer(bytes: readonly number[]): string {
  const parts: string[] = [];
  for (let index = 0; index < bytes.length;) {
    if (bytes[index] === MASK_BYTE) {
      parts.push('<mask>');
      index += 4;
      continue;
    }
    const hex = bytes[index]!.toString(16).padStart(2, '0');
    const length = run(bytes, index);
    if (length > 8) {
      parts.push(`${length} * ${hex}`);
      index += length;
    } else {
      parts.push(hex);
      index++;
    }
  }
  return parts.join(' ');
}

/**
 * Writes buffers in the notation of the documents.
 *
 * @param pinned - whether to mark a single buffer as the only one.
 */
export function renderBuffers(buffers: readonly (readonly number[])[], pinned = false): string {
  const text = buffers.map(renderBuffer).join(' | ');
  return pinned && buffers.length === 1 ? `${text} |` : text;
}

/** Writes received data. Text is quoted if that loses nothing and every character is visible. */
export function renderData(bytes: Uint8Array, isText: boolean): string {
  if (bytes.length === 0) return '""';
  if (isText && bytes.length <= 64) {
    const text = Buffer.from(bytes).toString('utf8');
    if (isPrintable(text) && Buffer.from(text, 'utf8').equals(bytes)) return JSON.stringify(text);
  }
  return renderBuffer([...bytes]);
}
