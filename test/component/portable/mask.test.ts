import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';

import {
  copyMaskedShort,
  SHORT_COPY,
  mask,
  maskText,
  rotateKey,
} from '../../../lib/component/portable/mask.js';
import { NOT_ASCII } from '../../../lib/component/portable/utf8.js';

const KEY = 0x9c3e71a5 | 0;
const LONGEST = 1300;
const noise = randomFillSync(new Uint8Array(LONGEST + 64));

/** Every length for which the last loop goes round a few times, and some lengths around its thresholds. */
const LENGTHS = [...Array(200).keys(), 255, 256, 257, 1022, 1023, 1024, 1025, 1031, LONGEST];

function maskedByteByByte(bytes: Uint8Array, start: number, end: number, key: number): Uint8Array {
  const expected = Uint8Array.from(bytes);
  for (let at = start; at < end; at++) expected[at]! ^= (key >>> (((at - start) & 3) * 8)) & 0xff;
  return expected;
}

describe('masking', () => {
  for (const [name, run] of Object.entries({ mask, maskText })) {
    it(`${name} gives the result of a byte loop at every alignment, and changes no other byte`, () => {
      for (const length of LENGTHS) {
        for (let lead = 0; lead < 8; lead++) {
          for (let start = 0; start < 8; start++) {
            const bytes = new Uint8Array(lead + start + length + 9).fill(0x55).subarray(lead);
            bytes.set(noise.subarray(0, length), start);
            const expected = maskedByteByByte(bytes, start, start + length, KEY);
            run(bytes, start, start + length, KEY);
            assert.deepEqual(bytes, expected, `length ${length}, lead ${lead}, start ${start}`);
          }
        }
      }
    });
  }

  it('does so in memory that is too large to keep its views', () => {
    const bytes = new Uint8Array((1 << 20) + 64);
    bytes.set(noise, 3);
    for (const length of [5, 50, 500, LONGEST]) {
      const expected = maskedByteByByte(bytes, 3, 3 + length, KEY);
      mask(bytes, 3, 3 + length, KEY);
      assert.deepEqual(bytes.subarray(0, 2048), expected.subarray(0, 2048), `length ${length}`);
    }
  });

  it('does so in chunks that lie in one memory, as those of the streams of an HTTP/2 connection do', () => {
    const memory = new ArrayBuffer(8192);
    const others = [new Uint8Array(2048), new Uint8Array(2048)];
    for (const [index, offset] of [0, 5, 2048, 4099, 6144, 5].entries()) {
      for (const length of [7, 40, 120, LONGEST]) {
        const chunk = new Uint8Array(memory, offset, 1500);
        chunk.set(noise.subarray(0, 1500));
        const expected = maskedByteByByte(chunk, 2, 2 + length, KEY);
        mask(chunk, 2, 2 + length, KEY);
        assert.deepEqual(chunk, expected, `offset ${offset}, length ${length}`);
        // With other memory in between, views of this memory are found again, or made again.
        for (const other of others.slice(0, index % 3)) mask(other, 0, length, KEY);
      }
    }
  });

  it('does so in memory that has grown', () => {
    interface Resizable extends ArrayBuffer {
      resize(length: number): void;
    }
    const Memory = ArrayBuffer as unknown as new (length: number, options: object) => Resizable;
    const memory = new Memory(256, { maxByteLength: 4096 });
    mask(new Uint8Array(memory, 0, 256), 0, 256, KEY);
    mask(new Uint8Array(memory, 0, 40), 0, 40, KEY);
    memory.resize(4096);
    for (const length of [40, 1000]) {
      const chunk = new Uint8Array(memory, 2000, 1500).fill(0x55);
      const expected = maskedByteByByte(chunk, 0, length, KEY);
      mask(chunk, 0, length, KEY);
      assert.deepEqual(chunk, expected, `length ${length}`);
    }
  });

  it('does so in pieces, with the key rotated', () => {
    for (let length = 0; length < 150; length++) {
      const whole = noise.slice(0, length);
      mask(whole, 0, length, KEY);
      for (let cut = 0; cut <= length; cut++) {
        const pieces = noise.slice(0, length);
        mask(pieces, 0, cut, KEY);
        mask(pieces, cut, length, rotateKey(KEY, cut));
        assert.deepEqual(pieces, whole, `length ${length}, cut ${cut}`);
      }
    }
  });

  it('copies and masks in one loop', () => {
    for (const key of [KEY, 0]) {
      for (const length of LENGTHS.filter((each) => each < SHORT_COPY)) {
        for (let at = 0; at < 8; at++) {
          const source = noise.slice(1, 1 + length);
          const target = new Uint8Array(at + length + 5).fill(0x33);
          const expected = Uint8Array.from(target);
          expected.set(source, at);
          copyMaskedShort(source, length, new DataView(target.buffer), at, key);
          const what = `length ${length}, at ${at}, key ${key}`;
          assert.deepEqual(target, maskedByteByByte(expected, at, at + length, key), what);
          assert.deepEqual(source, noise.slice(1, 1 + length), what);
        }
      }
    }
  });

  it('never takes another text for ASCII', () => {
    for (const length of LENGTHS.filter((each) => each !== 0)) {
      for (const place of new Set(
        [0, 1, length >>> 1, length - 2, length - 1].filter((each) => each >= 0 && each < length),
      )) {
        for (let start = 0; start < 4; start++) {
          const bytes = new Uint8Array(start + length).fill(0x61);
          bytes[start + place] = 0x80;
          const masked = maskedByteByByte(bytes, start, start + length, KEY);
          const high = maskText(masked, start, start + length, KEY) & NOT_ASCII;
          assert.notEqual(high, 0, `length ${length}, place ${place}`);
        }
      }
    }
  });

  it('recognises short ASCII texts', () => {
    for (let length = 0; length < 1000; length++) {
      const bytes = new Uint8Array(3 + length).fill(0x7f);
      const masked = maskedByteByByte(bytes, 3, 3 + length, KEY);
      assert.equal(maskText(masked, 3, 3 + length, KEY) & NOT_ASCII, 0, `length ${length}`);
    }
  });
});
