/**
 * The rows of a scenario, in lanes. Each statement shows the events of the application, of the two queues and of the
 * network.
 */
import { BufferType } from '../../component/contract.js';
import { callOf } from '../observe.js';
import type { Observation } from '../observe.js';
import { renderBuffers } from '../scenario/content.js';
import type { Scenario } from '../scenario/document.js';
import { buildFrame } from '../scenario/frames.js';
import { parseAnswer } from '../scenario/judge.js';
import type { Statement } from '../scenario/script.js';
import { renderStep } from '../scenario/step.js';
import type { Step } from '../scenario/step.js';
import { FrameReader } from './frames.js';

export const LANES = ['application', 'send queue', 'receive queue', 'network'] as const;
export type Lane = (typeof LANES)[number];

/** The content of one lane of a row. */
export interface Cell {
  readonly text: string;
  /** The bytes of the cell described as frames; only for cells that show bytes. */
  readonly frames?: readonly string[];
  readonly isError?: boolean;
}

export type Row = Readonly<Partial<Record<Lane, Cell>>>;

/** A statement, with its rows on one backend. */
export interface StatementRows {
  readonly line: number;
  readonly text: string;
  readonly rows: readonly Row[];
}

const NOTHING: Row = {};

function typeName(type: number): string {
  return type === 0 ? 'None' : (BufferType[type] ?? `0x${type.toString(16)}`);
}

function contextOf(step: { readonly context: string | undefined }): string {
  return step.context === undefined ? '' : ` as ${step.context}`;
}

/** The network of a scenario: for each handle its role, and a frame reader for each direction. */
class Networks {
  readonly #roles = new Map<string, string>();
  readonly #readers = new Map<string, FrameReader>();

  create(name: string, role: string): void {
    this.#roles.set(name, role);
  }

  handleOf({ handle }: Statement): string {
    return handle ?? this.#roles.keys().next().value ?? '';
  }

  isServer(handle: string): boolean {
    return this.#roles.get(handle) === 'server';
  }

  describe(handle: string, direction: 'in' | 'out', bytes: readonly number[]): string[] {
    const key = `${direction} ${handle}`;
    let reader = this.#readers.get(key);
    if (reader === undefined) this.#readers.set(key, (reader = new FrameReader()));
    return reader.describe(bytes);
  }
}

function rowOf(step: Step, handle: string, networks: Networks): Row {
  switch (step.kind) {
    case 'none':
      return { 'send queue': { text: '·' }, 'receive queue': { text: '· NoAction' } };
    case 'error':
      return { 'receive queue': { text: `✕ ${renderStep(step)}`, isError: true } };
    case 'sent':
      return {
        'send queue': { text: `IndicateSendComplete ${typeName(step.type)}` },
        application: { text: `◂ sent${contextOf(step)}` },
      };
    case 'write': {
      const bytes = step.buffers.flat();
      // A pong that the component makes belongs to the receive queue (D1-2).
      const isPong = (bytes[0] ?? 0) === 0x8a && step.context === undefined;
      const frames = networks.describe(handle, 'out', bytes);
      return {
        [isPong ? 'receive queue' : 'send queue']: {
          text: `SendToNetwork ${typeName(step.type)}${contextOf(step)}`,
        },
        network: { text: `▸ ${renderBuffers(step.buffers)}`, frames },
      };
    }
    case 'read': {
      const window = `window ${step.window}`;
      const bytes = step.bytes < 0 ? 'waits' : `${step.bytes} bytes`;
      return {
        'receive queue': { text: `ReceiveFromNetwork${contextOf(step)}, ${window}` },
        network: { text: `◂ ${bytes}` },
      };
    }
    case 'received':
      return {
        'receive queue': { text: `IndicateReceiveComplete ${typeName(step.type)}` },
        application: { text: `◂ ${renderStep(step).replace(/^IndicateReceiveComplete \S+ /, '')}` },
      };
  }
}

function callRow(statement: Statement, networks: Networks): Row {
  const { command } = statement;
  // All other calls show in the heading of the rows.
  if (command.verb !== 'network') return NOTHING;
  const handle = networks.handleOf(statement);
  const bytes =
    command.frame === undefined ? command.bytes : buildFrame(command.frame, networks.isServer(handle))?.bytes;
  const all = [...(bytes ?? [])];
  return {
    network: { text: `◂ peer: ${renderBuffers([all])}`, frames: networks.describe(handle, 'in', all) },
  };
}

function answerRows(statement: Statement, observation: Observation, networks: Networks): Row[] {
  if (observation.note !== undefined) {
    return [{ application: { text: `✕ ${observation.note.split('\n')[0]!}`, isError: true } }];
  }
  const answer = parseAnswer(statement, observation.answer);
  switch (answer.kind) {
    case 'failed':
      return [{ application: { text: `✕ ${observation.answer[0]!.slice(2)}`, isError: true } }];
    case 'steps':
      return answer.steps.map((step) => rowOf(step, networks.handleOf(statement), networks));
    case 'done':
      return [];
    default:
      return observation.answer.map((line) => ({ application: { text: `◂ ${line.slice(3)}` } }));
  }
}

/** The lanes of a scenario, as one backend played it. */
export function lanesOf(scenario: Scenario, observations: readonly Observation[]): StatementRows[] {
  const networks = new Networks();
  return scenario.statements.map((statement, index) => {
    const { command } = statement;
    if (command.verb === 'create') networks.create(command.name, command.role);
    const observation = observations[index];
    const rows = [callRow(statement, networks)].filter((row) => Object.keys(row).length > 0);
    if (observation !== undefined) rows.push(...answerRows(statement, observation, networks));
    return { line: statement.line, text: callOf(statement), rows };
  });
}
