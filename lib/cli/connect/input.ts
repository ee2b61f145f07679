/** Standard input as messages: by lines, by chunks, or as a whole. No byte is changed. */
import { isUtf8 } from 'node:buffer';
import { Status } from '../statuses.js';
import { StatusError } from '../usage.js';

/** An item to send: a message, or a frame that a person asks for at the prompt. */
export type Outgoing =
  | { readonly kind: 'message'; readonly data: string | Uint8Array }
  | { readonly kind: 'ping' }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string };

/** How input becomes messages. */
export interface InputFormat {
  /** Text, plain bytes, or bytes in hexadecimal digits. */
  readonly encoding: 'text' | 'binary' | 'hex';
  /** All of the input is one message. */
  readonly isWhole: boolean;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Bytes of a binary message that is cut from a stream. */
const CHUNK = 65536;

/** The lines of bytes, without their ends. The last line needs no end. */
export async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  let parts: Uint8Array[] = [];
  for await (const chunk of source) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start);
      if (end < 0) break;
      parts.push(chunk.subarray(start, end));
      yield lineOf(parts);
      parts = [];
      start = end + 1;
    }
    if (start < chunk.byteLength) parts.push(chunk.subarray(start));
  }
  if (parts.length > 0) yield Buffer.concat(parts);
}

/** On Windows a line ends with two characters. Elsewhere a carriage return is a part of the line. */
function lineOf(parts: readonly Uint8Array[]): Buffer {
  const line = Buffer.concat(parts);
  return process.platform === 'win32' && line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}

/** The messages of an input. */
export async function* messagesOf(
  source: AsyncIterable<Uint8Array>,
  { encoding, isWhole }: InputFormat,
): AsyncGenerator<Outgoing, void, undefined> {
  if (isWhole) {
    const parts: Uint8Array[] = [];
    for await (const chunk of source) parts.push(chunk);
    yield { kind: 'message', data: dataOf(Buffer.concat(parts), encoding, 'standard input') };
  } else if (encoding === 'binary') {
    for await (const chunk of source)
      for (let at = 0; at < chunk.byteLength; at += CHUNK)
        yield { kind: 'message', data: chunk.subarray(at, at + CHUNK) };
  } else {
    let number = 0;
    for await (const line of linesOf(source)) {
      number++;
      yield { kind: 'message', data: dataOf(line, encoding, `standard input, line ${number}`) };
    }
  }
}

/**
 * The payload of a message.
 *
 * @param where - for the message of the error.
 * @throws StatusError the bytes are not valid in the encoding.
 */
export function dataOf(bytes: Buffer, encoding: InputFormat['encoding'], where: string): string | Uint8Array {
  switch (encoding) {
    case 'binary':
      return bytes;
    case 'hex':
      return fromHex(bytes.toString('latin1'), where);
    case 'text':
      if (isUtf8(bytes)) return bytes.toString('utf8');
      throw new StatusError(
        Status.Input,
        `${where}: not UTF-8 from byte ${firstWrongByte(bytes)} on, so it cannot be text; -b sends bytes`,
      );
  }
}

function fromHex(text: string, where: string): Uint8Array {
  const digits = text.replace(/\s+/g, '');
  if (/^(?:[\da-f]{2})*$/i.test(digits)) return Buffer.from(digits, 'hex');
  throw new StatusError(Status.Input, `${where}: not an even number of hexadecimal digits`);
}

/** The place of the first byte that is not UTF-8, from 1. */
function firstWrongByte(bytes: Buffer): number {
  let good = 0;
  let bad = bytes.byteLength;
  // The bytes before `good` are UTF-8, or the beginning of a character. The bytes up to `bad` are not.
  while (good < bad - 1) {
    const middle = (good + bad) >>> 1;
    if (isUtf8Beginning(bytes.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  return good + 1;
}

function isUtf8Beginning(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** Gives messages one by one. A message that could not be sent is given again. */
export class Outbox {
  readonly #source: AsyncIterator<Outgoing, unknown>;
  #next: Promise<Outgoing | undefined> | null = null;
  /** Whether a message has been read and not been sent. */
  hasUnsent = false;
  /** Whether the end of the input has been read. */
  hasEnded = false;

  constructor(source: AsyncIterator<Outgoing, unknown>) {
    this.#source = source;
  }

  /** The next message; undefined at the end of the input. */
  peek(): Promise<Outgoing | undefined> {
    this.#next ??= this.#read();
    return this.#next;
  }

  async #read(): Promise<Outgoing | undefined> {
    const { done, value } = await this.#source.next();
    if (done === true) {
      this.hasEnded = true;
      return undefined;
    }
    this.hasUnsent = true;
    return value;
  }

  /** Drops the message that has been sent. */
  shift(): void {
    this.hasUnsent = false;
    this.#next = null;
  }
}
