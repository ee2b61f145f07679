/**
 * Long content without repetitions, made from its length and a seed. If a byte is lost, doubled, moved or unmasked
 * with the wrong byte of the key, the comparison shows it. `noise` is any bytes, `text` is UTF-8 with characters of
 * every length, `prose` is ASCII with such a character now and then.
 */

/** Characters of every length: the first and the last of each length, and both edges of the surrogates. */
const CHARACTERS = [
  ...['a', '~', '\u0080', 'é', '\u07ff', '\u0800', '€', '\ud7ff', '\ue000', '\uffff'],
  ...['\u{10000}', '😀', '\u{3ffff}', '\u{40000}', '\u{10ffff}'],
].map((character) => Buffer.from(character, 'utf8'));

/** Random numbers below 2^32 from a seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return (value ^ (value >>> 14)) >>> 0;
  };
}

function noise(length: number, seed: number): Buffer {
  const next = numbers(seed);
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) bytes[at] = next() >>> 8;
  return bytes;
}

/**
 * Whole characters. At the end, characters of one byte fill the place that is too small for a longer one.
 *
 * @param every - average number of ASCII characters for each character of any length.
 */
function text(length: number, seed: number, every: number): Buffer {
  const next = numbers(seed);
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length;) {
    const character = CHARACTERS[(next() >>> 4) % CHARACTERS.length]!;
    if ((next() >>> 4) % (every + 1) !== 0 || at + character.length > length)
      bytes[at++] = 0x61 + (next() % 26);
    else at += character.copy(bytes, at);
  }
  return bytes;
}

/** The content for `noise7`, `text7` or `prose7`; undefined for any other word. */
export function generated(word: string, length: number): Uint8Array | undefined {
  const [, kind, seed] = /^(noise|text|prose)(\d{1,6})$/.exec(word) ?? [];
  if (kind === undefined) return undefined;
  return kind === 'noise'
    ? noise(length, Number(seed))
    : text(length, Number(seed), kind === 'text' ? 0 : 24);
}
