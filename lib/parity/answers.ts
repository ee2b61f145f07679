/**
 * The engine's answers to the open questions. For each answer this file says which probe shows it, and how the value
 * is read from the probe's observations.
 */
import type { AnswerTable } from './answers-source.js';
import type { Bundle, ScenarioRecord } from './bundle.js';
import { callOf } from './observe.js';
import type { Observation } from './observe.js';
import { MASK_BYTE } from './scenario/content.js';
import type { ScenarioDocument } from './scenario/document.js';
import { parseAnswer } from './scenario/judge.js';
import type { Statement } from './scenario/script.js';
import type { Step } from './scenario/step.js';
import { parseStep } from './scenario/step.js';

/** A value that a recording shows. */
export interface Reading {
  readonly question: string;
  readonly name: string;
  readonly value: unknown;
  /** The probe that shows it. */
  readonly from: string;
}

/** A recorded observation that no value of the table can express. */
export interface Inexpressible {
  readonly question: string;
  readonly from: string;
  readonly what: string;
}

function failureOf(observation: Observation | undefined): string | undefined {
  return /^! (\S+)/.exec(observation?.answer[0] ?? '')?.[1];
}

function stepsOf(observation: Observation | undefined): Step[] {
  const steps: Step[] = [];
  for (const line of observation?.answer ?? []) {
    if (!line.startsWith('-> ')) continue;
    const step = parseStep(line.slice(3));
    if (step.kind === 'write') steps.push({ ...step, buffers: step.content.buffers });
    else if (step.kind !== 'read') steps.push(step);
  }
  return steps;
}

type Write = Extract<Step, { kind: 'write' }>;

function writesOf(observation: Observation | undefined): Write[] {
  return stepsOf(observation).filter((step) => step.kind === 'write');
}

/** The observations of one probe. */
class Probe {
  constructor(private readonly record: ScenarioRecord) {}

  at(index: number): Observation | undefined {
    return this.record.observations[index];
  }

  /** The observation of the nth statement with this text. */
  of(statement: string, nth = 0): Observation | undefined {
    return this.record.observations.filter((observation) => observation.statement === statement)[nth];
  }

  /** The observation of the run that follows a statement. */
  runAfter(statement: string): Observation | undefined {
    const at = this.record.observations.findIndex((observation) => observation.statement === statement);
    return at < 0 ? undefined : this.record.observations[at + 1];
  }

  /** All observations whose statement matches the pattern, each with the number in its statement. */
  numbered(pattern: RegExp): { number: number; observation: Observation }[] {
    return this.record.observations.flatMap((observation) => {
      const number = pattern.exec(observation.statement)?.[1];
      return number === undefined ? [] : [{ number: Number(number), observation }];
    });
  }

  headers(index: number): [name: string, value: string][] {
    return (this.at(index)?.answer ?? [])
      .filter((line) => line.startsWith('-> '))
      .map((line) => line.slice(3).split(/: (.*)/s))
      .map(([name, value]) => [name!, value!]);
  }
}

/** The smallest accepted number, and the error that smaller ones got. Undefined if a larger number was refused. */
function smallest(
  all: readonly { number: number; observation: Observation }[],
): { least: number; error: string | undefined } | undefined {
  const refused = all.filter(({ observation }) => failureOf(observation) !== undefined);
  const accepted = all.filter(({ observation }) => failureOf(observation) === undefined);
  const highestRefused = Math.max(-1, ...refused.map(({ number }) => number));
  const least = Math.min(...accepted.map(({ number }) => number));
  if (!Number.isFinite(least) || least < highestRefused) return undefined;
  return { least, error: failureOf(refused[0]?.observation) };
}

interface Reader {
  readonly question: string;
  readonly probe: string;
  /** A probe that shows the same values, and more of them. If it was recorded, this one is not read. */
  readonly unless?: string;
  /**
   * The values that the probe shows: undefined for a value that it does not show. A string describes an observation
   * that the table cannot express.
   */
  read(probe: Probe): Readonly<Record<string, unknown>> | string;
}

const OWN_HEADERS = ['Sec-WebSocket-Protocol', 'Sec-WebSocket-Extensions'];

/**
 * The close statuses from 1000 on that are refused. A string if a status below 1000 was accepted, which the table
 * cannot express.
 */
function refusedStatuses(
  all: readonly { number: number; observation: Observation }[],
  isRefused: (observation: Observation) => boolean,
): number[] | string {
  const accepted = all.filter(({ number, observation }) => number < 1000 && !isRefused(observation));
  if (accepted.length > 0) return `status ${accepted[0]!.number} is accepted`;
  return all
    .filter(({ number, observation }) => number >= 1000 && isRefused(observation))
    .map(({ number }) => number);
}

/** The received close statuses that are refused, and the error. */
function receivedStatuses(probe: Probe): Readonly<Record<string, unknown>> | string {
  const all = probe.numbered(/^[cs](\d+): run$/);
  const errorOf = (observation: Observation) => stepsOf(observation).find(({ kind }) => kind === 'error');
  const refused = refusedStatuses(all, (observation) => errorOf(observation) !== undefined);
  if (typeof refused === 'string') return refused;
  const error = all.map(({ observation }) => errorOf(observation)).find((step) => step?.kind === 'error');
  return { refusedStatuses: refused, error: error?.kind === 'error' ? error.code : undefined };
}

const READERS: readonly Reader[] = [
  {
    question: 'Q-C1',
    probe: 'Probe: receive buffer sizes of a client',
    read(probe) {
      const found = smallest(probe.numbered(/receiveBufferSize=(\d+)/));
      return found === undefined
        ? 'the accepted sizes are no range'
        : { receiveBufferSize: found.least, error: found.error };
    },
  },
  {
    question: 'Q-C1',
    probe: 'Probe: send buffer sizes of a client',
    read(probe) {
      const found = smallest(probe.numbered(/sendBufferSize=(\d+)/));
      return found === undefined ? 'the accepted sizes are no range' : { sendBufferSize: found.least };
    },
  },
  {
    question: 'Q-C3',
    probe: 'Probe: allocated buffers of a client',
    read(probe) {
      const found = smallest(probe.numbered(/allocatedBufferSize=(\d+)/));
      return found === undefined
        ? 'the accepted sizes are no range'
        : { overhead: found.least - 8192, error: found.error };
    },
  },
  {
    question: 'Q-G1',
    probe: 'Probe: global properties',
    read(probe) {
      const [line] = probe.of('getGlobalProperty 6')?.answer ?? [];
      return line?.startsWith('-> ') === true
        ? { supportedVersions: line.slice(3).split(' ').map(Number) }
        : 'the versions cannot be asked for';
    },
  },
  {
    question: 'Q-H1',
    probe: 'Probe: client headers without offers',
    read(probe) {
      const headers = probe.headers(1).filter(([name]) => !OWN_HEADERS.includes(name));
      const values = new Map(headers);
      return {
        order: headers.map(([name]) => name),
        connection: values.get('Connection'),
        upgrade: values.get('Upgrade'),
      };
    },
  },
  {
    question: 'Q-H2',
    probe: 'Probe: client headers with two subprotocols',
    read(probe) {
      const value = new Map(probe.headers(1)).get('Sec-WebSocket-Protocol');
      return { separator: /^chat(.*)superchat$/.exec(value ?? '')?.[1] };
    },
  },
  {
    question: 'Q-H4',
    probe: 'Probe: the client offers an empty subprotocol',
    read: (probe) => ({ error: failureOf(probe.at(1)) }),
  },
  {
    question: 'Q-H5',
    probe: "Probe: the client's calls out of order",
    read: (probe) => ({ wrongState: failureOf(probe.at(1)) }),
  },
  {
    question: 'Q-H5',
    probe: "Probe: a client is asked for the server's part",
    read: (probe) => ({ wrongSide: failureOf(probe.at(1)) }),
  },
  {
    question: 'Q-H7',
    probe: 'Probe: the answer chooses no subprotocol',
    read: (probe) => ({ acceptsNoSubprotocol: failureOf(probe.at(2)) === undefined }),
  },
  {
    question: 'Q-H7',
    probe: 'Probe: the answer chooses no extension',
    read: (probe) => ({ acceptsNoExtension: failureOf(probe.at(2)) === undefined }),
  },
  {
    question: 'Q-H10',
    probe: 'Probe: the request lacks Host',
    read: (probe) => ({ requiresHost: failureOf(probe.at(1)) !== undefined }),
  },
  {
    question: 'Q-H12',
    probe: 'Probe: server headers without choices',
    read: (probe) => ({ order: probe.headers(1).map(([name]) => name) }),
  },
  {
    question: 'Q-S1',
    probe: 'Probe: a client with a send buffer of 256 has room for 2 buffers',
    read(probe) {
      const [first] = writesOf(probe.runAfter('send BinaryMessage 1000 * 61'));
      return { contiguous: first === undefined ? undefined : first.buffers.length === 1 };
    },
  },
  {
    question: 'Q-S2',
    probe: 'Probe: a client with a send buffer of 256 has room for 2 buffers',
    read(probe) {
      const [, second] = writesOf(probe.runAfter('send BinaryMessage 1000 * 61'));
      const bytes = second?.buffers.flat() ?? [];
      if (bytes.includes(MASK_BYTE)) return 'each slice is a frame of its own';
      return { sliceReserve: second === undefined ? undefined : 256 - bytes.length };
    },
  },
  {
    question: 'Q-S1',
    probe: 'Probe: 40 bytes through a send buffer of 16',
    unless: 'Probe: a client with a send buffer of 256 has room for 2 buffers',
    read(probe) {
      const [first] = writesOf(probe.runAfter('send BinaryMessage 40 * 61'));
      return { contiguous: first === undefined ? undefined : first.buffers.length === 1 };
    },
  },
  {
    question: 'Q-S2',
    probe: 'Probe: 40 bytes through a send buffer of 16',
    unless: 'Probe: a client with a send buffer of 256 has room for 2 buffers',
    read(probe) {
      const [, second] = writesOf(probe.runAfter('send BinaryMessage 40 * 61'));
      const bytes = second?.buffers.flat() ?? [];
      if (bytes.includes(MASK_BYTE)) return 'each slice is a frame of its own';
      return { sliceReserve: second === undefined ? undefined : 16 - bytes.length };
    },
  },
  {
    question: 'Q-S5',
    probe: 'Probe: close statuses that can be sent',
    read(probe) {
      const all = probe.numbered(/send Close (\d+)/);
      const refused = refusedStatuses(all, (observation) => failureOf(observation) !== undefined);
      return typeof refused === 'string' ? refused : { refusedStatuses: refused };
    },
  },
  {
    question: 'Q-S7',
    probe: 'Probe: a payload given with a ping',
    read(probe) {
      if (failureOf(probe.of('send PingPong "a"')) !== undefined) return { controlPayload: 'refused' };
      const [ping] = writesOf(probe.of('run'));
      const payload = Buffer.from(ping?.buffers.flat().slice(2) ?? []).toString('latin1');
      return payload === 'a' ? 'the payload is sent' : { controlPayload: 'ignored' };
    },
  },
  {
    question: 'Q-R11',
    probe: 'Probe: a receive after closes',
    read(probe) {
      const error = failureOf(probe.of('receive as r2'));
      return { acceptsReceiveAfterClose: error === undefined, error };
    },
  },
  {
    question: 'Q-P1',
    probe: 'Probe: the frames of pings and closes',
    read(probe) {
      const bytes = writesOf(probe.runAfter('send PingPong')).flatMap(({ buffers }) => buffers.flat());
      return { pingPayload: Buffer.from(bytes.slice(6)).toString('hex') };
    },
  },
  {
    question: 'Q-P2',
    probe: 'Probe: a ping is answered',
    read(probe) {
      const [pong] = writesOf(probe.of('run Receive capacity=2'));
      if (pong === undefined) return 'there is no pong';
      const name = { 0x80000005: 'PingPong', 0x80000006: 'UnsolicitedPong' }[pong.type];
      return { pongType: name, segments: pong.buffers.length };
    },
  },
  {
    question: 'Q-P3',
    probe: 'Probe: a ping between the slices of a frame',
    // The receive queue is asked for the second time after a slice was handed out and the ping was read.
    read: (probe) => ({ pongBetweenSlices: writesOf(probe.of('r2 = getAction Receive')).length > 0 }),
  },
  {
    question: 'Q-P7',
    probe: 'Probe: a ping behind a close',
    read: (probe) => ({ answersPingAfterCloseReceived: writesOf(probe.of('run')).length > 0 }),
  },
  {
    question: 'Q-P8',
    probe: 'Probe: close statuses that can be received',
    read: receivedStatuses,
  },
  {
    question: 'Q-P8',
    probe: 'Probe: close statuses that a client can receive',
    unless: 'Probe: close statuses that can be received',
    read: receivedStatuses,
  },
  {
    question: 'Q-A1',
    probe: 'Probe: an abort of an idle session',
    read: (probe) => ({ error: failureOf(probe.of('send Utf8Message "a"')) }),
  },
];

/** The failures that a statement expects, with their diagnostics, and the codes that were seen instead. */
function failuresOf(
  statement: Statement,
  observation: Observation,
  wrongState: unknown,
): { diagnostic: number; expected: string; seen: string }[] {
  const { failure, command } = statement;
  if (failure?.diagnostic !== undefined) {
    const seen = failureOf(observation);
    // Wrong state: an earlier call succeeded although it should have failed, so the handshake is over. That is no
    // verdict.
    const isHandshake = command.verb.endsWith('Handshake');
    if (isHandshake && seen === wrongState) return [];
    return seen === undefined ? [] : [{ diagnostic: failure.diagnostic, expected: failure.code, seen }];
  }
  if (command.verb !== 'run') return [];
  const expected = command.expected.find(({ kind }) => kind === 'error');
  const answer = parseAnswer(statement, observation.answer);
  const seen = answer.kind === 'steps' ? answer.steps.find(({ kind }) => kind === 'error') : undefined;
  if (expected?.kind !== 'error' || expected.diagnostic === undefined || seen?.kind !== 'error') return [];
  return [{ diagnostic: expected.diagnostic, expected: expected.code, seen: seen.code }];
}

const DEFAULT_VERDICT = 'E_INVALID_PROTOCOL_FORMAT';
/** The call itself is refused here, not its data. Other answers of the table give the code. */
const WRONG_SIDE = 0x22;

function readVerdicts(
  bundle: Bundle,
  documents: readonly ScenarioDocument[],
  table: AnswerTable,
): { readings: Reading[]; inexpressible: Inexpressible[] } {
  const verdicts = table['verdicts'] ?? {};
  const wrongState = table['Q-H5']?.['wrongState'];
  const records = new Map(bundle.scenarios.map((record) => [`${record.file}\n${record.name}`, record]));
  const seen = new Map<number, Map<string, string>>();
  for (const scenario of documents.flatMap(({ scenarios }) => scenarios)) {
    const record = records.get(`${scenario.file}\n${scenario.name}`);
    if (record === undefined) continue;
    scenario.statements.forEach((statement, index) => {
      const observation = record.observations[index];
      if (observation?.statement !== callOf(statement) || observation.note !== undefined) return;
      for (const { diagnostic, expected, seen: code } of failuresOf(statement, observation, wrongState)) {
        const name = `0x${diagnostic.toString(16).padStart(2, '0')}`;
        // Skips places where the code depends on the place, and not on the condition.
        if (expected !== (verdicts[name] ?? DEFAULT_VERDICT) || diagnostic === WRONG_SIDE) continue;
        const codes = seen.get(diagnostic) ?? new Map<string, string>();
        if (!codes.has(code)) codes.set(code, scenario.name);
        seen.set(diagnostic, codes);
      }
    });
  }
  const readings: Reading[] = [];
  const inexpressible: Inexpressible[] = [];
  for (const [diagnostic, codes] of seen) {
    const name = `0x${diagnostic.toString(16).padStart(2, '0')}`;
    const [[code, from] = ['', '']] = codes;
    if (codes.size === 1) readings.push({ question: 'verdicts', name, value: code, from });
    else {
      const what = `${name} is ${[...codes].map(([each, where]) => `${each} in "${where}"`).join(', ')}`;
      inexpressible.push({ question: 'verdicts', from, what });
    }
  }
  return { readings, inexpressible };
}

/** Reads all values that a bundle shows, for the table. */
export function readAnswers(
  bundle: Bundle,
  documents: readonly ScenarioDocument[],
  table: AnswerTable,
): { readonly readings: readonly Reading[]; readonly inexpressible: readonly Inexpressible[] } {
  const readings: Reading[] = [];
  const inexpressible: Inexpressible[] = [];
  for (const reader of READERS) {
    const { question, probe, unless } = reader;
    const find = (name: string | undefined) => bundle.scenarios.find((each) => each.name === name);
    const record = find(probe);
    if (record === undefined || find(unless) !== undefined) continue;
    const values = reader.read(new Probe(record));
    if (typeof values === 'string') {
      inexpressible.push({ question, from: probe, what: values });
      continue;
    }
    for (const [name, value] of Object.entries(values)) {
      if (value !== undefined) readings.push({ question, name, value, from: probe });
    }
  }
  const verdicts = readVerdicts(bundle, documents, table);
  return {
    readings: [...readings, ...verdicts.readings],
    inexpressible: [...inexpressible, ...verdicts.inexpressible],
  };
}

/** A value of the table that a recording corrects. */
export interface Correction extends Reading {
  readonly before: unknown;
}

/** The table with the values of the readings, and the list of its changes. */
export function correct(
  table: AnswerTable,
  readings: readonly Reading[],
): { readonly table: AnswerTable; readonly corrections: readonly Correction[] } {
  const corrected: Record<string, Record<string, unknown>> = Object.fromEntries(
    Object.entries(table).map(([question, values]) => [question, { ...values }]),
  );
  const corrections: Correction[] = [];
  for (const reading of readings) {
    const { question, name, value } = reading;
    const values = corrected[question];
    if (values === undefined) continue;
    const before = values[name] ?? (question === 'verdicts' ? DEFAULT_VERDICT : undefined);
    if (JSON.stringify(before) === JSON.stringify(value)) continue;
    values[name] = value;
    corrections.push({ ...reading, before });
  }
  return { table: corrected, corrections };
}
