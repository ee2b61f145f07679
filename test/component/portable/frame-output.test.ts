import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';

import { FrameOutput } from '../../../lib/component/portable/frame-output.js';

const SIZES = [
  0, 1, 63, 64, 125, 126, 4095, 4096, 8191, 8192, 65_521, 65_522, 65_523, 65_535, 65_536, 131_058, 200_003,
];
const KEY = 0x7b1f_93d5;

function unmasked(frame: Uint8Array, header: number, key: number): Uint8Array {
  return Uint8Array.from(frame.subarray(header), (byte, at) => byte ^ ((key >>> ((at & 3) * 8)) & 0xff));
}

function headerOf(size: number, masked: boolean): number[] {
  const maskBit = masked ? 0x80 : 0;
  const length =
    size < 126
      ? [maskBit | size]
      : size < 65_536
        ? [maskBit | 126, size >>> 8, size & 0xff]
        : [maskBit | 127, 0, 0, 0, 0, size >>> 24, (size >>> 16) & 0xff, (size >>> 8) & 0xff, size & 0xff];
  const key = masked ? [KEY & 0xff, (KEY >>> 8) & 0xff, (KEY >>> 16) & 0xff, KEY >>> 24] : [];
  return [0x82, ...length, ...key];
}

describe('the output of frames', () => {
  for (const size of SIZES) {
    it(`masks ${size} bytes and leaves the payload unchanged`, () => {
      const payload = randomFillSync(new Uint8Array(size));
      const before = payload.slice();
      const output = new FrameOutput();
      output.add(0x82, payload, size, KEY);
      const { length } = output;
      const frame = Buffer.concat(output.take());
      const header = headerOf(size, true);
      assert.equal(length, frame.length);
      assert.deepEqual([...frame.subarray(0, header.length)], header);
      assert.deepEqual(unmasked(frame, header.length, KEY), new Uint8Array(before));
      assert.deepEqual(payload, before);
    });
  }

  it('hands out a payload of 4096 bytes and more without mask in place, and copies a shorter one', () => {
    for (const key of [undefined, 0]) {
      for (const size of [4095, 4096, 100_000]) {
        const payload = randomFillSync(new Uint8Array(size));
        const output = new FrameOutput();
        output.add(0x82, payload, payload.length, key);
        assert.equal(output.take().includes(payload), size >= 4096);
      }
    }
  });

  it('keeps the order of small and large frames', () => {
    const output = new FrameOutput();
    const sizes = [3, 70_000, 0, 20_000, 5];
    for (const size of sizes) output.add(0x82, new Uint8Array(size).fill(size), size, undefined);
    const expected = sizes.flatMap((size) => [...headerOf(size, false), ...new Uint8Array(size).fill(size)]);
    assert.deepEqual([...Buffer.concat(output.take())], expected);
  });

  it('never writes into chunks that were taken, even if outputs take turns', () => {
    const first = new FrameOutput();
    const second = new FrameOutput();
    const taken: { bytes: Uint8Array[]; copy: Buffer }[] = [];
    for (let turn = 0; turn < 300; turn++) {
      first.add(0x82, new Uint8Array(turn).fill(turn), turn, KEY);
      second.addText(0x81, 'é'.repeat(turn), undefined);
      if (turn % 3 !== 0) continue;
      for (const output of [first, second]) {
        const bytes = output.take();
        taken.push({ bytes, copy: Buffer.concat(bytes) });
      }
    }
    for (const { bytes, copy } of taken) assert.deepEqual(Buffer.concat(bytes), copy);
  });
});
