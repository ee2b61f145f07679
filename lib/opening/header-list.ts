/** Headers as a list of names and values: how a program gives them, and how HTTP reads headers that hold lists. */
import type { HttpHeader } from '../component/index.js';
import { http } from '../component/on-demand.js';

/** The value of a header, or one value for each of its lines. */
export type HeaderValue = string | number | readonly (string | number)[];

/**
 * Headers of a program: an object, a `Headers`, a `Map`, or pairs of name and value. A value that is a list makes one
 * line for each of its elements; `undefined` makes none.
 */
export type HeaderSource =
  | Readonly<Record<string, HeaderValue | undefined>>
  // The second kind of pair is that of `HeadersInit` in @types/node.
  | Iterable<readonly [string, HeaderValue | undefined] | readonly string[]>;

/**
 * Names that a program cannot give, in lower case: the handshake's own headers, and headers that delimit a body.
 * They are left out without an error, so a proxy may pass on all headers that it has received.
 */
const OWN = new Set([
  'connection',
  'upgrade',
  'sec-websocket-accept',
  'sec-websocket-extensions',
  'sec-websocket-key',
  'sec-websocket-protocol',
  'sec-websocket-version',
  'content-length',
  'transfer-encoding',
  'trailer',
  'keep-alive',
  'proxy-connection',
]);

/** Names that a program cannot give in a refusal: this package itself delimits the body. */
const FRAMING = new Set(['connection', 'content-length', 'transfer-encoding', 'trailer', 'keep-alive']);

function pairsOf(given: HeaderSource): Iterable<readonly unknown[]> {
  if (typeof given !== 'object') throw new TypeError(`headers must be an object, not ${typeof given}`);
  return Symbol.iterator in given ? given : Object.entries(given);
}

/**
 * Reads the headers that a program gives.
 *
 * @param purpose - `handshake` leaves out the handshake's own headers, which cannot be replaced; `refusal` leaves out
 *   the headers that delimit the body.
 * @throws TypeError a name that is no token, or a value that is not allowed or could break out of its line.
 */
export function checkedHeaders(
  given: HeaderSource | null | undefined,
  purpose: 'handshake' | 'refusal' = 'handshake',
): HttpHeader[] {
  const headers: HttpHeader[] = [];
  if (given === undefined || given === null) return headers;
  const left = purpose === 'handshake' ? OWN : FRAMING;
  for (const pair of pairsOf(given)) {
    if (!Array.isArray(pair)) throw new TypeError('headers must be an object, or pairs of name and value');
    const [name, value] = pair as readonly unknown[];
    if (typeof name !== 'string') throw new TypeError(`the name of a header must be a string`);
    if (value === undefined) continue;
    http().validateHeaderName(name);
    if (left.has(name.toLowerCase())) continue;
    for (const line of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof line !== 'string' && typeof line !== 'number')
        throw new TypeError(`the header ${name} must be a string, a number or a list of them`);
      const text = String(line);
      http().validateHeaderValue(name, text);
      headers.push({ name, value: text });
    }
  }
  return headers;
}

/** Node's list of names and values, one after the other. */
export function headersOf(rawHeaders: readonly string[]): HttpHeader[] {
  const headers: HttpHeader[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.push({ name: rawHeaders[index]!, value: rawHeaders[index + 1]! });
  }
  return headers;
}

/** Removes white space at both ends (RFC 9110, section 5.6.3), in time linear in the length. */
function trimmed(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isSpace(text.charCodeAt(from))) from++;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/**
 * The elements of a list header (RFC 9110, section 5.6.1): empty elements do not count, and a comma inside of a quoted
 * string separates nothing.
 */
export function elementsOf(value: string): string[] {
  const elements: string[] = [];
  let start = 0;
  let isQuoted = false;
  const take = (end: number): void => {
    const element = trimmed(value, start, end);
    if (element !== '') elements.push(element);
    start = end + 1;
  };
  for (let index = 0; index < value.length; index++) {
    const character = value[index];
    if (isQuoted && character === '\\') index++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === ',' && !isQuoted) take(index);
  }
  take(value.length);
  return elements;
}

/** Whether a list header has a token; letter case does not count. */
export function hasToken(value: string | undefined, token: Lowercase<string>): boolean {
  if (value === undefined) return false;
  // Most of these headers have one word and no list.
  if (value.length === token.length) return value.toLowerCase() === token;
  return elementsOf(value).some((element) => element.toLowerCase() === token);
}
