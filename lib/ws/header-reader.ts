/** Reads the values of headers from left to right, and says where they are malformed, as `ws` does. */
const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const SPACE = /[ \t]*/y;

export class HeaderReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** Whether one of the characters is next; takes it. */
  take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** @throws SyntaxError there is none. */
  token(): string {
    const token = this.#match(TOKEN);
    if (token === '') throw this.unexpected();
    return token;
  }

  /** A token in quotes, where any character may have a backslash before it; the quote that opens has been taken. */
  quotedToken(): string {
    let value = '';
    for (;;) {
      if (this.take('"')) break;
      this.take('\\');
      value += this.#matchOne();
    }
    // The quote that ends nothing is the offence.
    if (value === '') throw this.unexpected(-1);
    return value;
  }

  /** The optional white space before a separator or a name. At the end there has to be none. */
  skipSpace(): void {
    if (this.#match(SPACE) !== '' && this.isAtEnd) throw this.unexpected();
  }

  /** What is next should not be. */
  unexpected(offset = 0): SyntaxError {
    if (this.isAtEnd && offset === 0) return new SyntaxError('Unexpected end of input');
    return new SyntaxError(`Unexpected character at index ${this.#at + offset}`);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [match = ''] = pattern.exec(this.#text) ?? [];
    this.#at += match.length;
    return match;
  }

  #matchOne(): string {
    const character = this.#text[this.#at] ?? '';
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/.test(character)) throw this.unexpected();
    this.#at++;
    return character;
  }
}
