/** Random content: text with characters of every length, invalid text, long content without repetitions. */
import { fc } from '../../vendor/fast-check.js';
import { renderData } from '../scenario/content.js';
import { generated } from '../scenario/generated.js';

/** Characters of every length in bytes; of each length the first and the last. */
const CHARACTERS = [
  ...['a', 'z', '\u007f', '\u0080', 'é', '\u07ff', '\u0800', '€', '\ud7ff', '\ue000', '\uffff'],
  ...['\u{10000}', '😀', '\u{fffff}', '\u{10ffff}'],
].map((character) => Buffer.from(character, 'utf8'));

/**
 * Byte sequences that UTF-8 forbids: overlong forms, surrogates, too large code points, cut-off characters, stray
 * continuation bytes (RFC 3629).
 */
const WRONG = [
  ...['80', 'bf', 'c080', 'c1bf', 'c328', 'c3', 'e08080', 'e09fbf', 'e28228', 'e282', 'eda080', 'edbfbf'],
  ...['f0808080', 'f08fbfbf', 'f09f98', 'f09f', 'f09f9828', 'f4908080', 'f5808080', 'f8888080', 'fe', 'ff'],
].map((hex) => Buffer.from(hex, 'hex'));

const seed = fc.nat(999);

/** Lengths at which the code changes its way: forms of a header, sizes of buffers, thresholds of loops over words. */
const EDGES = [
  ...[0, 1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 23, 24, 25, 31, 32, 33, 63, 64, 65, 95, 96, 97, 123, 124],
  ...[125, 126, 127, 128, 129, 240, 241, 242, 250, 251, 252, 255, 256, 257, 300, 511, 512, 513, 1023, 1024],
];
const LARGE_EDGES = [1025, 2048, 4080, 4081, 4082, 4086, 4092, 4095, 4096, 4097, 4110, 5000, 8192, 12_289];
const HUGE_EDGES = [32_768, 65_534, 65_535, 65_536, 65_537, 70_000];

/** Lengths in bytes, mostly short ones. */
export const lengths: fc.Arbitrary<number> = fc.oneof(
  { weight: 80, arbitrary: fc.constantFrom(...EDGES) },
  { weight: 60, arbitrary: fc.nat(700) },
  { weight: 30, arbitrary: fc.oneof(fc.constantFrom(...LARGE_EDGES), fc.nat(6000)) },
  { weight: 3, arbitrary: fc.constantFrom(...HUGE_EDGES) },
);

/** A few characters, as bytes. */
const characters: fc.Arbitrary<Buffer> = fc
  .array(fc.constantFrom(...CHARACTERS), { maxLength: 14, size: 'max' })
  .map((all) => Buffer.concat(all));

function piecesOf(kind: 'text' | 'prose', longest: number): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.oneof(fc.nat(40), fc.nat(longest)), seed)
    .map(([length, from]) => generated(`${kind}${from}`, length)!);
}

/** Valid text, as bytes: a few characters, or up to some hundred bytes of generated text. */
export const texts: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 30, arbitrary: characters },
  { weight: 20, arbitrary: piecesOf('text', 600) },
  { weight: 20, arbitrary: piecesOf('prose', 600) },
);

/** Text that is invalid at one place. */
export const wrongTexts: fc.Arbitrary<Uint8Array> = fc
  .tuple(texts, fc.constantFrom(...WRONG), fc.oneof(fc.constant(Buffer.alloc(0)), texts))
  .map((parts) => Buffer.concat(parts));

export const binaries: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.oneof(fc.constantFrom(...EDGES), fc.nat(300)), seed)
  .map(([length, from]) => generated(`noise${from}`, length)!);

/** Bytes in the notation of scripts. */
export function wordsOf(bytes: Uint8Array): string {
  return renderData(bytes, true);
}

function long(kind: 'text' | 'prose' | 'noise'): fc.Arbitrary<string> {
  return fc
    .tuple(lengths, seed)
    .map(([length, from]) => (length === 0 ? '""' : `${length} * ${kind}${from}`));
}

/** Content of a text message, in the notation of scripts. One in ten is invalid. */
export const textContent: fc.Arbitrary<string> = fc.oneof(
  { weight: 40, arbitrary: characters.map(wordsOf) },
  { weight: 30, arbitrary: long('text') },
  { weight: 20, arbitrary: long('prose') },
  { weight: 10, arbitrary: wrongTexts.map(wordsOf) },
);

/** Content of a binary message, in the notation of scripts. */
export const binaryContent: fc.Arbitrary<string> = fc.oneof(
  { weight: 50, arbitrary: long('noise') },
  { weight: 10, arbitrary: lengths.map((length) => (length === 0 ? '""' : `${length} * 61`)) },
);

/** Payload of a ping or pong, of every allowed length. */
export const controlContent: fc.Arbitrary<string> = fc
  .tuple(fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 5, 123, 124, 125), fc.nat(125)), seed)
  .map(([length, from]) => (length === 0 ? '""' : `${length} * noise${from}`));
