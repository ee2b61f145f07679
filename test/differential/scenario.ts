/** Random scenarios of legal and illegal calls: what fast-check makes and shrinks. */
import fc from 'fast-check';

import { ActionQueue, BufferType } from '../../lib/component/contract.js';
import type { HandleProperties } from '../../lib/component/contract.js';

export type Side = 'client' | 'server';

/** A frame as a peer may send it. */
export interface Frame {
  readonly first: number;
  readonly masked: boolean;
  readonly payload: Uint8Array;
  /** How the length is written; a longer form than needed is a violation. */
  readonly form: 7 | 16 | 64;
}

export type Step =
  | {
      readonly do: 'send';
      readonly side: Side;
      readonly type: BufferType;
      readonly payload: Uint8Array | null;
    }
  | { readonly do: 'close'; readonly side: Side; readonly status: number; readonly reason: Uint8Array | null }
  | { readonly do: 'receive'; readonly side: Side; readonly capacity: number }
  | { readonly do: 'action'; readonly side: Side; readonly queue: ActionQueue; readonly maxBuffers: number }
  | {
      readonly do: 'complete';
      readonly side: Side;
      readonly which: number;
      readonly bytes: 'all' | 'some' | 'none';
    }
  | { readonly do: 'pump'; readonly side: Side; readonly queue: ActionQueue; readonly maxBuffers: number }
  | { readonly do: 'inject'; readonly side: Side; readonly frame: Frame }
  | { readonly do: 'stale'; readonly side: Side }
  | { readonly do: 'end'; readonly side: Side }
  | { readonly do: 'abort'; readonly side: Side }
  | { readonly do: 'delete'; readonly side: Side };

export interface Scenario {
  readonly client: HandleProperties;
  readonly server: HandleProperties;
  readonly steps: readonly Step[];
}

const side = fc.constantFrom<Side>('client', 'server');
const queue = fc.constantFrom(ActionQueue.All, ActionQueue.Send, ActionQueue.Receive);
const maxBuffers = fc.constantFrom(2, 1, 3, 16);

const ascii = fc
  .array(fc.integer({ min: 0x20, max: 0x7e }), { maxLength: 12 })
  .map((bytes) => Uint8Array.from(bytes));
const unicode = fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => new TextEncoder().encode(text));
const sized = fc
  .tuple(fc.constantFrom(0, 1, 15, 16, 17, 124, 125, 126, 127, 255, 256, 257, 300, 600, 5000), fc.nat(255))
  .map(([length, fill]) => new Uint8Array(length).fill(fill));
const payload = fc.oneof(ascii, unicode, sized);

const CONTINUED = [BufferType.Utf8Fragment, BufferType.Utf8Message];
const dataType = fc.constantFrom(
  ...CONTINUED,
  BufferType.BinaryMessage,
  BufferType.BinaryFragment,
  BufferType.Utf8Message,
);

const send: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('send'), side, type: dataType, payload }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('send'),
      side,
      type: fc.constantFrom(BufferType.PingPong, BufferType.UnsolicitedPong),
      payload: fc.constant(null),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('send'),
      side,
      type: fc.constantFrom(0, 0x7fffffff, 0x80000007, BufferType.PingPong, BufferType.Utf8Message),
      payload: fc.option(payload),
    }),
  },
);

const reason: fc.Arbitrary<Uint8Array | null> = fc.oneof(
  fc.constant(null),
  ascii,
  fc.constantFrom(0, 123, 124).map((length) => new Uint8Array(length)),
);

const close: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('close'),
  side,
  status: fc.constantFrom(-1, 1000, 1001, 1005, 1006, 1010, 1015, 3000, 4999, 5000, 65535, 999, 0),
  reason,
});

const frame: fc.Arbitrary<Frame> = fc
  .record({
    opcode: fc.constantFrom(0, 1, 2, 8, 9, 10, 1, 2, 0, 9, 3, 11),
    fin: fc.constantFrom(0x80, 0x80, 0),
    reserved: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0x40, 0x10),
    masked: fc.boolean(),
    form: fc.constantFrom<7 | 16 | 64>(7, 7, 7, 7, 7, 16, 64),
    payload,
  })
  .map(({ opcode, fin, reserved, masked, form, payload: bytes }) => ({
    first: fin | reserved | opcode,
    masked,
    form,
    payload: bytes,
  }));

/** Frames of one side, almost all of them legal. */
export const frames: fc.Arbitrary<Frame> = frame;
export const payloads: fc.Arbitrary<Uint8Array> = payload;

const inject: fc.Arbitrary<Step> = side.chain((to) =>
  fc.record({
    do: fc.constant('inject'),
    side: fc.constant(to),
    // Mostly masked as the side expects it: the rest of the rules are to be reached as well.
    frame: fc
      .tuple(frame, fc.nat(9))
      .map(([given, dice]) => (dice === 0 ? given : { ...given, masked: to === 'server' })),
  }),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: send },
  { weight: 1, arbitrary: close },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('receive'),
      side,
      // Not 0, which the stand-in takes for no buffer (Q-R6).
      capacity: fc.constantFrom(-1, -1, -1, 1, 10, 300, 5000),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('action'), side, queue, maxBuffers }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('complete'),
      side,
      which: fc.nat(2),
      bytes: fc.constantFrom('all', 'all', 'all', 'some', 'none'),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('pump'), side, queue, maxBuffers }) },
  { weight: 6, arbitrary: inject },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stale'), side }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end'), side }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('abort', 'delete'), side }) },
);

const properties: fc.Arbitrary<HandleProperties> = fc.record(
  {
    receiveBufferSize: fc.constantFrom(256, 257, 300, 1024, 4096),
    sendBufferSize: fc.constantFrom(16, 17, 100, 256, 4096),
    disableMasking: fc.boolean(),
    disableUtf8Verification: fc.boolean(),
    allocatedBufferSize: fc.constantFrom(4096 + 4096 + 144, 16384),
  },
  { requiredKeys: [] },
);

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  client: properties,
  server: properties,
  steps: fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }),
});
