/** Programs on bare handles when a pong goes out between two slices of a frame (Q-P3, H-3). */
import { strict as assert } from 'node:assert';

import { Action, ActionQueue, BufferType, takeOutput } from '../../lib/component/index.js';
import type { ActionResult, ClientHandle } from '../../lib/component/index.js';
import { backends } from '../support/backends.js';
import { openPair } from '../support/open-pair.js';
import { hasPongsBetweenSlices, pongsGoBetweenSlices } from '../support/pongs-between-slices.js';
import { frame, framesOf } from '../support/raw-peer.js';

const MESSAGE = Buffer.from('one message of several slices '.repeat(5));
const SEND_BUFFER = 16;
/** Slices of the frame: a header of 8 bytes, the message, and SEND_BUFFER bytes a slice. */
const SLICES = Math.ceil((8 + MESSAGE.length) / SEND_BUFFER);

/** A client that has a receive queued and its read outstanding, and the bytes that it writes. */
class Program {
  readonly written: Uint8Array[] = [];
  #reading: ActionResult;

  constructor(readonly handle: ClientHandle) {
    handle.receive();
    this.#reading = handle.getAction(ActionQueue.Receive);
    assert.equal(this.#reading.action, Action.ReceiveFromNetwork);
  }

  /** A ping arrives: the read is completed. */
  arrive(): void {
    const ping = frame(9, 'are you there?', { masked: false });
    this.#reading.buffers[0]!.set(ping);
    this.handle.completeAction(this.#reading.actionContext, ping.length);
  }

  /** Performs the next action of the queues. Returns false if there is none except a read. */
  step(queue: ActionQueue): boolean {
    const result = this.handle.getAction(queue);
    if (result.action === Action.NoAction) return false;
    if (result.action === Action.ReceiveFromNetwork) {
      this.#reading = result;
      return false;
    }
    this.written.push(...result.buffers);
    const bytes = result.buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.handle.completeAction(result.actionContext, bytes);
    return true;
  }

  /** Whether the peer reads the message, and the pong if it went out. */
  get isRight(): boolean {
    try {
      const frames = framesOf(Buffer.concat(this.written));
      const read = frames.map(({ opcode, payload }) => `${opcode} ${payload.toString()}`);
      return read.filter((each) => each !== '10 are you there?').join() === `2 ${MESSAGE.toString()}`;
    } catch {
      return false;
    }
  }
}

/** Runs a program. A ping comes after this number of slices. */
type Run = (program: Program, slices: number) => void;

const bothQueues: Run = (program, slices) => {
  for (let performed = 0; ; performed++) {
    if (performed === slices) program.arrive();
    if (!program.step(ActionQueue.All)) return;
  }
};

const queuesInTurn: Run = (program, slices) => {
  if (slices === 0) program.arrive();
  for (let performed = 1; ; performed++) {
    const sent = program.step(ActionQueue.Send);
    if (performed === slices) program.arrive();
    const received = program.step(ActionQueue.Receive);
    if (!sent && !received) return;
  }
};

/** The documented way: all slices first. The ping has come, but the receive queue is not asked before. */
const allSlicesFirst: Run = (program) => {
  program.arrive();
  program.written.push(...takeOutput(program.handle));
  while (program.step(ActionQueue.Receive));
};

for (const component of backends) {
  const run = (how: Run, slices: number, sendBufferSize = SEND_BUFFER): boolean => {
    const { client } = openPair(component, { sendBufferSize });
    const program = new Program(client);
    client.send(BufferType.BinaryMessage, MESSAGE);
    how(program, slices);
    return program.isRight;
  };
  const inside = Array.from({ length: SLICES - 1 }, (_, index) => index + 1);

  describe(`a program on a bare handle, with pongs between slices (${component.backend})`, () => {
    pongsGoBetweenSlices();
    const isFaulty = hasPongsBetweenSlices(component);

    for (const [name, how] of [
      ['asks both queues at once', bothQueues],
      ['asks the queues in turn', queuesInTurn],
    ] as const) {
      if (isFaulty !== undefined) {
        const becomes = isFaulty ? 'ruins the stream' : 'is right on a component without the fault';
        it(`${becomes} when it ${name} between two slices`, () => {
          for (const slices of inside) assert.equal(run(how, slices), !isFaulty, `after ${slices} slices`);
        });
      }

      it(`is right when it ${name}, and the send buffer holds the frame`, () => {
        for (const slices of [0, 1, 2]) assert.ok(run(how, slices, MESSAGE.length + 14), `at ${slices}`);
      });
    }

    it('is right when it takes all slices before it asks the receive queue', () => {
      assert.ok(run(allSlicesFirst, 0));
    });
  });
}

describe('a program on a bare handle of the portable engine', () => {
  it('is right at every place, in any order of asking', () => {
    const [portable] = backends;
    for (let slices = 0; slices <= SLICES; slices++) {
      for (const how of [bothQueues, queuesInTurn]) {
        const { client } = openPair(portable!, { sendBufferSize: SEND_BUFFER });
        const program = new Program(client);
        client.send(BufferType.BinaryMessage, MESSAGE);
        how(program, slices);
        assert.ok(program.isRight, `after ${slices} slices`);
      }
    }
  });
});
