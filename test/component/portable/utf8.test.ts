import assert from 'node:assert/strict';

import { highBits, NOT_ASCII, Utf8Verifier } from '../../../lib/component/portable/utf8.js';

/** Valid and invalid sequences at the edges of each range of RFC 3629, section 4. */
// prettier-ignore
const CHARACTERS = [
  '00',
  '7f',
  '80',
  'bf',
  'c0 80',
  'c1 bf',
  'c2 80',
  'df bf',
  'c2',
  'c2 41',
  'c2 c2 80',
  'e0 80 80',
  'e0 9f bf',
  'e0 a0 80',
  'e0 a0',
  'e1 80 80',
  'ec bf bf',
  'ed 80 80',
  'ed 9f bf',
  'ed a0 80',
  'ed bf bf',
  'ee 80 80',
  'ef bf bf',
  'ef bb bf',
  'ef',
  'f0 80 80 80',
  'f0 8f bf bf',
  'f0 90 80 80',
  'f0 90 80',
  'f1 80 80 80',
  'f3 bf bf bf',
  'f4 80 80 80',
  'f4 8f bf bf',
  'f4 90 80 80',
  'f5 80 80 80',
  'f8 88 80 80 80',
  'fe',
  'ff',
  'f0 9f 92 a9',
  'e2 82 ac',
  'e2 82 41',
].map((each) => Uint8Array.from(each.split(' '), (byte) => parseInt(byte, 16)));

function isValid(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function accepts(pieces: readonly Uint8Array[]): boolean {
  const verifier = new Utf8Verifier();
  return pieces.every((piece) => verifier.accept(piece, 0, piece.length)) && verifier.complete;
}

/** Texts with the character at some place: short ones for the byte steps, and long ones for Node's check. */
function* texts(): Generator<Uint8Array> {
  for (const character of CHARACTERS) {
    for (const [before, after] of [
      [0, 0],
      [3, 2],
      [30, 0],
      [0, 30],
      [29, 40],
      [300, 5],
    ] as const) {
      yield Buffer.concat([Buffer.alloc(before, 'é'), character, Buffer.alloc(after, 'x')]);
    }
  }
}

describe('UTF-8 verification', () => {
  it('agrees with TextDecoder, however the text is cut in two', () => {
    for (const text of texts()) {
      const expected = isValid(text);
      const step = text.length > 100 ? 7 : 1;
      for (let cut = 0; cut <= text.length; cut += step) {
        const actual = accepts([text.subarray(0, cut), text.subarray(cut)]);
        assert.equal(actual, expected, `${Buffer.from(text).toString('hex')} cut at ${cut}`);
      }
    }
  });

  it('agrees with TextDecoder, byte by byte', () => {
    for (const text of texts()) {
      const bytes = Array.from(text, (byte) => Uint8Array.of(byte));
      assert.equal(accepts(bytes), isValid(text), Buffer.from(text).toString('hex'));
    }
  });

  it('finds an invalid byte in the piece in which it arrives', () => {
    const verifier = new Utf8Verifier();
    assert.equal(verifier.accept(Uint8Array.of(0xed), 0, 1), true);
    assert.equal(verifier.accept(Uint8Array.of(0xa0), 0, 1), false);
  });

  it('reads no byte outside of the part', () => {
    const bytes = Buffer.concat([Buffer.of(0xff), Buffer.alloc(40, 'a'), Buffer.of(0xff)]);
    assert.equal(new Utf8Verifier().accept(bytes, 1, 41), true);
    assert.equal(highBits(bytes, 1, 41) & NOT_ASCII, 0);
  });

  it('finds every byte that is not ASCII', () => {
    for (let length = 1; length < 300; length++) {
      for (let lead = 0; lead < 4; lead++) {
        const bytes = new Uint8Array(lead + length).fill(0x61).subarray(lead);
        if (length < 256) assert.equal(highBits(bytes, 0, length) & NOT_ASCII, 0, `length ${length}`);
        for (const place of [0, length >>> 1, length - 1]) {
          const other = new Uint8Array(lead + length).fill(0x61).subarray(lead);
          other[place] = 0xc3;
          assert.notEqual(highBits(other, 0, length) & NOT_ASCII, 0, `length ${length}, place ${place}`);
        }
      }
    }
  });
});
