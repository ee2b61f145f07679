/** Text and bytes of a peer, so that a terminal shows them and obeys none of them. */

/* eslint-disable no-control-regex -- they are what is looked for */
const COMMANDS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
/** The control characters that `JSON.stringify` leaves as they are. */
const LEFT_BY_JSON = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Text whose control characters, but for line ends and tabs, are shown as `\x1b`, and those of direction as `\u202e`. */
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
