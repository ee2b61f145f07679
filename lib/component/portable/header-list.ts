/**
 * Lists in header values (C-5): elements separated by commas, with spaces and tabs between them. An element is a
 * token, or an extension: a token with parameters.
 */
import type { HttpHeader } from '../contract.js';
import { Diagnostic } from '../diagnostics.js';
import { Refusal } from './interim.js';

/** One element of a list. */
export interface Element {
  /** The token, or the extension's name. */
  readonly name: string;
  /** The text of the element, without the spaces around it. */
  readonly text: string;
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const SPACE = /[ \t]*/y;
const QUOTED = /"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"/y;

/** Reads one header value from its beginning to its end. */
class Scanner {
  at = 0;

  constructor(private readonly text: string) {}

  get ended(): boolean {
    return this.at === this.text.length;
  }

  /** Whether the pattern matches here. If it does, moves past it. */
  skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.text)) return false;
    this.at = pattern.lastIndex;
    return true;
  }

  skipCharacter(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  from(start: number): string {
    return this.text.slice(start, this.at);
  }
}

/** The name of a header, in lower case. */
export type FieldName = Lowercase<string>;

/** The elements of an absent header. */
export const NO_ELEMENTS: readonly Element[] = Object.freeze([]);

/** The kind of a list's elements. */
export type ElementKind = 'token' | 'extension';

/**
 * Splits a list into its elements.
 *
 * @param most - most elements that are allowed.
 * @returns the elements, at least one, or the reason why the value is no such list (A-7, 0x0C to 0x0F).
 */
export function parseList(value: string, kind: ElementKind, most = Infinity): Element[] | Refusal {
  const scanner = new Scanner(value);
  const elements: Element[] = [];
  for (;;) {
    scanner.skip(SPACE);
    if (scanner.ended) return new Refusal(Diagnostic.ListEndedEarly);
    const element = parseElement(scanner, kind);
    if (element === null) return new Refusal(Diagnostic.ListUnparsable);
    if (elements.length === most) return new Refusal(Diagnostic.ListTooLong);
    elements.push(element);
    scanner.skip(SPACE);
    if (scanner.ended) return elements;
    if (!scanner.skipCharacter(',')) return new Refusal(Diagnostic.ListCommaExpected);
  }
}

function parseElement(scanner: Scanner, kind: ElementKind): Element | null {
  const start = scanner.at;
  if (!scanner.skip(TOKEN)) return null;
  const name = scanner.from(start);
  if (kind === 'extension' && !skipParameters(scanner)) return null;
  return { name, text: scanner.from(start) };
}

/** Skips parameters: `;` and a name, optionally `=` and a token or a quoted string (RFC 6455, section 9.1). */
function skipParameters(scanner: Scanner): boolean {
  for (;;) {
    const end = scanner.at;
    scanner.skip(SPACE);
    if (!scanner.skipCharacter(';')) {
      scanner.at = end;
      return true;
    }
    scanner.skip(SPACE);
    if (!scanner.skip(TOKEN)) return false;
    if (scanner.skipCharacter('=') && !scanner.skip(TOKEN) && !scanner.skip(QUOTED)) return false;
  }
}

/** Whether all elements differ. */
export function areDistinct(elements: readonly Element[], identity: (element: Element) => string): boolean {
  return new Set(elements.map(identity)).size === elements.length;
}

/** The index of the next header with a name, from an index on; -1 if there is none. */
function find(headers: readonly HttpHeader[], name: FieldName, from: number): number {
  for (let index = from; index < headers.length; index++) {
    const given = headers[index]!.name;
    // The lengths of most names differ already. Lower case does not change the length of a byte string.
    if (given.length === name.length && given.toLowerCase() === name) return index;
  }
  return -1;
}

/** The values of all headers of a name, without the spaces around them (Q-H6). */
export function valuesOf(headers: readonly HttpHeader[], name: FieldName): string[] {
  const values: string[] = [];
  for (let index = find(headers, name, 0); index >= 0; index = find(headers, name, index + 1)) {
    values.push(withoutOuterSpace(headers[index]!.value));
  }
  return values;
}

/**
 * Removes spaces at both ends. A regular expression that looks for the end would try at every space, in quadratic
 * time.
 */
function withoutOuterSpace(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isSpace(value, start)) start++;
  while (end > start && isSpace(value, end - 1)) end--;
  return value.slice(start, end);
}

function isSpace(text: string, at: number): boolean {
  return text[at] === ' ' || text[at] === '\t';
}

/** The value of a header that must be there exactly once (A-7, 0x29, 0x2A). */
export function singleValueOf(headers: readonly HttpHeader[], name: FieldName): string | Refusal {
  const index = find(headers, name, 0);
  if (index < 0) return new Refusal(Diagnostic.HeaderMissing);
  if (find(headers, name, index + 1) >= 0) return new Refusal(Diagnostic.HeaderTwice);
  return withoutOuterSpace(headers[index]!.value);
}

/** All elements of a header that may be absent, or spread over several lines. */
export function elementsOf(
  headers: readonly HttpHeader[],
  name: FieldName,
  kind: ElementKind,
  most?: number,
): readonly Element[] | Refusal {
  const values = valuesOf(headers, name);
  return values.length === 0 ? NO_ELEMENTS : parseList(values.join(','), kind, most);
}
