import { strict as assert } from 'node:assert';

import { fc } from '../../lib/vendor/fast-check.js';

import { BufferType, loadNative, portable } from '../../lib/component/index.js';
import type { Component } from '../../lib/component/index.js';
import { openSession } from '../../lib/session/index.js';
import type { IndicationSink } from '../../lib/session/index.js';
import { openPair } from '../support/open-pair.js';
import { bytesOfFrame, frames, messages, payloads } from './frames.js';
import type { Frame } from './frames.js';
import { outcomeOf } from './outcome.js';
import { Unmasker } from './unmasker.js';

const NUMBER = Number(process.env['WSPC_CASES'] ?? 3_000);

interface Traffic {
  readonly isServer: boolean;
  readonly disableMasking: boolean;
  readonly frames: readonly Frame[];
  readonly chunks: readonly number[];
  /** Sent alternately with the chunks. */
  readonly sends: readonly Uint8Array[];
  /** Whether received messages are sent back at once. */
  readonly echo: boolean;
  /** The sink aborts the handle after this number of indications. */
  readonly abortAfter: number;
}

/** Most frames are masked correctly, so that frames after the first are reached. */
const traffic: fc.Arbitrary<Traffic> = fc
  .record({
    wrongMask: fc.constantFrom(-1, -1, -1, 0, 5),
    isServer: fc.boolean(),
    disableMasking: fc.boolean(),
    frames: fc
      .array(
        fc.oneof(
          { weight: 2, arbitrary: messages },
          { weight: 1, arbitrary: frames.map((frame) => [frame]) },
        ),
        { minLength: 1, maxLength: 20, size: 'max' },
      )
      .map((all) => all.flat()),
    chunks: fc.array(fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 3000 })), {
      minLength: 1,
      maxLength: 10,
    }),
    sends: fc.array(payloads, { maxLength: 5 }),
    echo: fc.boolean(),
    abortAfter: fc.constantFrom(1000, 1000, 1000, 1000, 0, 1, 3),
  })
  .map(({ wrongMask, ...given }) => ({
    ...given,
    frames: given.frames.map((frame, index) => ({
      ...frame,
      masked: given.isServer !== (index === wrongMask),
    })),
  }));

const FRAGMENT = new Set<number>([BufferType.Utf8Fragment, BufferType.BinaryFragment]);

/** The output of a session, with the parts of each message joined. */
function carry(component: Component, given: Traffic, driver: 'auto' | 'action-loop'): readonly string[] {
  const trace: string[] = [];
  const properties = { disableMasking: given.disableMasking };
  const { client, server } = openPair(component, properties, properties);
  const handle = given.isServer ? server : client;
  const session = openSession(handle, { driver });
  const unmasker = new Unmasker();
  const written: Uint8Array[] = [];
  let message: Uint8Array[] = [];
  let left = given.abortAfter;
  const count = (): void => {
    if (left-- === 0) handle.abort();
  };
  const sink: IndicationSink = {
    data(type, bytes, start, end) {
      message.push(bytes.slice(start, end));
      if (FRAGMENT.has(type)) return;
      const whole = Buffer.concat(message);
      message = [];
      trace.push(`${BufferType[type]} ${whole.toString('hex')}`);
      if (given.echo) trace.push(outcomeOf(() => (session.send(type, whole), 'echoed')));
      count();
    },
    pong(payload) {
      trace.push(`pong ${Buffer.from(payload).toString('hex')}`);
      count();
    },
    close(status, reason) {
      trace.push(`close ${status} ${reason === null ? 'null' : Buffer.from(reason).toString('hex')}`);
      count();
    },
  };
  const all = Buffer.concat(given.frames.map(bytesOfFrame));
  for (let at = 0, turn = 0; at < all.length; turn++) {
    const end = at + given.chunks[turn % given.chunks.length]!;
    // The driver owns the chunk from here on.
    const chunk = Uint8Array.from(all.subarray(at, end));
    at = end;
    trace.push(outcomeOf(() => (session.receive(chunk, sink), 'received')));
    const payload = given.sends[turn];
    if (payload !== undefined) {
      trace.push(outcomeOf(() => (session.send(BufferType.BinaryMessage, payload), 'sent')));
    }
    const { outputLength } = session;
    const output = Buffer.concat(session.takeOutput());
    assert.equal(output.length, outputLength);
    written.push(unmasker.take(output));
  }
  trace.push(
    `${message.length === 0 ? 'no' : 'an'} unfinished message ${Buffer.concat(message).toString('hex')}`,
  );
  trace.push(`wrote ${Buffer.concat(written).toString('hex')}`);
  client.delete();
  server.delete();
  return trace;
}

/** After a close the portable driver reads on and the action queues do not (Q-R11). Both refuse the bytes. */
function untilClose(trace: readonly string[]): readonly string[] {
  const close = trace.findIndex((line) => line.startsWith('close '));
  return close < 0 ? trace : trace.slice(0, close + 1);
}

describe('the bulk driver of the native backend', () => {
  for (const [name, component, driver, part] of [
    ["the native backend's action loop", loadNative, 'action-loop', (trace: readonly string[]) => trace],
    ["the portable backend's bulk driver", () => portable, 'auto', untilClose],
  ] as const) {
    it(`gives the same results as ${name}, in ${NUMBER} random cases`, function () {
      this.timeout(0);
      fc.assert(
        fc.property(traffic, (given) => {
          assert.deepEqual(part(carry(loadNative(), given, 'auto')), part(carry(component(), given, driver)));
        }),
        { numRuns: NUMBER },
      );
    });
  }
});
