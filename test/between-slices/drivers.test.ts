/**
 * Sessions work on a component that hands out a pong between two slices of a frame (Q-P3, H-3). Sends and the
 * arrival of pings are tried in every order.
 */
import { strict as assert } from 'node:assert';

import { BufferType } from '../../lib/component/index.js';
import { ActionLoop, openSession } from '../../lib/session/index.js';
import type { BulkDriver, IndicationSink } from '../../lib/session/index.js';
import { backends } from '../support/backends.js';
import { openPair } from '../support/open-pair.js';
import { pongsGoBetweenSlices } from '../support/pongs-between-slices.js';
import { frame, framesOf } from '../support/raw-peer.js';

type Make = (handle: Parameters<typeof openSession>[0]) => BulkDriver;

const DRIVERS: Readonly<Record<string, Make>> = {
  'the bulk driver of the backend': (handle) => openSession(handle),
  'the action loop': (handle) => openSession(handle, { driver: 'action-loop' }),
  'the action loop with one buffer': (handle) => new ActionLoop(handle, { capacity: 1 }),
  'the action loop with both queues at once': (handle) => new ActionLoop(handle, { queues: 'all' }),
};

/** The sent frames, as types and payloads. `opcode` is the opcode that the peer must read. */
const SENDS: readonly (readonly [type: BufferType, payload: string, opcode: number])[] = [
  [BufferType.Utf8Message, 'a text of several slices, ä'.repeat(4), 1],
  [BufferType.BinaryFragment, 'the first part, '.repeat(5), 2],
  [BufferType.BinaryFragment, '', 0],
  [BufferType.BinaryMessage, 'and the last part'.repeat(10), 0],
  [BufferType.Utf8Message, 'short', 1],
  [BufferType.BinaryMessage, 'bytes'.repeat(60), 2],
];
const PINGS = ['a', 'a ping with a long payload'.repeat(4), 'c', ''];

/** The received bytes: pings before, inside and after a message, in pieces that end inside of a ping. */
function arrivals(masked: boolean): Buffer[] {
  const stream = Buffer.concat([
    frame(9, PINGS[0], { masked }),
    frame(1, 'Hel', { masked, fin: false }),
    frame(9, PINGS[1], { masked }),
    frame(0, 'lo', { masked }),
    frame(9, PINGS[2], { masked }),
    frame(9, PINGS[3], { masked }),
  ]);
  const cuts = [1, 20, 60, stream.length - 7, stream.length];
  return cuts.map((cut, index) => stream.subarray(cuts[index - 1] ?? 0, cut));
}

/** Every order of some sends and some arrivals. True is a send. */
function* orders(
  sends: number,
  arrived: number,
  before: readonly boolean[] = [],
): Generator<readonly boolean[]> {
  if (sends === 0 && arrived === 0) yield before;
  if (sends > 0) yield* orders(sends - 1, arrived, [...before, true]);
  if (arrived > 0) yield* orders(sends, arrived - 1, [...before, false]);
}

/** A session that exchanges messages. It may send from inside of an indication. */
class Conversation implements IndicationSink {
  /** The sent frames, in the order of the calls. */
  readonly sent: string[] = [];
  received = '';
  #next = 0;

  constructor(
    readonly session: BulkDriver,
    readonly sendsInside: boolean,
  ) {}

  send(): void {
    const send = SENDS[this.#next++];
    if (send === undefined) return;
    const [type, payload, opcode] = send;
    this.sent.push(`${opcode} ${payload}`);
    this.session.send(type, Buffer.from(payload));
  }

  data(_type: BufferType, bytes: Uint8Array, start: number, end: number): void {
    this.received += Buffer.from(bytes.subarray(start, end)).toString();
    if (this.sendsInside) this.send();
  }

  pong(): void {
    assert.fail('nobody sent a pong');
  }

  close(): void {
    assert.fail('nobody closed');
  }
}

const ORDERS = [...orders(SENDS.length, arrivals(false).length)];

for (const component of backends) {
  describe(`a session with pongs between slices (${component.backend})`, () => {
    pongsGoBetweenSlices();

    it('is tested in every order of the sends and the arrivals', () => {
      assert.equal(ORDERS.length, 462);
    });

    for (const [name, make] of Object.entries(DRIVERS)) {
      for (const side of ['client', 'server'] as const) {
        for (const sendBufferSize of [16, 33, 4096]) {
          it(`writes whole frames: ${name}, ${side}, slices of ${sendBufferSize}`, () => {
            for (const order of ORDERS) {
              for (const sendsInside of [false, true]) {
                const handle = openPair(component, { sendBufferSize }, { sendBufferSize })[side];
                const talk = new Conversation(make(handle), sendsInside);
                const pieces = arrivals(side === 'server').map((piece) => Buffer.from(piece));
                const output: Uint8Array[] = [];
                for (const isSend of order) {
                  if (isSend) talk.send();
                  else talk.session.receive(pieces.shift()!, talk);
                  output.push(...talk.session.takeOutput());
                }
                const frames = framesOf(Buffer.concat(output));
                const read = frames.map(({ opcode, payload }) => `${opcode} ${payload.toString()}`);
                const where = order.map((isSend) => (isSend ? 's' : 'r')).join('');
                assert.deepEqual(
                  read.filter((each) => !each.startsWith('10 ')),
                  talk.sent,
                  where,
                );
                assert.deepEqual(
                  read.filter((each) => each.startsWith('10 ')),
                  PINGS.map((ping) => `10 ${ping}`),
                  where,
                );
                assert.equal(talk.sent.length, SENDS.length, where);
                assert.equal(talk.received, 'Hello', where);
                handle.delete();
              }
            }
          });
        }
      }
    }
  });
}
