/**
 * Text of strangers on its way to a terminal or a document. A terminal obeys control characters, and marks of direction
 * make a line look like another one: neither passes.
 */

/** Controls, marks of direction, private and unassigned characters, halves of surrogates; separators of lines. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Whether a text is one line in which every character shows. */
export function isPrintable(text: string): boolean {
  return text.search(UNPRINTABLE) < 0;
}

/** The text in one line, with an escape for every character that does not show. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
