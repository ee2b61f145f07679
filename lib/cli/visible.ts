/** Makes text and bytes of a peer visible, so that a terminal does not obey them. */

/* eslint-disable no-control-regex -- these patterns look for control characters */
const COMMANDS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
/** The control characters that `JSON.stringify` does not escape. */
const LEFT_BY_JSON = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Text with escapes for control characters (`\x1b`) and direction marks (`\u202e`). Line ends and tabs stay. */
export function visible(text: string): string {
  return text.replace(COMMANDS, escaped);
}

/** JSON that is safe on a terminal and means the same. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replace(
    LEFT_BY_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
