/**
 * Reads the value of a header from left to right. Its errors name the place where the value is malformed, as in `ws`.
 */
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

  /** Takes the character if it is the next one. Returns whether it was. */
  take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** @throws SyntaxError: no token begins here. */
  token(): string {
    const token = this.#match(TOKEN);
    if (token === '') throw this.unexpected();
    return token;
  }

  /** Reads a token in quotes. The caller has taken the opening quote. Any character may have a backslash before it. */
  quotedToken(): string {
    let value = '';
    for (;;) {
      if (this.take('"')) break;
      this.take('\\');
      value += this.#matchOne();
    }
    // The token is empty: the error names the closing quote.
    if (value === '') throw this.unexpected(-1);
    return value;
  }

  /**
   * Skips the optional white space before a separator or a name.
   *
   * @throws SyntaxError: the header ends with white space.
   */
  skipSpace(): void {
    if (this.#match(SPACE) !== '' && this.isAtEnd) throw this.unexpected();
  }

  /** The error for a character that is not allowed at this place, or for an early end. */
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
