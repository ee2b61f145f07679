/**
 * The strings of a handshake, as they cross to the addon and back: one string, and the length of each part. The addon
 * reads and makes no arrays, so no getter or setter can run inside it.
 */
import type { HttpHeader } from '../contract.js';
import { S_OK } from '../errors.js';
import { actionScratch, TEXT_HEADER } from './scratch.js';

/** The inputs of a handshake function. */
export class Texts {
  readonly text: string;
  /** The words of the thread's scratch, or a larger array for very many texts. */
  readonly words: Uint32Array;

  constructor(
    subprotocols: readonly string[],
    extensions: readonly string[],
    headers: readonly HttpHeader[],
  ) {
    const count = subprotocols.length + extensions.length + 2 * headers.length;
    const words = wordsFor(TEXT_HEADER + count);
    let text = '';
    let at = TEXT_HEADER;
    const add = (part: string): void => {
      // C needs a NUL after each text.
      text += `${part}\0`;
      words[at++] = part.length;
    };
    for (const part of subprotocols) add(part);
    for (const part of extensions) add(part);
    for (const { name, value } of headers) {
      add(name);
      add(value);
    }
    words[0] = subprotocols.length;
    words[1] = extensions.length;
    words[2] = 2 * headers.length;
    this.text = text;
    this.words = words;
  }
}

function wordsFor(count: number): Uint32Array {
  const words = actionScratch();
  return count <= words.length ? words : new Uint32Array(count);
}

/** Takes the answer apart: names and values in turn. @returns its HRESULT. */
export function headersOf(answer: string | number, words: Uint32Array, headers: HttpHeader[]): number {
  if (typeof answer === 'number') return answer;
  const count = words[0]!;
  let start = 0;
  for (let at = 1; at <= count; at += 2) {
    const middle = start + words[at]!;
    const end = middle + words[at + 1]!;
    headers.push({ name: answer.slice(start, middle), value: answer.slice(middle, end) });
    start = end;
  }
  return S_OK;
}
