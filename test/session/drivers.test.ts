import assert from 'node:assert/strict';
import { bulkDriver } from '../../lib/component/bulk.js';
import type { BulkDrivable } from '../../lib/component/bulk.js';
import { BufferType } from '../../lib/component/contract.js';
import type { Component } from '../../lib/component/contract.js';
import { ComponentError } from '../../lib/component/errors.js';
import { portable } from '../../lib/component/portable/index.js';
import { ActionLoop, openSession } from '../../lib/session/index.js';
import type { BulkDriver, IndicationSink } from '../../lib/session/index.js';
import { backends } from '../support/backends.js';
import { liar, makeLiar } from '../support/liar.js';
import { openPair } from '../support/open-pair.js';
import { closeFrame, frame } from '../support/raw-peer.js';

/** All indications of a session. The parts of a message are joined, since each driver may cut it differently. */
class Journal implements IndicationSink {
  readonly entries: string[] = [];
  asciiParts = 0;
  #type = '';
  #bytes: Buffer[] = [];

  data(
    type: BufferType,
    bytes: Uint8Array,
    start: number,
    end: number,
    ...[, , ascii = false]: [remaining?: number, compressed?: boolean, ascii?: boolean]
  ): void {
    if (ascii) {
      assert.ok(type === BufferType.Utf8Message || type === BufferType.Utf8Fragment);
      assert.ok(bytes.subarray(start, end).every((byte) => byte < 0x80));
      this.asciiParts++;
    }
    this.#type = type === BufferType.Utf8Message || type === BufferType.Utf8Fragment ? 'text' : 'binary';
    this.#bytes.push(Buffer.from(bytes.subarray(start, end)));
    if (type === BufferType.Utf8Message || type === BufferType.BinaryMessage) this.#end('message');
  }

  #end(what: string): void {
    this.entries.push(`${this.#type} ${what} ${Buffer.concat(this.#bytes).toString('hex')}`);
    this.#bytes = [];
  }

  pong(payload: Uint8Array): void {
    this.entries.push(`pong ${Buffer.from(payload).toString('hex')}`);
  }

  close(status: number, reason: Uint8Array | null): void {
    this.entries.push(`close ${status} ${reason === null ? 'null' : Buffer.from(reason).toString('hex')}`);
  }
}

const shared = (length: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(length));
const resizable = (length: number): Uint8Array => {
  // Not yet in the type library.
  const Memory = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer;
  return new Uint8Array(new Memory(length, { maxByteLength: 2 * length }));
};

type Make = (handle: Parameters<typeof openSession>[0]) => BulkDriver;

const DRIVERS: Readonly<Record<string, Make>> = {
  'the bulk driver of the backend': (handle) => openSession(handle),
  'the action loop': (handle) => openSession(handle, { driver: 'action-loop' }),
  'the action loop with one buffer': (handle) => new ActionLoop(handle, { capacity: 1 }),
  'the action loop with three buffers, both queues at once': (handle) =>
    new ActionLoop(handle, { capacity: 3, queues: 'all' }),
};

const long = Buffer.alloc(700, 'ä');
const CONVERSATIONS: Readonly<Record<string, readonly Buffer[]>> = {
  'whole messages': [frame(1, 'Hello'), frame(2, Buffer.from([1, 2, 3])), frame(1, ''), frame(2, '')],
  'a message in fragments with a ping inside': [
    frame(1, 'H\u00e4', { fin: false }),
    frame(9, 'ping'),
    frame(0, '', { fin: false }),
    frame(10, 'pong'),
    frame(0, 'llo'),
  ],
  'a character cut by a fragment': [
    frame(1, Buffer.from([0xf0, 0x9f]), { fin: false }),
    frame(0, Buffer.from([0x98, 0x80])),
  ],
  'extended lengths': [frame(1, long), frame(2, Buffer.alloc(126, 1)), frame(2, Buffer.alloc(66000, 7))],
  'a close without a body': [frame(1, 'a'), closeFrame()],
  'a close with a reason': [frame(9, ''), closeFrame(1001, 'going')],
  'data behind a close': [closeFrame(1000), frame(1, 'late')],
  'a close behind a close': [closeFrame(1000), closeFrame(1001)],
  'a ping behind a close': [closeFrame(), frame(9, 'late')],
  'a violation behind a close': [frame(1, 'ok'), closeFrame(1000), frame(3, 'late'), frame(1, 'later')],
  'more behind a close than one read holds': [closeFrame(1000), frame(2, Buffer.alloc(20_000))],
  'an unmasked frame': [frame(1, 'ok'), frame(1, 'no', { masked: false })],
  'a reserved bit': [frame(1, 'ok'), frame(1, 'no', { rsv: 4 })],
  'a reserved opcode': [frame(1, 'ok'), frame(3, 'no')],
  'a fragmented ping': [frame(9, 'no', { fin: false })],
  'a ping too long': [frame(9, Buffer.alloc(126))],
  'a continuation of nothing': [frame(1, 'ok'), frame(0, 'no')],
  'a message inside a message': [frame(1, 'ok', { fin: false }), frame(2, 'no')],
  'text that is not UTF-8': [frame(1, 'ok'), frame(1, Buffer.from([0x61, 0xc0, 0x61]))],
  'text that ends early': [frame(1, Buffer.from([0xf0, 0x9f]))],
  'a close of one byte': [frame(8, Buffer.from([3]))],
  'a close code that cannot be': [closeFrame(1005)],
};

/** Everything that a server receives from the bytes, which are cut at the given places. */
function listen(
  component: Component,
  make: Make,
  bytes: Buffer,
  cuts: readonly number[],
): { said: string[]; output: string } {
  const { server } = openPair(component);
  const session = make(server);
  const journal = new Journal();
  const output: Uint8Array[] = [];
  let at = 0;
  try {
    for (const cut of [...cuts, bytes.length]) {
      // A copy, since a driver unmasks in place.
      session.receive(Buffer.from(bytes.subarray(at, cut)), journal);
      at = cut;
    }
  } catch (error) {
    assert.ok(error instanceof ComponentError, String(error));
    assert.throws(() => session.receive(Buffer.alloc(1), journal), { code: error.code });
    journal.entries.push(`error ${error.code}`);
  }
  output.push(...session.takeOutput());
  assert.equal(session.outputLength, 0);
  server.delete();
  return { said: journal.entries, output: Buffer.concat(output).toString('hex') };
}

/** Every place near the beginning or the end of a frame, and some others. */
function cutsOf(frames: readonly Buffer[]): number[] {
  const cuts = new Set<number>();
  let start = 0;
  for (const { length } of frames) {
    for (let near = -3; near <= 18; near++) cuts.add(start + near);
    for (let at = 0; at < length; at += length < 200 ? 1 : Math.ceil(length / 7)) cuts.add(start + at);
    start += length;
  }
  return [...cuts].filter((at) => at > 0 && at < start).sort((a, b) => a - b);
}

for (const component of backends) {
  describe('a maker of mask keys that throws', () => {
    const failure = new Error('no key');
    const parts = [
      [BufferType.Utf8Fragment, 'a'],
      [BufferType.Utf8Fragment, 'b'],
      [BufferType.Utf8Message, 'c'],
      [BufferType.BinaryMessage, 'd'],
      [BufferType.Close, null],
    ] as const;

    for (const failing of parts.keys()) {
      it(`leaves frame ${failing} as if it had never been sent`, () => {
        const driver = (openPair(portable).client as unknown as BulkDrivable)[bulkDriver]()!;
        const send = (index: number): void => {
          const [type, text] = parts[index]!;
          if (text === null) driver.send(type, { status: 1000 });
          else if (type === BufferType.Utf8Message) driver.sendText!(text);
          else driver.send(type, Buffer.from(text));
        };
        for (const index of parts.keys()) {
          if (index === failing) {
            driver.nextMaskKey = (): never => {
              throw failure;
            };
            assert.throws(
              () => send(index),
              (error) => error === failure,
            );
          }
          driver.nextMaskKey = (): number => 0;
          send(index);
        }
        assert.equal(
          Buffer.concat(driver.takeOutput()).toString('hex'),
          '01810000000061' + '00810000000062' + '80810000000063' + '82810000000064' + '88820000000003e8',
        );
      });
    }
  });

  describe(`the drivers of a session (${component.backend})`, () => {
    for (const [name, frames] of Object.entries(CONVERSATIONS)) {
      const bytes = Buffer.concat(frames);
      const [reference] = Object.values(DRIVERS);
      const expected = listen(component, reference!, bytes, []);

      for (const [driver, make] of Object.entries(DRIVERS)) {
        it(`report the same of ${name}, wherever it is cut: ${driver}`, () => {
          assert.deepEqual(listen(component, make, bytes, []), expected);
          for (const cut of cutsOf(frames))
            assert.deepEqual(listen(component, make, bytes, [cut]), expected, `cut at ${cut}`);
          if (bytes.length < 2000) {
            const everywhere = Array.from({ length: bytes.length - 1 }, (_, index) => index + 1);
            assert.deepEqual(listen(component, make, bytes, everywhere), expected, 'byte by byte');
          }
        });
      }
    }

    it('report ASCII text if they have noticed it', () => {
      const { server } = openPair(component);
      const session = openSession(server);
      // Only the portable engine checks the bytes.
      if (component.backend !== 'portable') return;
      const journal = new Journal();
      for (const text of ['', 'a', 'a'.repeat(100), 'a'.repeat(500)])
        session.receive(frame(1, text), journal);
      assert.equal(journal.asciiParts, 4);
      session.receive(Buffer.concat([frame(1, 'ä'), frame(1, 'ä'.repeat(200)), frame(2, 'a')]), journal);
      const cut = Buffer.from('aä');
      session.receive(frame(1, cut.subarray(0, 2), { fin: false }), journal);
      session.receive(frame(0, cut.subarray(2)), journal);
      assert.equal(journal.asciiParts, 4);
    });

    it('do not share the compression of another driver', () => {
      const [one, other] = [1, 2].map(() => openSession(openPair(component).server));
      if (one!.allowCompression === undefined) return;
      one!.allowCompression();
      const compressed = (): Buffer => frame(2, 'a', { rsv: 4 });
      const journal = new Journal();
      one!.receive(compressed(), journal);
      assert.deepEqual(journal.entries, ['binary message 61']);
      assert.throws(() => other!.receive(compressed(), journal), ComponentError);
      one!.receive(compressed(), journal);
      assert.equal(journal.entries.length, 2);
    });

    it('receive the expected messages of the conversations above', () => {
      const said = (name: string): string[] =>
        listen(component, DRIVERS['the action loop']!, Buffer.concat(CONVERSATIONS[name]!), []).said;
      assert.deepEqual(said('a message in fragments with a ping inside'), [
        `pong ${Buffer.from('pong').toString('hex')}`,
        `text message ${Buffer.from('H\u00e4llo').toString('hex')}`,
      ]);
      assert.deepEqual(said('a close with a reason'), [`close 1001 ${Buffer.from('going').toString('hex')}`]);
      assert.deepEqual(said('a close without a body'), ['text message 61', 'close 1005 null']);
      for (const [name, frames] of Object.entries(CONVERSATIONS)) {
        if (name.includes('behind a close'))
          assert.match(said(name).at(-1)!, /^close/, `${frames.length} frames`);
      }
      assert.deepEqual(said('a reserved bit'), ['text message 6f6b', 'error E_INVALID_PROTOCOL_FORMAT']);
    });

    const sends: readonly (readonly [BufferType, Uint8Array | undefined])[] = [
      [BufferType.Utf8Message, Buffer.from('Hello')],
      [BufferType.Utf8Fragment, Buffer.from('a')],
      [BufferType.PingPong, undefined],
      [BufferType.Utf8Message, Buffer.alloc(0)],
      [BufferType.BinaryMessage, Buffer.alloc(126, 2)],
      [BufferType.BinaryMessage, Buffer.alloc(70_000, 3)],
      [BufferType.UnsolicitedPong, undefined],
      [BufferType.BinaryMessage, Buffer.alloc(5, 4)],
      [BufferType.Close, undefined],
    ];
    for (const [driver, make] of Object.entries(DRIVERS)) {
      it(`frame the same bytes for a server, in few chunks: ${driver}`, () => {
        const { server } = openPair(component);
        const session = make(server);
        for (const [type, payload] of sends) session.send(type, payload);
        const length = session.outputLength;
        const chunks = session.takeOutput();
        const bytes = Buffer.concat(chunks);
        assert.equal(bytes.length, length);
        assert.ok(chunks.length <= 3, `${chunks.length} chunks`);
        const unmasked = { masked: false };
        const expected = [
          frame(1, 'Hello', unmasked),
          frame(1, 'a', { fin: false, masked: false }),
          frame(9, '', unmasked),
          frame(0, '', unmasked),
          frame(2, Buffer.alloc(126, 2), unmasked),
          frame(2, Buffer.alloc(70_000, 3), unmasked),
          frame(10, '', unmasked),
          frame(2, Buffer.alloc(5, 4), unmasked),
          closeFrame(undefined, '', unmasked),
        ];
        assert.ok(bytes.equals(Buffer.concat(expected)));
      });

      it(`send frames that the other side understands: ${driver}`, () => {
        const { client, server } = openPair(component);
        const session = make(client);
        const journal = new Journal();
        for (const [type, payload] of sends) session.send(type, payload);
        const ear = openSession(server);
        for (const chunk of session.takeOutput()) ear.receive(chunk, journal);
        assert.deepEqual(
          journal.entries.map((entry) => entry.slice(0, 40)),
          [
            'text message 48656c6c6f',
            'text message 61',
            `binary message ${'02'.repeat(126)}`.slice(0, 40),
            `binary message ${'03'.repeat(70_000)}`.slice(0, 40),
            'pong ',
            'binary message 0404040404',
            'close 1005 null',
          ],
        );
      });

      it(`copy a small payload, so that it may change at once: ${driver}`, () => {
        const { server } = openPair(component);
        const session = make(server);
        const payload = Buffer.from('before');
        session.send(BufferType.Utf8Message, payload);
        payload.write('after!');
        assert.equal(Buffer.concat(session.takeOutput()).toString('latin1', 2), 'before');
      });

      it(`keep the output of others when a chunk of one is transferred: ${driver}`, () => {
        const sessions = [make(openPair(component).server), make(openPair(component).server)];
        for (const session of sessions) session.send(BufferType.Utf8Message, Buffer.from('a'));
        const [taken] = sessions[0]!.takeOutput();
        try {
          structuredClone(taken, { transfer: [taken!.buffer as ArrayBuffer] });
        } catch (error) {
          assert.equal((error as Error).name, 'DataCloneError');
        }
        assert.equal(Buffer.concat(sessions[1]!.takeOutput()).toString('latin1'), '\x81\x01a');
      });

      it(`give pongs and reasons in memory of their own: ${driver}`, () => {
        const { server } = openPair(component);
        const bytes = Buffer.concat([frame(10, 'pong'), closeFrame(1000, 'bye')]);
        const given: Uint8Array[] = [];
        make(server).receive(bytes, {
          data: () => assert.fail(),
          pong: (payload) => void given.push(payload),
          close: (_, reason) => void given.push(reason!),
        });
        bytes.fill(0);
        assert.deepEqual(
          given.map((each) => Buffer.from(each).toString()),
          ['pong', 'bye'],
        );
      });

      it(`notice a chunk that the sink detaches: ${driver}`, () => {
        const { server } = openPair(component, {}, { receiveBufferSize: 256 });
        const chunk = Uint8Array.from(
          Buffer.concat([frame(10, ''), frame(2, Buffer.alloc(1000)), frame(1, 'a')]),
        );
        const sink = new Journal();
        sink.pong = (): void => void structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
        const session = make(server);
        assert.throws(() => session.receive(chunk, sink), TypeError);
        assert.throws(() => session.receive(frame(1, 'next'), sink), TypeError);
        assert.deepEqual(sink.entries, []);
      });

      for (const kind of ['data', 'pong'] as const) {
        it(`stop when the sink throws at ${kind}: ${driver}`, () => {
          const { server } = openPair(component);
          const session = make(server);
          const journal = new Journal();
          const failure = new Error('the sink has had enough');
          journal[kind] = (): never => {
            throw failure;
          };
          const isSame = (error: unknown): boolean => error === failure;
          const chunk = Buffer.concat([
            frame(kind === 'data' ? 2 : 10, 'x'),
            frame(1, 'lost'),
            frame(9, 'lost'),
          ]);
          assert.throws(() => session.receive(chunk, journal), isSame);
          assert.throws(() => session.receive(frame(1, 'next'), new Journal()), isSame);
          assert.deepEqual(journal.entries, []);
          session.send(BufferType.Close, { status: 1011 });
          assert.equal(Buffer.concat(session.takeOutput()).subarray(-4).toString('hex'), '880203f3');
        });
      }

      it(`is done when the sink throws at a close: ${driver}`, () => {
        const { server } = openPair(component);
        const session = make(server);
        const sink = new Journal();
        sink.close = (): never => {
          throw new Error('no');
        };
        assert.throws(() => session.receive(Buffer.concat([closeFrame(1000), frame(1, 'x')]), sink), /no/);
        session.receive(frame(1, 'late'), sink);
        assert.deepEqual(sink.entries, []);
      });

      it(`send the real bytes, whatever their properties say: ${driver}`, () => {
        const { server } = openPair(component);
        const session = make(server);
        session.send(BufferType.BinaryMessage, liar(1, 2, 3));
        session.send(BufferType.Close, { status: 1000, reason: liar(0x61) });
        assert.equal(Buffer.concat(session.takeOutput()).toString('hex'), '8203010203880303e861');
      });

      it(`send shared or resizable memory with its content of that moment: ${driver}`, () => {
        const { server } = openPair(component);
        const session = make(server);
        for (const length of [3, 200, 20_000]) {
          const expected = frame(2, Buffer.alloc(length, 7), { masked: false });
          for (const payload of [shared(length), resizable(length)]) {
            payload.fill(7);
            session.send(BufferType.BinaryMessage, payload);
            payload.fill(8);
            assert.ok(Buffer.concat(session.takeOutput()).equals(expected));
          }
          session.send(BufferType.BinaryMessage, makeLiar(new Uint8Array(length).fill(7)));
          assert.ok(Buffer.concat(session.takeOutput()).equals(expected));
        }
      });

      it(`keep nested conversations apart: ${driver}`, () => {
        const bytes = Buffer.concat([frame(1, 'a', { fin: false }), frame(9), frame(0, 'b'), frame(2, 'c')]);
        const talks = [1, 2, 3].map(() => ({
          session: make(openPair(component).server),
          journal: new Journal(),
          at: 0,
        }));
        const feed = (which: number, count: number): void => {
          const talk = talks[which];
          if (talk === undefined) return;
          const chunk = Uint8Array.from(bytes.subarray(talk.at, (talk.at += count)));
          const sink = Object.create(talk.journal) as Journal;
          sink.data = (type, part, start, end): void => {
            Journal.prototype.data.call(talk.journal, type, part, start, end);
            feed(which + 1, 5);
          };
          talk.session.receive(chunk, sink);
        };
        for (const which of talks.keys()) while (talks[which]!.at < bytes.length) feed(which, 4);
        for (const { journal } of talks)
          assert.deepEqual(journal.entries, ['text message 6162', 'binary message 63']);
      });

      it(`lose no other data when a payload is detached before it is taken: ${driver}`, () => {
        const [one, other] = [1, 2].map(() => make(openPair(component).server));
        const payload = new Uint8Array(10_000);
        one!.send(BufferType.BinaryMessage, payload);
        structuredClone(payload, { transfer: [payload.buffer] });
        try {
          one!.takeOutput();
        } catch (error) {
          assert.ok(error instanceof TypeError);
        }
        other!.send(BufferType.Utf8Message, Buffer.from('a'));
        assert.equal(Buffer.concat(other!.takeOutput()).toString('latin1'), '\x81\x01a');
      });

      it(`write nothing of a payload that is detached behind other output: ${driver}`, () => {
        const session = make(openPair(component).server);
        const payload = new Uint8Array(10_000);
        session.send(BufferType.BinaryMessage, payload);
        session.send(BufferType.BinaryMessage, new Uint8Array(10_000));
        session.send(BufferType.Utf8Message, Buffer.from('a'));
        structuredClone(payload, { transfer: [payload.buffer] });
        for (const expected of [2 * 10_004 + 3, 0]) {
          let length: number;
          try {
            length = session.takeOutput().reduce((sum, chunk) => sum + chunk.length, 0);
          } catch (error) {
            assert.ok(error instanceof TypeError);
            continue;
          }
          // A session that has copied the payload may write it.
          assert.equal(length, expected);
        }
      });

      it(`refuse to send data after a close: ${driver}`, () => {
        const { server } = openPair(component);
        const session = make(server);
        session.send(BufferType.Close);
        assert.throws(() => session.send(BufferType.Utf8Message, Buffer.from('x')), {
          code: 'E_INVALID_PROTOCOL_OPERATION',
        });
      });

      for (const [ending, code] of [
        ['abort', 'E_INVALID_PROTOCOL_OPERATION'],
        ['delete', 'E_HANDLE'],
      ] as const) {
        it(`say nothing and fail after ${ending}: ${driver}`, () => {
          const { server } = openPair(component);
          const session = make(server);
          const journal = new Journal();
          session.receive(
            Buffer.concat([frame(1, 'a', { fin: false }), frame(0, 'b').subarray(0, 3)]),
            journal,
          );
          server[ending]();
          for (let time = 0; time < 2; time++) {
            assert.throws(() => session.receive(Buffer.alloc(1), journal), { code });
            assert.throws(() => session.send(BufferType.Utf8Message, Buffer.from('x')), { code });
          }
          assert.deepEqual(journal.entries, []);
          assert.deepEqual(session.takeOutput(), []);
        });

        it(`say nothing and fail when the sink calls ${ending}: ${driver}`, () => {
          const { server } = openPair(component);
          const session = make(server);
          const journal = new Journal();
          const pong = journal.pong.bind(journal);
          journal.pong = (payload): void => {
            pong(payload);
            server[ending]();
          };
          const bytes = Buffer.concat([frame(10, 'a'), frame(10, 'b'), closeFrame(1000)]);
          assert.throws(() => session.receive(bytes, journal), { code });
          assert.throws(() => session.receive(Buffer.alloc(1), journal), { code });
          assert.deepEqual(journal.entries, ['pong 61']);
        });

        it(`drop bytes after a close even after ${ending}: ${driver}`, () => {
          const { server } = openPair(component);
          const session = make(server);
          const journal = new Journal();
          session.receive(closeFrame(1000), journal);
          server[ending]();
          session.receive(frame(1, 'late'), journal);
          assert.deepEqual(journal.entries, ['close 1000 ']);
        });
      }

      it(`go on sending after the peer broke the protocol: ${driver}`, () => {
        const { server } = openPair(component);
        const session = make(server);
        assert.throws(() => session.receive(frame(3, 'x'), new Journal()), {
          code: 'E_INVALID_PROTOCOL_FORMAT',
        });
        session.send(BufferType.Close, { status: 1002 });
        assert.equal(Buffer.concat(session.takeOutput()).toString('hex'), '880203ea');
      });
    }
  });
}
