/**
 * Random frames of a peer, as lines of a script: whole messages in fragments, with pings between them, and illegal
 * frames.
 */
import { fc } from '../../vendor/fast-check.js';
import {
  binaries,
  binaryContent,
  controlContent,
  textContent,
  texts,
  wordsOf,
  wrongTexts,
} from './content.js';

/** Close statuses at the borders of their ranges (RFC 6455, section 7.4). */
export const STATUSES = [
  ...[1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1010, 1011, 1012, 1014, 1015, 1016, 1100],
  ...[2000, 2999, 3000, 3999, 4000, 4999, 5000, 65_535, 999, 1, 0],
];

/** Mask keys. With some, unmasking with the wrong byte of the key shows; with others it does not. */
const KEYS = ['01020304', '00000000', 'ff00ff00', '80808080'];

const key = fc.oneof(
  { weight: 40, arbitrary: fc.constant('') },
  { weight: 10, arbitrary: fc.constantFrom(...KEYS).map((hex) => ` key=${hex}`) },
);

/** A ping or a pong. Most are pings, since those need an answer. */
export const pings: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('ping', 'ping', 'ping', 'pong'), key, controlContent)
  .map(([opcode, how, content]) => `network ${opcode}${how} ${content}`);

const reasons = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom('""', '"bye"', '"größer €"') },
  { weight: 20, arbitrary: fc.constantFrom(122, 123).map((length) => `${length} * text5`) },
  { weight: 10, arbitrary: wrongTexts.map((bytes) => wordsOf(bytes.subarray(0, 123))) },
);

function closeOf(status: number, reason: string): string {
  // Fewer than three digits would be read as bytes.
  return `network close ${status >= 100 ? status : `00 0${status}`} ${reason}`;
}

/** A close frame, sometimes with a forbidden status. */
export const closes: fc.Arbitrary<string> = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom('network close', 'network close 03', 'network close ""') },
  {
    weight: 60,
    arbitrary: fc
      .tuple(fc.constantFrom(...STATUSES), reasons)
      .map(([status, reason]) => closeOf(status, reason)),
  },
);

interface Cut {
  readonly text: boolean;
  readonly bytes: Uint8Array;
  readonly cuts: readonly number[];
  /** Control frames to put between the fragments; null for no frame. */
  readonly between: readonly (string | null)[];
  readonly how: string;
}

/** A message in fragments, with control frames between them. It may be cut inside a character. */
function fragments({ text, bytes, cuts, between, how }: Cut): string[] {
  const borders = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort(
    (left, right) => left - right,
  );
  const lines: string[] = [];
  for (let index = 0, from = 0; index <= borders.length; index++) {
    const to = borders[index] ?? bytes.length;
    const opcode = index > 0 ? 'continuation' : text ? 'text' : 'binary';
    const more = index < borders.length ? ' more' : '';
    lines.push(`network ${opcode}${more}${how} ${wordsOf(bytes.subarray(from, to))}`);
    const control = between[index % between.length] ?? null;
    if (more !== '' && control !== null) lines.push(control);
    from = to;
  }
  return lines;
}

const cuts = fc.array(fc.nat(700), { maxLength: 6, size: 'max' });
const between = fc.array(fc.option(pings, { freq: 2 }), { minLength: 1, maxLength: 4, size: 'max' });

const textInFragments = fc
  .record({ text: fc.constant(true), bytes: texts, cuts, between, how: key })
  .map(fragments);
const binaryInFragments = fc
  .record({ text: fc.constant(false), bytes: binaries, cuts, between, how: key })
  .map(fragments);
const wrongTextInFragments = fc
  .record({ text: fc.constant(true), bytes: wrongTexts, cuts, between, how: key })
  .map(fragments);

/** Long content in two or three frames. Each frame ends with a whole character. */
const longInFragments = fc
  .tuple(
    fc.boolean(),
    fc.array(fc.tuple(textContent, binaryContent), { minLength: 2, maxLength: 3 }),
    between,
    key,
  )
  .map(([text, parts, controls, how]) =>
    parts.flatMap(([ofText, ofBinary], index) => {
      const opcode = index > 0 ? 'continuation' : text ? 'text' : 'binary';
      const more = index < parts.length - 1 ? ' more' : '';
      const control = controls[index % controls.length] ?? null;
      const line = `network ${opcode}${more}${how} ${text ? ofText : ofBinary}`;
      return more !== '' && control !== null ? [line, control] : [line];
    }),
  );

const whole = fc
  .tuple(fc.boolean(), key, textContent, binaryContent)
  .map(([text, how, ofText, ofBinary]) => [
    text ? `network text${how} ${ofText}` : `network binary${how} ${ofBinary}`,
  ]);

/** Messages, nearly all of them legal. */
export const messages: fc.Arbitrary<string[]> = fc.oneof(
  { weight: 50, arbitrary: whole },
  { weight: 50, arbitrary: textInFragments },
  { weight: 20, arbitrary: binaryInFragments },
  { weight: 20, arbitrary: longInFragments },
  { weight: 7, arbitrary: wrongTextInFragments },
);

/** Any frame, legal or illegal. */
export const frames: fc.Arbitrary<string> = fc
  .record({
    opcode: fc.oneof(
      {
        weight: 200,
        arbitrary: fc.constantFrom('text', 'binary', 'continuation', 'ping', 'pong'),
      },
      { weight: 10, arbitrary: fc.nat(15).map((opcode) => `opcode=${opcode}`) },
    ),
    more: fc.constantFrom('', '', '', ' more'),
    reserved: fc.oneof(
      { weight: 250, arbitrary: fc.constant('') },
      { weight: 10, arbitrary: fc.constantFrom(' rsv1', ' rsv2', ' rsv3') },
    ),
    mask: fc.oneof(
      { weight: 250, arbitrary: fc.constant('') },
      { weight: 10, arbitrary: fc.constantFrom(' masked', ' unmasked') },
    ),
    key,
    form: fc.oneof(
      { weight: 250, arbitrary: fc.constant('') },
      { weight: 10, arbitrary: fc.constantFrom(' form=16', ' form=64') },
    ),
    declares: fc.oneof(
      { weight: 400, arbitrary: fc.constant('') },
      {
        weight: 10,
        arbitrary: fc.constantFrom(
          ' form=64 declares=9223372036854775807',
          ' form=64 declares=9223372036854775808',
          ' form=64 declares=4294967296',
          ' form=64 declares=65536',
          ' form=64 declares=65535',
          ' form=16 declares=126',
          ' form=16 declares=125',
        ),
      },
    ),
    content: fc.oneof(
      { weight: 60, arbitrary: textContent },
      { weight: 40, arbitrary: binaryContent },
      { weight: 10, arbitrary: fc.constantFrom('126 * noise1', '130 * noise1') },
    ),
    control: controlContent,
    long: fc.nat(20),
  })
  .map((of) => {
    const isControl = of.opcode === 'ping' || of.opcode === 'pong';
    const content = isControl && of.long !== 0 ? of.control : of.content;
    const length = of.declares === '' ? of.form : of.declares;
    return `network ${of.opcode}${of.more}${of.reserved}${of.mask}${of.key}${length} ${content}`;
  });

const OPENED = 'network text more "a"';

/** Frames at the border of one rule: either they break this rule and no other, or they only just keep it. */
export const borders: fc.Arbitrary<string[]> = fc.oneof(
  fc
    .tuple(fc.constantFrom('text', 'binary', 'ping'), fc.constantFrom(0, 1, 100, 124, 125, 126, 127))
    .map(([opcode, length]) => [`network ${opcode} form=16 ${length} * text1`]),
  fc
    .tuple(fc.constantFrom('text', 'binary'), fc.constantFrom(0, 125, 126, 65_534, 65_535, 65_536))
    .map(([opcode, length]) => [`network ${opcode} form=64 ${length} * text1`]),
  fc
    .constantFrom(...[62n, 63n, 64n, 53n, 32n, 31n, 16n].flatMap((bits) => [2n ** bits, 2n ** bits - 1n]))
    .filter((length) => length < 2n ** 64n)
    .map((length) => [`network binary form=64 declares=${length} "a"`]),
  fc
    .tuple(
      fc.constantFrom('text', 'binary', 'ping', 'pong', 'close'),
      fc.constantFrom('rsv1', 'rsv2', 'rsv3', 'masked', 'unmasked', 'more'),
    )
    .map(([opcode, how]) => [`network ${opcode} ${how} ""`]),
  fc.nat(15).map((opcode) => [`network opcode=${opcode} ""`]),
  fc
    .tuple(fc.constantFrom('ping', 'pong'), fc.constantFrom(125, 126, 127, 200))
    .map(([opcode, length]) => [`network ${opcode} ${length} * noise1`]),
  fc.tuple(fc.constantFrom('00', '03', '03 e8', '03 e9 61'), fc.boolean()).map(([body, inside]) => {
    const close = `network close ${body}`;
    return inside ? [OPENED, close] : [close];
  }),
  fc
    .tuple(fc.constantFrom('text', 'binary', 'continuation'), fc.boolean(), fc.constantFrom('', ' more'))
    .map(([opcode, inside, more]) => {
      const line = `network ${opcode}${more} "b"`;
      return inside ? [OPENED, line] : [line];
    }),
  fc
    .tuple(
      fc.constantFrom('network close 1000 "bye"', 'network close'),
      fc.constantFrom('text', 'ping', 'pong', 'close'),
    )
    .map(([close, opcode]) => [close, `network ${opcode} ""`]),
  fc.constantFrom(...STATUSES).map((status) => [closeOf(status, '""')]),
  fc.tuple(wrongTexts, fc.boolean()).map(([bytes, inside]) => {
    const words = wordsOf(bytes);
    return inside ? [OPENED, `network continuation ${words}`] : [`network text ${words}`];
  }),
);
