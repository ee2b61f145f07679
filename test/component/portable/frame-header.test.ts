import { strict as assert } from 'node:assert';

import {
  customTypeOf,
  firstByteOfCustomType,
  headerLength,
  headerLengthOf,
  isKnownFrame,
  readKey,
  writeHeader,
} from '../../../lib/component/portable/frame-header.js';

const KEY = 0x44332211;

/** Lengths around each change of form, with their headers without a mask (RFC 6455, section 5.2). */
const HEADERS: readonly (readonly [length: number, header: string])[] = [
  [0, '8200'],
  [1, '8201'],
  [125, '827d'],
  [126, '827e007e'],
  [127, '827e007f'],
  [65535, '827effff'],
  [65536, '827f0000000000010000'],
  [2 ** 31, '827f0000000080000000'],
  [2 ** 32 - 1, '827f00000000ffffffff'],
  [2 ** 32, '827f0000000100000000'],
  [Number.MAX_SAFE_INTEGER, '827f001fffffffffffff'],
];

describe('a frame header', () => {
  for (const [length, expected] of HEADERS) {
    it(`has the shortest form: ${length} bytes of payload`, () => {
      const target = Buffer.alloc(20, 0xee);
      const end = writeHeader(target, 3, 0x82, length, undefined);
      assert.equal(target.toString('hex', 3, end), expected);
      assert.equal(end - 3, headerLength(length, false));
      assert.equal(end - 3, headerLengthOf(target[4]!));
      assert.equal(target.toString('hex', end), 'ee'.repeat(20 - end));
    });

    it(`has the mask bit and the key: ${length} bytes of payload`, () => {
      const target = Buffer.alloc(20, 0xee);
      const end = writeHeader(target, 1, 0x82, length, KEY);
      const bare = Buffer.from(expected, 'hex');
      bare[1]! |= 0x80;
      assert.equal(target.toString('hex', 1, end), `${bare.toString('hex')}11223344`);
      assert.equal(end - 1, headerLength(length, true));
      assert.equal(end - 1, headerLengthOf(target[2]!));
      assert.equal(readKey(target, end - 4), KEY);
    });
  }

  it('keeps all bits of a key', () => {
    for (const key of [0, -1, -2147483648, 0x7fffffff, 0x0000ff00]) {
      const target = new Uint8Array(6);
      writeHeader(target, 0, 0x81, 0, key);
      assert.equal(readKey(target, 2), key);
    }
  });

  it('is known if no reserved bit is set and RFC 6455 has the opcode', () => {
    const known = Array.from({ length: 256 }, (_, byte) => byte).filter(isKnownFrame);
    assert.deepEqual(known, [0x00, 0x01, 0x02, 0x08, 0x09, 0x0a, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a]);
  });

  it('of an extension becomes a type of nine bits, and back', () => {
    for (let byte = 0; byte < 256; byte++) {
      const expected = isKnownFrame(byte) ? -1 : byte;
      assert.equal(firstByteOfCustomType(customTypeOf(byte)), expected);
    }
    for (const none of [0x200, 0x7fffffff, 0x80000001]) assert.equal(firstByteOfCustomType(none), -1);
  });
});
