import { strict as assert } from 'node:assert';

import fc from 'fast-check';

import { ActionQueue, BufferType } from '../../lib/component/contract.js';
import type { HandleProperties, SessionHandle } from '../../lib/component/contract.js';
import { ComponentError } from '../../lib/component/errors.js';
import { openSession } from '../../lib/session/index.js';
import { backends } from '../support/backends.js';
import { bytesOf, openPair } from '../support/open-pair.js';
import { cut, feed } from '../support/transcript.js';
import type { Transcript } from '../support/transcript.js';

/** `FC_RUNS=20000 npm test` makes more runs. */
const RUNS = Number(process.env['FC_RUNS'] ?? 300);

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const lengths = fc.oneof(
  { weight: 4, arbitrary: fc.nat(300) },
  { weight: 1, arbitrary: fc.constantFrom(0, 125, 126, 4095, 4096, 4097, 65535, 65536, 70000) },
);

const binary = fc
  .tuple(lengths, fc.nat(255))
  .map(([length, seed]) => Uint8Array.from({ length }, (_, index) => (index * 31 + seed) & 0xff));

const text = fc
  .tuple(fc.string({ unit: 'grapheme', maxLength: 40 }), lengths, fc.boolean())
  .map(([some, length, isLong]) => Buffer.from(isLong ? some.padEnd(length, 'añ€𝄞') : some));

interface Message {
  readonly kind: 'text' | 'binary' | 'ping' | 'pong';
  readonly payload: Uint8Array;
  /** The places where it is cut into fragments, as parts of its length. */
  readonly cuts: readonly number[];
}

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    kind: fc.constant('text' as const),
    payload: text,
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('binary' as const),
    payload: binary,
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constantFrom('ping' as const, 'pong' as const),
    payload: fc.constant(new Uint8Array(0)),
    cuts: fc.constant([]),
  }),
);

const close = fc.option(
  fc.record({
    status: fc.oneof(
      fc.constant(1005),
      fc.integer({ min: 1000, max: 1004 }),
      fc.integer({ min: 3000, max: 65535 }),
    ),
    reason: fc.uint8Array({ maxLength: 123 }),
  }),
  { nil: undefined },
);

const properties: fc.Arbitrary<HandleProperties> = fc.record(
  {
    receiveBufferSize: fc.integer({ min: 256, max: 9000 }),
    sendBufferSize: fc.integer({ min: 16, max: 9000 }),
    disableUtf8Verification: fc.boolean(),
  },
  { requiredKeys: [] },
);

const cuts = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 8 });
const smallCuts = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 });

/** Sends a message in its fragments. Returns its wire bytes. */
function sendMessage(
  handle: SessionHandle,
  { kind, payload, cuts: shares }: Message,
  maxBuffers: number,
): Buffer {
  if (kind === 'ping' || kind === 'pong') {
    handle.send(kind === 'ping' ? BufferType.PingPong : BufferType.UnsolicitedPong);
    return bytesOf(handle, maxBuffers);
  }
  const [whole, fragment] =
    kind === 'text'
      ? [BufferType.Utf8Message, BufferType.Utf8Fragment]
      : [BufferType.BinaryMessage, BufferType.BinaryFragment];
  const ends = shares.map((share) => Math.floor(share * payload.byteLength)).sort((a, b) => a - b);
  let start = 0;
  for (const end of ends) {
    handle.send(fragment, payload.subarray(start, end));
    start = end;
  }
  handle.send(whole, payload.subarray(start));
  return bytesOf(handle, maxBuffers);
}

function expectedEvent({ kind, payload }: Message): string[] {
  if (kind === 'ping') return [];
  if (kind === 'pong') return ['pong '];
  return [`${kind === 'text' ? 'Utf8Message' : 'BinaryMessage'} ${hexOf(payload)}`];
}

for (const component of backends) {
  describe(`what one side writes (${component.backend})`, () => {
    for (const direction of ['client to server', 'server to client'] as const) {
      it(`is read by the other side, wherever it is cut: ${direction}`, () => {
        fc.assert(
          fc.property(
            properties,
            properties,
            fc.boolean(),
            fc.array(message, { maxLength: 6 }),
            close,
            fc.oneof(cuts, smallCuts),
            fc.record({
              capacities: fc.array(fc.nat(600), { minLength: 1, maxLength: 4 }),
              maxBuffers: fc.integer({ min: 1, max: 20 }),
              queue: fc.constantFrom(ActionQueue.Receive as const, ActionQueue.All as const),
            }),
            (clientProperties, serverProperties, disableMasking, messages, ending, pieces, options) => {
              const { client, server } = openPair(
                component,
                { ...clientProperties, disableMasking },
                { ...serverProperties, disableMasking },
              );
              const [sender, receiver] =
                direction === 'client to server' ? [client, server] : [server, client];
              const bytes = messages.map((each) => sendMessage(sender, each, options.maxBuffers));
              const expected = messages.flatMap(expectedEvent);
              if (ending !== undefined) {
                const isEmpty = ending.status === 1005;
                sender.send(BufferType.Close, isEmpty ? { status: 1005 } : ending);
                bytes.push(bytesOf(sender, options.maxBuffers));
                expected.push(`close ${ending.status} ${isEmpty ? 'null' : hexOf(ending.reason)}`);
              }
              const { events, unfinished, offence, output } = feed(
                receiver,
                cut(Buffer.concat(bytes), pieces),
                options,
              );
              assert.equal(offence, undefined);
              assert.deepEqual(events, expected);
              assert.equal(unfinished.byteLength, 0);

              const pings = messages.filter(({ kind }) => kind === 'ping').length;
              const pongs = feed(sender, [output]);
              assert.deepEqual(pongs.events, Array<string>(pings).fill('pong '));
              client.delete();
              server.delete();
            },
          ),
          { numRuns: RUNS },
        );
      });
    }
  });
}

/** Frames, most of them legal. Some bytes of a header or payload may be anything. */
const frameOf = (role: 'client' | 'server'): fc.Arbitrary<Buffer> =>
  fc
    .record({
      first: fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom(0x81, 0x82, 0x01, 0x02, 0x80, 0x00, 0x89, 0x8a, 0x88) },
        { weight: 1, arbitrary: fc.nat(255) },
      ),
      payload: fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 30 }).map((some) => Buffer.from(some)),
        fc.uint8Array({ maxLength: 130 }),
        fc.constantFrom(Buffer.from('03e8', 'hex'), Buffer.from('0bb8e282ac', 'hex'), Buffer.alloc(200, 'é')),
      ),
      key: fc
        .tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.integer({ min: 0, max: 12 }))
        .map(([key, dice]) => ((dice === 0) === (role === 'server') ? null : key)),
      form: fc.constantFrom(0, 0, 0, 0, 0, 0, 126, 127),
    })
    .map(({ first, payload, key, form }) => {
      const length = payload.byteLength;
      const chosen = form !== 0 ? form : length < 126 ? length : 126;
      const header = [first, (key === null ? 0 : 0x80) | chosen];
      if (chosen === 126) header.push(length >> 8, length & 0xff);
      if (chosen === 127) header.push(0, 0, 0, 0, 0, 0, length >> 8, length & 0xff);
      const masked = payload.map((byte, index) => byte ^ (key?.[index & 3] ?? 0));
      return Buffer.concat([Buffer.from(header), key ?? Buffer.alloc(0), masked]);
    });

const streamTo = (role: 'client' | 'server'): fc.Arbitrary<Buffer> =>
  fc
    .tuple(fc.array(frameOf(role), { maxLength: 8 }), fc.uint8Array({ maxLength: 6 }))
    .map(([frames, rest]) => Buffer.concat([...frames, rest]));

/** The same through the bulk driver. */
function feedInBulk(handle: SessionHandle, chunks: Iterable<Uint8Array>): Transcript {
  const driver = openSession(handle);
  const events: string[] = [];
  let parts: Uint8Array[] = [];
  let offence: string | undefined;
  const isClosed = (): boolean => events.at(-1)?.startsWith('close') ?? false;
  const sink = {
    data(type: BufferType, bytes: Uint8Array, start: number, end: number) {
      parts.push(bytes.subarray(start, end));
      if (type !== BufferType.Utf8Message && type !== BufferType.BinaryMessage) return;
      events.push(`${BufferType[type]} ${hexOf(Buffer.concat(parts))}`);
      parts = [];
    },
    pong(payload: Uint8Array) {
      // After a close the action queues read nothing more.
      if (!isClosed()) events.push(`pong ${hexOf(payload)}`);
    },
    close(status: number, reason: Uint8Array | null) {
      events.push(`close ${status} ${reason === null ? 'null' : hexOf(reason)}`);
    },
  };
  try {
    for (const chunk of chunks) {
      driver.receive(Uint8Array.from(chunk), sink);
      if (isClosed()) break;
    }
  } catch (error) {
    if (!(error instanceof ComponentError)) throw error;
    if (!isClosed()) offence = `${error.code} ${error.diagnostic}`;
  }
  return { events, unfinished: Buffer.concat(parts), offence, output: Buffer.concat(driver.takeOutput()) };
}

for (const component of backends) {
  describe(`the bytes of a peer, legal or illegal (${component.backend})`, () => {
    for (const role of ['server', 'client'] as const) {
      for (const disableMasking of [false, true]) {
        it(`give the same result wherever they are cut, with both drivers: ${role}, masking ${!disableMasking}`, () => {
          fc.assert(
            fc.property(streamTo(role), cuts, smallCuts, (bytes, large, small) => {
              const open = (): SessionHandle => openPair(component, {}, { disableMasking })[role];
              const whole = feed(open(), [bytes]);
              for (const other of [
                feed(open(), cut(bytes, large)),
                feed(open(), cut(bytes, small), { capacities: [7, 0, 1], maxBuffers: 1 }),
                feed(open(), cut(bytes, [1]), { queue: ActionQueue.All }),
                feedInBulk(open(), [bytes]),
                feedInBulk(open(), cut(bytes, small)),
              ]) {
                assert.deepEqual(other.events, whole.events);
                assert.equal(other.offence, whole.offence);
                // A client's masks are random; a server's pongs are not.
                if (role === 'server') assert.deepEqual(other.output, whole.output);
                else assert.equal(other.output.byteLength, whole.output.byteLength);
                if (whole.offence === undefined) assert.deepEqual(other.unfinished, whole.unfinished);
              }
            }),
            { numRuns: RUNS },
          );
        });
      }
    }
  });
}
