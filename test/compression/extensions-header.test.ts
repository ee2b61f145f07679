import { strict as assert } from 'node:assert';
import { parseExtensions } from '../../lib/connection/codec/codec.js';

const parsed = (header: string): unknown =>
  parseExtensions(header)?.map(({ name, parameters, isAmbiguous }) => [
    name,
    Object.fromEntries(parameters),
    isAmbiguous,
  ]) ?? null;

describe('the header Sec-WebSocket-Extensions', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['', []],
    ['foo', [['foo', {}, false]]],
    [
      'foo, bar',
      [
        ['foo', {}, false],
        ['bar', {}, false],
      ],
    ],
    [
      ' foo ;\ta = 1 ; b,bar',
      [
        ['foo', { a: '1', b: true }, false],
        ['bar', {}, false],
      ],
    ],
    ['foo; a="1"', [['foo', { a: '1' }, false]]],
    ['foo; a="\\1"', [['foo', { a: '1' }, false]]],
    ['foo; a; a', [['foo', { a: true }, true]]],
    ['foo; a="x,y"', null],
    ['foo; a=', null],
    ['foo; =1', null],
    ['foo;', null],
    ['foo a', null],
    ['foo; a="1', null],
    ['foo; a="', null],
    [',foo', [['foo', {}, false]]],
    ['f[oo', null],
  ];
  for (const [header, expected] of cases) {
    it(`reads ${JSON.stringify(header)}`, () => assert.deepEqual(parsed(header), expected));
  }
});
