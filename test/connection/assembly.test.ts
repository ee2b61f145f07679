import { strict as assert } from 'node:assert';
import { BufferType } from '../../lib/component/contract.js';
import { Assembly } from '../../lib/connection/payload/assembly.js';

/** Bytes that repeat only after 251, so that every mistake of order shows. */
function bytesFrom(start: number, length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => (start + index) % 251));
}

function assembled(lengths: readonly number[], cut: number): { whole: Buffer; expected: Buffer } {
  const assembly = new Assembly(BufferType.BinaryFragment, false);
  let total = 0;
  for (const length of lengths) {
    for (let from = 0; from === 0 || from < length; from += cut) {
      const size = Math.min(cut, length - from);
      const chunk = Buffer.concat([
        Buffer.from('before'),
        bytesFrom(total + from, size),
        Buffer.from('behind'),
      ]);
      const remaining = length - from - size;
      if (remaining === 0) assembly.fragments++;
      assembly.add(chunk, 6, 6 + size, remaining);
    }
    total += length;
    assert.equal(assembly.length, total);
  }
  return { whole: assembly.take()!, expected: bytesFrom(0, total) };
}

describe('the assembly of a message', () => {
  for (const cut of [7, 1023, 1024, 5000, 65_536]) {
    it(`keeps the order of frames of all lengths, cut at ${cut} bytes`, () => {
      for (const lengths of [
        [],
        [0],
        [1],
        [0, 0, 5, 0],
        [5000],
        [200_000],
        [5000, 5000, 5000],
        [1, 5000, 1, 5000, 1],
        [100_000, 1, 2000, 0, 100_000, 3],
        Array.from({ length: 300 }, (_, index) => index * 7),
      ]) {
        const { whole, expected } = assembled(lengths, cut);
        assert.ok(whole.equals(expected), `frames of ${lengths.slice(0, 8).join(', ')} bytes`);
      }
    });
  }

  it('of a single frame is one piece of memory of its own', () => {
    const { whole } = assembled([1 << 20], 65_536);
    assert.equal(whole.buffer.byteLength, 1 << 20);
  });

  it('leaves long frames in their chunks, unless the chunks are much longer than the message', () => {
    for (const [chunkLength, most] of [
      [8192, 100],
      // At most 128 KiB, and twice the length of the message.
      [65_536, 14],
    ] as const) {
      const assembly = new Assembly(BufferType.BinaryFragment, false);
      const chunks = Array.from({ length: 100 }, () => Buffer.alloc(chunkLength, 'a'));
      for (const chunk of chunks) {
        assembly.fragments++;
        assembly.add(chunk, 0, 4096, 0);
      }
      for (const chunk of chunks) chunk.fill('b');
      const inPlace = assembly.take()!.filter((byte) => byte === 0x62).byteLength / 4096;
      assert.ok(
        inPlace > 0 && inPlace <= most,
        `${inPlace} frames of 4 KiB in chunks of ${chunkLength} bytes`,
      );
    }
  });

  it('tells if a chunk was detached on a host that cannot prevent it', () => {
    const assembly = new Assembly(BufferType.BinaryFragment, false);
    const parts = [new Uint8Array(2000), new Uint8Array(2000)] as const;
    for (const part of parts) {
      assembly.fragments++;
      assembly.add(part, 0, 2000, 0);
    }
    // ArrayBuffer.prototype.transfer moves even memory that is marked as untransferable.
    const { buffer } = parts[0];
    const { transfer } = buffer as { transfer?: () => ArrayBuffer };
    if (transfer === undefined) assert.equal(assembly.take()!.byteLength, 4000);
    else {
      transfer.call(buffer);
      assert.equal(assembly.take(), null);
    }
  });
});
