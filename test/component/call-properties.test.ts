import { strict as assert } from 'node:assert';

import fc from 'fast-check';

import { Action, ActionQueue, BufferType } from '../../lib/component/contract.js';
import type {
  ActionContext,
  ActionResult,
  ClientHandle,
  CloseBuffer,
  ServerHandle,
} from '../../lib/component/contract.js';
import { ComponentError } from '../../lib/component/errors.js';
import { backends } from '../support/backends.js';
import { openPair } from '../support/open-pair.js';

const RUNS = Number(process.env['FC_RUNS'] ?? 500);
const RECEIVE_BUFFER_SIZE = 256;
const SIZES = { receiveBufferSize: RECEIVE_BUFFER_SIZE, sendBufferSize: 16 };

/** The errors of `getAction` after the peer broke the protocol (D-5). */
const OFFENCES: readonly string[] = ['E_INVALID_PROTOCOL_FORMAT', 'E_INVALID_PROTOCOL_OPERATION'];

type AnyHandle = ClientHandle & ServerHandle;

interface Queued {
  readonly queue: ActionQueue.Send | ActionQueue.Receive;
  readonly capacity: number;
  indications: number;
}

/** A handle with the calls to it so far. Checks the invariants of D-1 after every call. */
class Watched {
  readonly operations: Queued[] = [];
  readonly outstanding = new Map<ActionContext, ActionResult>();
  readonly stale: ActionContext[] = [];
  offence = false;
  isAborted = false;
  isDeleted = false;

  constructor(readonly handle: AnyHandle) {}

  /** Makes a call. It may fail in one of three ways; any other failure is a bug. */
  call<T>(run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      if (error instanceof ComponentError) {
        assert.match(error.code, /^E_/);
        if (this.isDeleted) assert.equal(error.code, 'E_HANDLE');
      } else {
        assert.ok(error instanceof TypeError || error instanceof RangeError, String(error));
      }
      return undefined;
    }
  }

  queue(queue: Queued['queue'], capacity: number, run: (context: Queued) => void): void {
    const operation = { queue, capacity, indications: 0 };
    this.call(() => {
      run(operation);
      this.operations.push(operation);
    });
  }

  getAction(queue: ActionQueue, maxBuffers: number): void {
    let result: ActionResult;
    try {
      result = this.handle.getAction(queue, maxBuffers);
    } catch (error) {
      if (error instanceof ComponentError && OFFENCES.includes(error.code)) this.offence = true;
      this.call(() => {
        throw error;
      });
      return;
    }
    assert.equal(this.isDeleted, false);
    const mustFail = this.offence && !this.isAborted && queue === ActionQueue.Receive;
    assert.equal(mustFail, false, 'the error is not there any more');
    this.check(result, queue, maxBuffers);
    if (result.actionContext !== null) this.outstanding.set(result.actionContext, result);
  }

  check(
    { action, bufferType, buffers, close, applicationContext, actionContext }: ActionResult,
    queue: ActionQueue,
    maxBuffers: number,
  ): void {
    if (action === Action.NoAction) {
      assert.deepEqual(
        [actionContext, buffers.length, bufferType, applicationContext],
        [null, 0, 0, undefined],
      );
      this.checkNothingIsReady(queue);
      return;
    }
    assert.ok(actionContext !== null && !this.outstanding.has(actionContext));
    const operation = applicationContext as Queued | undefined;
    const isPong = operation === undefined;
    const from = operation?.queue ?? ActionQueue.Receive;
    assert.ok((queue & from) !== 0, 'an action of a queue that was not asked');
    for (const other of this.outstanding.values()) {
      const otherFrom = (other.applicationContext as Queued | undefined)?.queue ?? ActionQueue.Receive;
      assert.notEqual(otherFrom, from, 'two outstanding actions of one queue (D1-3)');
    }
    if (operation !== undefined) {
      const head = this.operations.find((each) => each.queue === from && each.indications === 0);
      assert.equal(operation, head, 'not in the order they were queued');
    }
    switch (action) {
      case Action.SendToNetwork: {
        assert.ok(isPong || from === ActionQueue.Send);
        assert.ok(buffers.length >= 1 && buffers.length <= maxBuffers);
        assert.ok(buffers.every(({ byteLength }) => byteLength > 0));
        const isWriting = [...this.outstanding.values()].some(
          (other) => other.action === Action.SendToNetwork && other.applicationContext === undefined,
        );
        assert.equal(isWriting, false, 'a write while a pong goes out (D1-9)');
        return;
      }
      case Action.ReceiveFromNetwork:
        assert.equal(buffers.length, 1);
        assert.ok(buffers[0]!.byteLength > 0 && buffers[0]!.byteLength <= RECEIVE_BUFFER_SIZE);
        return;
      case Action.IndicateSendComplete:
        assert.deepEqual([from, buffers.length, close], [ActionQueue.Send, 0, undefined]);
        operation!.indications++;
        return;
      case Action.IndicateReceiveComplete:
        assert.equal(from, ActionQueue.Receive);
        assert.ok(buffers.length <= 1);
        if (this.offence) assert.deepEqual([buffers.length, close], [0, undefined], 'data after an error');
        if (buffers.length === 1 && bufferType !== BufferType.PingPong && operation!.capacity > 0) {
          assert.ok(buffers[0]!.byteLength <= operation!.capacity);
        }
        operation!.indications++;
        return;
    }
  }

  /** NoAction is right if the queue has no operation, or has an outstanding action (D1-8, D1-9). */
  checkNothingIsReady(queue: ActionQueue): void {
    const outstanding = [...this.outstanding.values()].map(
      ({ applicationContext }) => applicationContext as Queued | undefined,
    );
    const isFree = {
      [ActionQueue.Receive]: outstanding.every((operation) => operation?.queue === ActionQueue.Send),
      // A pong on its way to the network delays the sends.
      [ActionQueue.Send]: outstanding.every((operation) => operation?.queue === ActionQueue.Receive),
    };
    for (const { queue: from, indications } of this.operations) {
      if ((queue & from) === 0 || indications !== 0) continue;
      assert.ok(!isFree[from], 'NoAction while an operation could go on');
    }
  }

  complete(context: ActionContext | null, bytes: number): void {
    this.call(() => this.handle.completeAction(context, bytes));
    if (context === null || !this.outstanding.delete(context)) return;
    this.stale.push(context);
  }

  abort(): void {
    this.handle.abort();
    this.isAborted = true;
  }

  /** Aborts, completes and drains. Every operation has been indicated exactly once, and none is left (D-7). */
  drain(): void {
    this.abort();
    for (const context of [...this.outstanding.keys()]) this.complete(context, 0);
    for (const queue of [ActionQueue.Send, ActionQueue.Receive]) {
      for (;;) {
        const before = this.outstanding.size;
        this.getAction(queue, 1);
        if (this.outstanding.size === before) break;
        const [context, { action }] = [...this.outstanding].at(-1)!;
        assert.ok(action === Action.IndicateSendComplete || action === Action.IndicateReceiveComplete);
        this.complete(context, 0);
      }
    }
    assert.ok(this.operations.every(({ indications }) => indications === 1));
  }
}

type Command = (watched: Watched) => void;

/** A command that is shown by its name in a counterexample. */
function named(name: string, run: Command): Command {
  return Object.assign((watched: Watched) => run(watched), { [fc.toStringMethod]: () => name });
}

const typeName = (type: number): string => BufferType[type] ?? String(type);
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const bytes = fc.uint8Array({ maxLength: 300 });
const anyNumber = fc.oneof(fc.nat(300), fc.constantFrom(-1, 0.5, NaN, 2 ** 32, 2 ** 32 - 1));
const dataType = fc.constantFrom(
  BufferType.Utf8Message,
  BufferType.Utf8Fragment,
  BufferType.BinaryMessage,
  BufferType.BinaryFragment,
);
const anyType = fc.oneof(
  dataType,
  fc.constantFrom(BufferType.Close, BufferType.PingPong, BufferType.UnsolicitedPong),
  fc.constantFrom(0, 1, 0x102, 0x80000007, 0xffffffff, -1, 1.5),
);
/** The meaning of a buffer without bytes is open, and the backends differ (Q-R6). */
const capacity = fc.oneof(fc.constant(-1), fc.constant(-1), fc.integer({ min: 1, max: 30 }));
const closeBuffer = fc.record({
  status: fc.integer({ min: -1, max: 65536 }),
  reason: fc.uint8Array({ maxLength: 130 }),
});
const queueOf = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom(ActionQueue.Send, ActionQueue.Receive, ActionQueue.All) },
  { weight: 1, arbitrary: fc.constantFrom(0, 4, -1) },
);

const send = (type: number, buffer?: Uint8Array | CloseBuffer): Command => {
  const what = buffer instanceof Uint8Array ? `${buffer.length} bytes` : fc.stringify(buffer);
  return named(`send(${typeName(type)}, ${what})`, (watched) =>
    watched.queue(ActionQueue.Send, -1, (context) => watched.handle.send(type, buffer, context)),
  );
};

const receive = (capacity: number): Command =>
  named(`receive(${capacity})`, (watched) =>
    watched.queue(ActionQueue.Receive, capacity, (context) =>
      watched.handle.receive(capacity < 0 ? undefined : new Uint8Array(capacity), context),
    ),
  );

/** Completes the oldest outstanding action properly. */
const perform = (input: Uint8Array, share: number): Command =>
  named(`perform(${hexOf(input)}, ${share})`, (watched) => {
    const [first] = watched.outstanding;
    if (first === undefined) return;
    const [context, { action, buffers }] = first;
    if (action === Action.ReceiveFromNetwork) {
      const taken = input.subarray(0, buffers[0]!.byteLength);
      buffers[0]!.set(taken);
      watched.complete(context, taken.byteLength);
    } else {
      const total = buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
      watched.complete(context, share > 0.1 ? total : Math.floor(share * total));
    }
  });

/** Frames of either side. Most are legal. */
const peerBytes = fc
  .array(
    fc.tuple(
      fc.oneof(
        { weight: 20, arbitrary: fc.constantFrom(0x81, 0x82, 0x01, 0x02, 0x80, 0x00, 0x89, 0x89, 0x8a) },
        { weight: 1, arbitrary: fc.nat(255) },
      ),
      fc.uint8Array({ maxLength: 20, max: 0x7f }),
      fc.boolean(),
    ),
    { maxLength: 5 },
  )
  .map(
    (frames) => (isMasked: boolean) =>
      Buffer.concat(
        frames.map(([first, payload]) =>
          Buffer.from([
            first,
            (isMasked ? 0x80 : 0) | payload.length,
            ...(isMasked ? [0, 0, 0, 0] : []),
            ...payload,
          ]),
        ),
      ),
  );

const commandOf = (isServer: boolean): fc.Arbitrary<Command> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.tuple(dataType, bytes).map(([type, buffer]) => send(type, buffer)) },
    { weight: 2, arbitrary: fc.constantFrom(send(BufferType.PingPong), send(BufferType.UnsolicitedPong)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(anyType, fc.option(bytes, { nil: undefined }))
        .map(([type, buffer]) => send(type, buffer)),
    },
    { weight: 1, arbitrary: closeBuffer.map((buffer) => send(BufferType.Close, buffer)) },
    { weight: 6, arbitrary: capacity.map(receive) },
    {
      weight: 10,
      arbitrary: fc
        .tuple(queueOf, fc.oneof(fc.integer({ min: 1, max: 4 }), anyNumber))
        .map(([queue, maxBuffers]) =>
          named(`getAction(${ActionQueue[queue] ?? queue}, ${maxBuffers})`, (watched) =>
            watched.getAction(queue as ActionQueue, maxBuffers),
          ),
        ),
    },
    {
      weight: 10,
      arbitrary: fc
        .tuple(peerBytes, fc.double({ min: 0, max: 1, noNaN: true }))
        .map(([input, share]) => perform(input(isServer), share)),
    },
    {
      weight: 1,
      arbitrary: anyNumber.map((count) =>
        named(`complete(stale, ${count})`, (watched) => {
          watched.complete(watched.stale.at(-1) ?? null, count);
        }),
      ),
    },
    {
      weight: 1,
      arbitrary: anyNumber.map((count) =>
        named(`complete(foreign, ${count})`, (watched) => {
          const foreign = Object.freeze({}) as unknown as ActionContext;
          watched.call(() => watched.handle.completeAction(foreign, count));
        }),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Command>(
        named('beginClientHandshake', (watched) => watched.call(() => watched.handle.beginClientHandshake())),
        named('endClientHandshake', (watched) => watched.call(() => watched.handle.endClientHandshake([]))),
        named('beginServerHandshake', (watched) =>
          watched.call(() => watched.handle.beginServerHandshake({ requestHeaders: [] })),
        ),
        named('endServerHandshake', (watched) => watched.call(() => watched.handle.endServerHandshake())),
      ),
    },
    { weight: 1, arbitrary: fc.constant(named('abort()', (watched) => watched.abort())) },
  );

for (const component of backends) {
  describe(`any sequence of calls (${component.backend})`, () => {
    for (const role of ['client', 'server'] as const) {
      const commands = fc.array(commandOf(role === 'server'), { maxLength: 60, size: 'max' });

      it(`keeps the invariants of the action queues: ${role}`, () => {
        fc.assert(
          fc.property(commands, (sequence) => {
            const watched = new Watched(openPair(component, SIZES, SIZES)[role] as AnyHandle);
            for (const command of sequence) command(watched);
            watched.drain();
          }),
          { numRuns: RUNS },
        );
      });

      it(`can be cut short by delete at any point: ${role}`, () => {
        fc.assert(
          fc.property(commands, commands, (before, after) => {
            const watched = new Watched(openPair(component, SIZES, SIZES)[role] as AnyHandle);
            for (const command of before) command(watched);
            watched.handle.delete();
            watched.isDeleted = true;
            for (const command of after) command(watched);
            watched.handle.delete();
          }),
          { numRuns: RUNS / 5 },
        );
      });

      it(`is refused before the handshake, and changes nothing: ${role}`, () => {
        fc.assert(
          fc.property(commands, (sequence) => {
            const handle =
              role === 'client' ? component.createClientHandle() : component.createServerHandle();
            const watched = new Watched(handle as AnyHandle);
            for (const command of sequence) command(watched);
            assert.deepEqual([watched.operations.length, watched.outstanding.size], [0, 0]);
          }),
          { numRuns: RUNS / 5 },
        );
      });
    }
  });
}
