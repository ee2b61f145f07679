/**
 * Makes text of strangers safe for a terminal or a document. A terminal obeys control characters, and direction marks
 * make a line look like another line. Neither passes.
 */

/** Control characters, direction marks, private and unassigned characters, lone surrogates, and line separators. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Whether a text is one line of visible characters. */
export function isPrintable(text: string): boolean {
  return text.search(UNPRINTABLE) < 0;
}

/** The text in one line, with an escape for each invisible character. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
