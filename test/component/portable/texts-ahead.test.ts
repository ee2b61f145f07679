import assert from 'node:assert/strict';

import { BufferType } from '../../../lib/component/contract.js';
import { ComponentError } from '../../../lib/component/errors.js';
import { portable } from '../../../lib/component/portable/index.js';
import { openSession } from '../../../lib/session/index.js';
import type { BulkDriver, IndicationSink } from '../../../lib/session/index.js';
import { fc } from '../../../lib/vendor/fast-check.js';
import { openPair } from '../../support/open-pair.js';
import { frame } from '../../support/raw-peer.js';

const PLAIN = { masked: false };

/** What a client indicates, with the parts of a message joined, up to the first error. */
class Journal implements IndicationSink {
  readonly entries: string[] = [];
  #parts: Buffer[] = [];

  data(type: BufferType, bytes: Uint8Array, start: number, end: number): void {
    this.#parts.push(Buffer.from(bytes.subarray(start, end)));
    if (type !== BufferType.Utf8Message && type !== BufferType.BinaryMessage) return;
    this.entries.push(`${type} ${Buffer.concat(this.#parts).toString('hex')}`);
    this.#parts = [];
  }

  pong(payload: Uint8Array): void {
    this.entries.push(`pong ${payload.length}`);
  }

  close(): void {
    this.entries.push('close');
  }
}

const newClient = (): BulkDriver => openSession(openPair(portable).client);

/** The indications of a client that gets these chunks; the last entry is the error, if there was one. */
function readBy(session: BulkDriver, chunks: readonly Uint8Array[]): string[] {
  const journal = new Journal();
  try {
    for (const chunk of chunks) session.receive(chunk, journal);
  } catch (error) {
    assert.ok(error instanceof ComponentError);
    journal.entries.push(`${error.code} ${error.diagnostic?.toString()}`);
  }
  return journal.entries;
}

/** The same indications whether the frames come in one chunk, each alone, or byte by byte. */
function assertSame(frames: readonly Buffer[]): string[] {
  const stream = Buffer.concat(frames);
  const chunk = Buffer.from(stream);
  const entries = readBy(newClient(), [chunk]);
  assert.deepEqual(chunk, stream, 'the chunk is as before');
  assert.deepEqual(
    entries,
    readBy(
      newClient(),
      frames.map((each) => Buffer.from(each)),
    ),
  );
  assert.deepEqual(
    entries,
    readBy(
      newClient(),
      Array.from(stream, (byte) => Uint8Array.of(byte)),
    ),
  );
  return entries;
}

const text = (content: Uint8Array | string): Buffer => frame(1, content, PLAIN);
const ofLength = (length: number, end: Uint8Array | string = ''): Buffer =>
  Buffer.concat([Buffer.alloc(length - end.length, 'a'), Buffer.from(end as Uint8Array)]);

describe('texts that are verified ahead', () => {
  for (const length of [125, 126, 255, 256, 257, 1024, 65_535]) {
    it(`are indicated one by one: ${length} bytes each`, () => {
      const entries = assertSame([1, 2, 3].map(() => text(ofLength(length, 'é'))));
      assert.equal(entries.length, 3);
    });
  }

  it('may be cut by the end of the chunk, anywhere', () => {
    const stream = Buffer.concat([1, 2, 3].map(() => text(ofLength(256, 'é'))));
    const expected = readBy(newClient(), [Buffer.from(stream)]);
    for (let at = 0; at <= stream.length; at++) {
      const chunks = [stream.subarray(0, at), stream.subarray(at)].map((part) => Buffer.from(part));
      assert.deepEqual(readBy(newClient(), chunks), expected);
    }
  });

  it('may be more than are verified at once', () => {
    assert.equal(assertSame(Array.from({ length: 600 }, () => text(ofLength(256)))).length, 600);
  });

  it('are not completed by the text behind them', () => {
    const [lead, trail] = [Buffer.from([0xe2, 0x82]), Buffer.from([0xac])];
    const entries = assertSame([
      text(ofLength(300)),
      text(ofLength(300, lead)),
      text(Buffer.concat([trail, ofLength(300)])),
    ]);
    assert.equal(entries.length, 2);
    assert.match(entries[1]!, /^E_INVALID_PROTOCOL_FORMAT/);
  });

  it('are not completed by the fragments of a text', () => {
    const entries = assertSame([
      frame(1, ofLength(300, Buffer.from([0xe2, 0x82])), { ...PLAIN, fin: false }),
      frame(0, Buffer.concat([Buffer.from([0xac]), ofLength(300)]), PLAIN),
      text(ofLength(300)),
      frame(1, ofLength(300, Buffer.from([0xe2, 0x82])), { ...PLAIN, fin: false }),
      frame(0, ofLength(300), PLAIN),
      text(ofLength(300)),
    ]);
    assert.equal(entries.length, 3);
  });

  it('are verified anew when the same memory comes with other bytes', () => {
    const session = newClient();
    const chunk = Buffer.concat([1, 2, 3].map(() => text(ofLength(300))));
    assert.equal(readBy(session, [chunk]).length, 3);
    chunk[chunk.length - 1] = 0xff;
    const entries = readBy(session, [chunk]);
    assert.equal(entries.length, 3);
    assert.match(entries[2]!, /^E_INVALID_PROTOCOL_FORMAT/);
  });

  it('are verified when the sink gives the same session another chunk', () => {
    const session = newClient();
    const inner = Buffer.concat([1, 2].map(() => text(ofLength(300))));
    const outer = Buffer.concat([
      text(ofLength(300)),
      frame(10, '', PLAIN),
      text(ofLength(300, Buffer.of(0xff))),
    ]);
    const journal = new Journal();
    const sink: IndicationSink = {
      data: (type, bytes, start, end) => journal.data(type, bytes, start, end),
      pong: () => session.receive(inner, journal),
      close: () => undefined,
    };
    assert.throws(() => session.receive(outer, sink), { code: 'E_INVALID_PROTOCOL_FORMAT' });
    assert.equal(journal.entries.length, 3);
  });

  it('are the same in any company', () => {
    const piece = fc.constantFrom(
      'a',
      'é',
      '€',
      '😀',
      '\0',
      Buffer.of(0xc3),
      Buffer.of(0xa9),
      Buffer.of(0x81, 0x7e),
    );
    const content = fc
      .tuple(
        fc.constantFrom(0, 100, 250, 256, 400),
        fc.array(piece, { maxLength: 4 }),
        fc.array(piece, { maxLength: 4 }),
      )
      .map(([fill, before, after]) =>
        Buffer.concat([
          ...before.map((each) => Buffer.from(each)),
          Buffer.alloc(fill, 'b'),
          ...after.map((each) => Buffer.from(each)),
        ]),
      );
    const kind = fc.constantFrom(1, 1, 1, 1, 2, 10);
    const frames = fc.array(fc.tuple(kind, content), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(frames, (list) => {
        assertSame(
          list.map(([opcode, bytes]) => frame(opcode, opcode < 8 ? bytes : bytes.subarray(0, 9), PLAIN)),
        );
      }),
      { numRuns: 500 },
    );
  });
});
