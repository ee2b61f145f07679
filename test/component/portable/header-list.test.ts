import { strict as assert } from 'node:assert';

import fc from 'fast-check';

import { Diagnostic } from '../../../lib/component/diagnostics.js';
import {
  elementsOf,
  parseList,
  singleValueOf,
  valuesOf,
} from '../../../lib/component/portable/header-list.js';
import { Refusal } from '../../../lib/component/portable/interim.js';

const texts = (parsed: ReturnType<typeof elementsOf>): string[] | Diagnostic =>
  parsed instanceof Refusal ? parsed.diagnostic : parsed.map(({ text }) => text);

describe('a list in a header', () => {
  for (const [value, expected] of [
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    [' a ,\tb ', ['a', 'b']],
    ["!#$%&'*+-.^_`|~09azAZ", ["!#$%&'*+-.^_`|~09azAZ"]],
    ['', Diagnostic.ListEndedEarly],
    [' \t', Diagnostic.ListEndedEarly],
    ['a,', Diagnostic.ListEndedEarly],
    [',a', Diagnostic.ListUnparsable],
    ['a,,b', Diagnostic.ListUnparsable],
    ['é', Diagnostic.ListUnparsable],
    ['"a"', Diagnostic.ListUnparsable],
    ['a b', Diagnostic.ListCommaExpected],
    ['a;b', Diagnostic.ListCommaExpected],
    ['a/1', Diagnostic.ListCommaExpected],
  ] as const) {
    it(`of tokens: ${JSON.stringify(value)}`, () => {
      assert.deepEqual(texts(parseList(value, 'token')), expected);
    });
  }

  for (const [value, expected] of [
    ['x', ['x']],
    ['x; a', ['x; a']],
    ['x;a=1 ; b="c, d" , y', ['x;a=1 ; b="c, d"', 'y']],
    ['x;a="\\""', ['x;a="\\""']],
    ['x; a=', Diagnostic.ListUnparsable],
    ['x;', Diagnostic.ListUnparsable],
    ['x;=1', Diagnostic.ListUnparsable],
    ['x;a="b', Diagnostic.ListUnparsable],
    ['x;a=1 b', Diagnostic.ListCommaExpected],
  ] as const) {
    it(`of extensions: ${JSON.stringify(value)}`, () => {
      assert.deepEqual(texts(parseList(value, 'extension')), expected);
    });
  }

  it('has at most the allowed number of elements', () => {
    assert.deepEqual(texts(parseList('a,b', 'token', 2)), ['a', 'b']);
    assert.deepEqual(texts(parseList('a,b,c', 'token', 2)), Diagnostic.ListTooLong);
  });

  it('is read back unchanged, with any spaces', () => {
    const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,8}$/);
    const space = fc.stringMatching(/^[ \t]{0,2}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(space, token, space), { minLength: 1, maxLength: 6 }), (elements) => {
        const value = elements.map((parts) => parts.join('')).join(',');
        const expected = elements.map(([, name]) => name);
        assert.deepEqual(texts(parseList(value, 'token')), expected);
        assert.deepEqual(texts(parseList(value, 'extension')), expected);
      }),
    );
  });

  it('is parsed in linear time for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (value) => {
        const parsed = parseList(value, 'extension');
        assert.ok(parsed instanceof Refusal || parsed.length > 0);
      }),
    );
    assert.equal(texts(parseList(`x;a="${'\\'.repeat(100_000)}`, 'extension')), Diagnostic.ListUnparsable);
    assert.equal(texts(parseList(`x${' ;'.repeat(50_000)}`, 'extension')), Diagnostic.ListUnparsable);
  });
});

describe('headers', () => {
  const headers = [
    { name: 'Upgrade', value: ' a ' },
    { name: 'X', value: '1' },
    { name: 'uPGRADE', value: '\tb' },
  ];

  it('are found without regard to case, and without the spaces around their values', () => {
    assert.deepEqual(valuesOf(headers, 'upgrade'), ['a', 'b']);
    assert.deepEqual(valuesOf(headers, 'y'), []);
  });

  it('with many spaces inside are trimmed in linear time', () => {
    const value = `a${' \t'.repeat(500_000)}b`;
    assert.deepEqual(valuesOf([{ name: 'X', value: `\t ${value} ` }], 'x'), [value]);
    assert.deepEqual(valuesOf([{ name: 'X', value: ' \t' }], 'x'), ['']);
  });

  it('that must be there once may be missing, there, or there twice', () => {
    assert.equal(singleValueOf(headers, 'x'), '1');
    assert.deepEqual(singleValueOf(headers, 'y'), new Refusal(Diagnostic.HeaderMissing));
    assert.deepEqual(singleValueOf(headers, 'upgrade'), new Refusal(Diagnostic.HeaderTwice));
  });

  it('of one list may be spread over several lines', () => {
    assert.deepEqual(texts(elementsOf(headers, 'upgrade', 'token')), ['a', 'b']);
    assert.deepEqual(texts(elementsOf(headers, 'y', 'token')), []);
  });
});
