/**
 * Plays a scenario through a bulk driver. `send` makes frames at once; `run` gives the driver all bytes that have
 * arrived. A driver receives all the time, so the single runs are not compared. All data that the whole scenario
 * received and wrote is compared.
 */
import { BufferType } from '../../lib/component/contract.js';
import type { CloseBuffer, Component, SessionHandle } from '../../lib/component/contract.js';
import type { Scenario } from '../../lib/parity/scenario/document.js';
import { DONE, same, shown } from '../../lib/parity/scenario/judge.js';
import type { Answer } from '../../lib/parity/scenario/judge.js';
import type { Arrival } from '../../lib/parity/scenario/arrival.js';
import { fail } from '../../lib/parity/scenario/failure.js';
import type { Handle } from '../../lib/parity/scenario/handle.js';
import type { Capabilities } from '../../lib/parity/scenario/judge.js';
import { Player } from '../../lib/parity/scenario/player.js';
import type { Command, Statement } from '../../lib/parity/scenario/script.js';
import { normalise } from '../../lib/parity/scenario/step.js';
import type { ExpectedStep, Step } from '../../lib/parity/scenario/step.js';

/** The sink for the findings of a driver. The sinks of `lib/session` have this shape. */
export interface IndicationSink {
  /** A part of a message: `bytes` from `start` to `end`. */
  data(type: BufferType, bytes: Uint8Array, start: number, end: number, remaining: number): void;
  pong(payload: Uint8Array): void;
  close(status: number, reason: Uint8Array | null): void;
}

/** Drives a handle in bulk; the drivers of `lib/session` have this shape. */
export interface Driver {
  receive(chunk: Uint8Array, sink: IndicationSink): void;
  send(type: BufferType, buffer?: Uint8Array | CloseBuffer): void;
  readonly outputLength: number;
  takeOutput(): Uint8Array[];
}

/** Makes the driver of a handle whose session is open. */
export type DriverFactory = (handle: SessionHandle) => Driver;

const DRIVABLE = new Set([
  'create',
  'open',
  'beginClientHandshake',
  'endClientHandshake',
  'beginServerHandshake',
  'endServerHandshake',
  'send',
  'receive',
  'network',
  'run',
]);

/** Whether a driver can play a scenario. A driver knows no single actions, no cancelling and no aborting. */
export function isDrivable({ pinned, queuesOnly, statements }: Scenario): boolean {
  return (
    pinned === undefined &&
    queuesOnly === undefined &&
    statements.some(({ command }) => command.verb === 'run') &&
    statements.filter(({ command }) => command.verb === 'create').length === 1 &&
    statements.every(({ command }) => DRIVABLE.has(command.verb))
  );
}

export class DriverPlayer extends Player {
  readonly #factory: DriverFactory;
  #driver: Driver | null = null;
  readonly #received: Step[] = [];
  readonly #written: number[] = [];
  readonly #expectedReceived: ExpectedStep[] = [];
  readonly #expectedWritten: number[] = [];
  #failed = false;

  constructor(
    scenario: Scenario,
    component: Component,
    capabilities: Capabilities,
    arrival: Arrival,
    factory: DriverFactory,
  ) {
    super(scenario, component, capabilities, arrival);
    this.#factory = factory;
  }

  #drive(state: Handle): Driver {
    return (this.#driver ??= this.#factory(state.handle));
  }

  protected override send(state: Handle, command: Extract<Command, { verb: 'send' }>): Answer {
    let buffer: Uint8Array | CloseBuffer | undefined = command.data;
    if (command.close !== undefined) {
      const { status, reason } = command.close;
      buffer = reason === undefined ? { status } : { status, reason };
    }
    const answer = this.call('WebSocketSend', () =>
      this.#drive(state).send(command.type as BufferType, buffer),
    );
    this.#collect(state);
    return answer;
  }

  protected override receive(): Answer {
    // Nothing to do: a driver receives all the time.
    return DONE;
  }

  protected override settle(statement: Statement, answer: Answer): void {
    if (statement.command.verb !== 'receive') super.settle(statement, answer);
  }

  protected override run(state: Handle, command: Extract<Command, { verb: 'run' }>): Answer {
    for (const step of command.expected) {
      if (step.kind === 'write') this.#expectedWritten.push(...step.content.buffers.flat());
      if (step.kind === 'received' || step.kind === 'error') this.#expectedReceived.push(step);
    }
    const driver = this.#drive(state);
    while (state.incoming.length > 0 && !this.#failed) {
      const bytes = Uint8Array.from(this.arriving(state, Infinity));
      try {
        driver.receive(bytes, this.#sink());
      } catch (error) {
        this.#failed = true;
        this.#received.push({ kind: 'error', ...this.failure(error) });
      }
      this.#collect(state);
    }
    return DONE;
  }

  #sink(): IndicationSink {
    const push = (step: Omit<Extract<Step, { kind: 'received' }>, 'kind' | 'context'>) =>
      void this.#received.push({ kind: 'received', context: undefined, ...step });
    return {
      data: (type, bytes, start, end) => push({ type, data: bytes.slice(start, end), close: undefined }),
      pong: (payload) => push({ type: BufferType.PingPong, data: payload.slice(), close: undefined }),
      close: (status, reason) => push({ type: BufferType.Close, data: null, close: { status, reason } }),
    };
  }

  #collect(state: Handle): void {
    const driver = this.#drive(state);
    for (const chunk of driver.takeOutput()) this.#written.push(...state.outgoing.read(chunk));
    if (driver.outputLength !== 0) fail('  output is left after it has been taken');
  }

  protected override finish(): void {
    const how = { ...this.comparison(), contexts: false };
    const received = normalise(this.#received);
    const expected = normalise(this.#expectedReceived);
    if (!same(received, expected, how))
      fail(`  expected to receive\n${shown(expected)}\n  got\n${shown(received)}`);
    const type = 0;
    const write = (bytes: readonly number[]): Step => ({
      kind: 'write',
      type,
      buffers: [bytes],
      context: undefined,
    });
    if (this.#written.join() !== this.#expectedWritten.join()) {
      fail(
        `  expected to write\n${shown([write(this.#expectedWritten)])}\n  got\n${shown([write(this.#written)])}`,
      );
    }
  }
}
