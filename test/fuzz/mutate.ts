/** Makes inputs from inputs: the mutations of a byte-wise fuzzer, and parts of frames and headers. */
import type { Random } from './random.js';

const INTERESTING = [
  0x00, 0x01, 0x02, 0x08, 0x09, 0x0a, 0x0d, 0x20, 0x2c, 0x3a, 0x7d, 0x7e, 0x7f, 0x80, 0x81, 0x82, 0x88, 0x89,
  0x8a, 0xbf, 0xc0, 0xc1, 0xe0, 0xed, 0xf0, 0xf4, 0xfe, 0xff,
];
const LONGEST = 4096;

export function mutate(random: Random, corpus: readonly Buffer[], tokens: readonly Buffer[]): Buffer {
  let bytes: Buffer = Buffer.from(random.of(corpus));
  for (let rounds = 1 + random.below(6); rounds > 0; rounds--) {
    bytes = once(random, bytes, corpus, tokens);
  }
  return bytes.subarray(0, LONGEST);
}

function once(random: Random, bytes: Buffer, corpus: readonly Buffer[], tokens: readonly Buffer[]): Buffer {
  const at = random.below(bytes.length + 1);
  switch (random.below(9)) {
    case 0:
      if (bytes.length > 0) bytes[at % bytes.length]! ^= 1 << random.below(8);
      return bytes;
    case 1:
      if (bytes.length > 0) bytes[at % bytes.length] = random.of(INTERESTING);
      return bytes;
    case 2:
      return Buffer.concat([bytes.subarray(0, at), Buffer.of(random.of(INTERESTING)), bytes.subarray(at)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(8))]);
    case 4: {
      const other = random.of(corpus);
      return Buffer.concat([bytes.subarray(0, at), other.subarray(random.below(other.length + 1))]);
    }
    case 5: {
      const end = at + random.below(Math.min(64, bytes.length - at) + 1);
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at, end), bytes.subarray(end)]);
    }
    case 6: {
      const run = Buffer.alloc(random.of([1, 16, 125, 126, 127, 300]), random.of(INTERESTING));
      return Buffer.concat([bytes.subarray(0, at), run, bytes.subarray(at)]);
    }
    case 7:
      return bytes.subarray(0, at);
    default:
      return Buffer.concat([bytes.subarray(0, at), random.of(tokens), bytes.subarray(at)]);
  }
}
