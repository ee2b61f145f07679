/** Our conversions of WebIDL give what webidl-conversions gives, for any value. */
import { strict as assert } from 'node:assert';
import { createRequire } from 'node:module';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  clampedShort,
  domString,
  unsignedShort,
  unsignedShortInRange,
  usvString,
} from '../../lib/web/conversions.js';

interface Range {
  readonly enforceRange?: boolean;
  readonly clamp?: boolean;
}

/** It has no types. */
const theirs = createRequire(__filename)('webidl-conversions') as {
  DOMString(value: unknown): string;
  USVString(value: unknown): string;
  'unsigned short'(value: unknown, options?: Range): number;
};

/** The result, or that there is none: the messages of the errors are our own. */
function resultOf(convert: () => unknown): unknown {
  try {
    const value = convert();
    // The library returns -0 for some numbers; the standard's modulo has no such result.
    return { value: value === 0 ? 0 : value };
  } catch (error) {
    return (error as Error).name;
  }
}

const NUMBERS = [
  0,
  -0,
  0.5,
  1.5,
  2.5,
  -0.5,
  65534.5,
  65535,
  65535.5,
  65536,
  -1,
  2 ** 53,
  Infinity,
  -Infinity,
  NaN,
];
const VALUES = fc.oneof(
  fc.constantFrom<unknown>(
    ...NUMBERS,
    ...NUMBERS.map(String),
    '',
    ' 12 ',
    '0x10',
    '\ud800',
    'a\udc00b',
    '\ud83d\ude00',
  ),
  fc.constantFrom<unknown>(null, undefined, true, false, Symbol('s'), 10n, [], [3], ['7'], {}, () => 1),
  fc.constantFrom<unknown>(
    { valueOf: () => 9.5 },
    { toString: () => '8' },
    new Date(7),
    Object(Symbol.iterator),
  ),
  fc.double(),
  fc.integer(),
  fc.string({ unit: 'binary' }),
);

const PAIRS: readonly (readonly [string, (value: unknown) => unknown, (value: unknown) => unknown])[] = [
  ['DOMString', domString, (value) => theirs.DOMString(value)],
  ['USVString', usvString, (value) => theirs.USVString(value)],
  ['unsigned short', unsignedShort, (value) => theirs['unsigned short'](value)],
  [
    '[EnforceRange] unsigned short',
    (value) => unsignedShortInRange('code', value),
    (value) => theirs['unsigned short'](value, { enforceRange: true }),
  ],
  ['[Clamp] unsigned short', clampedShort, (value) => theirs['unsigned short'](value, { clamp: true })],
];

describe('the conversions of WebIDL', () => {
  for (const [name, ours, other] of PAIRS)
    it(`convert to ${name} as webidl-conversions does`, () => {
      fc.assert(
        fc.property(VALUES, (value) => {
          assert.deepEqual(
            resultOf(() => ours(value)),
            resultOf(() => other(value)),
          );
        }),
        { numRuns: 2000 },
      );
    });
});
