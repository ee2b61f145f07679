import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { decode, Utf8Check } from '../../lib/connection/payload/text.js';

const interesting = fc.oneof(
  fc.constantFrom(
    ...[0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef],
  ),
  fc.constantFrom(...[0xf0, 0xf4, 0xf5, 0xff, 0x61]),
);
const almostText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }).map((text) => [...Buffer.from(text)]),
      interesting.map((byte) => [byte]),
    ),
  )
  .map((parts) => Buffer.from(parts.flat()));

describe('the check of text that comes in pieces', () => {
  it('agrees with the check of the whole, wherever it is cut', () => {
    fc.assert(
      fc.property(almostText, fc.array(fc.nat({ max: 8 }), { minLength: 1 }), (bytes, sizes) => {
        const check = new Utf8Check();
        let isText = true;
        for (let at = 0, turn = 0; at < bytes.length && isText; turn++) {
          const end = Math.min(bytes.length, at + sizes[turn % sizes.length]! + (turn % 2));
          isText = check.push(bytes, at, end);
          at = end;
        }
        assert.equal(isText && check.finish(), isUtf8(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it('finds a wrong byte as soon as it arrives', () => {
    for (const [good, bad] of [
      [[0xf4], 0x90],
      [[0xed], 0xa0],
      [[0xe0], 0x9f],
      [[0xf0], 0x8f],
      [[0xce], 0x61],
      [[0xf0, 0x9f, 0x98], 0x61],
      [[0x61], 0xc0],
      [[], 0xf5],
    ] as const) {
      const check = new Utf8Check();
      for (const byte of good) assert.equal(check.push(Uint8Array.of(byte), 0, 1), true);
      assert.equal(check.push(Uint8Array.of(bad), 0, 1), false, `${good.join()} ${bad}`);
    }
  });
});

describe('bytes as a string', () => {
  const MIB = 1 << 20;

  for (const [name, text] of [
    ['is ASCII', 'a'.repeat(MIB + 3)],
    ['begins with a byte order mark', `\ufeff${'a'.repeat(MIB)}`],
    ['has its only other character at the end', `${'a'.repeat(MIB)}é`],
    ['has no ASCII', '漢🙂'.repeat(MIB / 4)],
    ['has every ASCII character', String.fromCharCode(...Array(128).keys()).repeat(MIB / 128)],
  ] as const) {
    it(`are the same text if it is long and ${name}`, () => {
      const bytes = Buffer.from(text);
      assert.ok(bytes.length >= MIB);
      assert.ok(decode(bytes, 0, bytes.length) === text);
      // Only the part counts, not what is beside it.
      const beside = Buffer.concat([Buffer.from('é'), bytes, Buffer.from('é')]);
      assert.ok(decode(beside, 2, beside.length - 2) === text);
    });
  }
});
