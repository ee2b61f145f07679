/**
 * Random calls, legal and not: a script is made of a seed, played on two components, and cut down when they answer
 * differently, to a scenario document that can be committed as it is. The generator writes scenario text, so what is
 * found is what is read; it needs no library, so it runs wherever the package is installed.
 */
import type { Component } from '../component/contract.js';
import { areAlike, observe } from './observe.js';
import type { Observation } from './observe.js';
import { rewriteDocument } from './rewrite.js';
import { parseDocument } from './scenario/document.js';
import type { Scenario } from './scenario/document.js';

/** Numbers from a seed: the same ones everywhere (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let value = this.#state;
    value = Math.imul(value ^ (value >>> 15), value | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 0x100000000;
  }

  /** An integer from 0 to below the limit. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }
}

const SIZES = [0, 1, 2, 5, 13, 16, 17, 64, 125, 126, 127, 200, 256, 257, 300, 1000, 4096, 5000, 65535, 65536];
const DATA = ['Utf8Message', 'Utf8Fragment', 'BinaryMessage', 'BinaryFragment'];
const STATUSES = [0, 999, 1000, 1001, 1004, 1005, 1006, 1007, 1011, 1012, 1015, 2999, 3000, 4999, 65535];
const OPCODES = ['text', 'binary', 'continuation', 'ping', 'pong', 'close'];

/** Content: a few bytes, repeated bytes, text that is UTF-8 or not. */
function content(random: Random, most = Infinity): string {
  const kind = random.below(8);
  const size = Math.min(most, random.pick(SIZES.slice(0, random.chance(0.9) ? 14 : SIZES.length)));
  if (size === 0) return '""';
  if (kind === 0) return '"h\u00e9llo"';
  if (kind === 1) return 'c3 28';
  if (kind === 2) return 'e2 82';
  if (kind === 3) return 'ac';
  if (kind === 4) return '"a"';
  return `${size} * ${random.pick(['61', '00', '7f', '62'])}`;
}

function frame(random: Random): string {
  const opcode = random.chance(0.04) ? `opcode=${random.below(16)}` : random.pick(OPCODES);
  const words = [opcode];
  if (random.chance(0.25)) words.push('more');
  if (random.chance(0.03)) words.push(random.pick(['rsv1', 'rsv2', 'rsv3']));
  if (random.chance(0.03)) words.push(random.pick(['masked', 'unmasked']));
  if (random.chance(0.2)) words.push(`key=${random.pick(['00000000', '01020304', 'ff00ff00'])}`);
  if (random.chance(0.03)) words.push(`form=${random.pick(['16', '64'])}`);
  if (opcode === 'close') {
    if (random.chance(0.8)) words.push(String(random.pick(STATUSES.slice(1))), '"bye"');
    else if (random.chance(0.3)) words.push('03');
  } else
    words.push(
      content(random, opcode === 'ping' || opcode === 'pong' ? (random.chance(0.95) ? 125 : 130) : Infinity),
    );
  return `network ${words.join(' ')}`;
}

function send(random: Random): string {
  const kind = random.below(12);
  const context = random.chance(0.3) ? ` as c${random.below(4)}` : '';
  if (kind === 0) return `send PingPong${random.chance(0.1) ? ' "a"' : ''}${context}`;
  if (kind === 1) return `send UnsolicitedPong${context}`;
  if (kind === 2) {
    const status = random.chance(0.2) ? '' : ` ${random.pick(STATUSES)}`;
    const reason =
      status !== '' && random.chance(0.5) ? ` ${random.pick(['"bye"', '123 * 61', '124 * 61'])}` : '';
    return `send Close${status}${reason}${context}`;
  }
  if (kind === 3 && random.chance(0.3))
    return `send ${random.pick(['0x0', '0x102', '0x80000007', '0x1ff'])} "a"`;
  return `send ${random.pick(DATA)} ${content(random)}${context}`;
}

function run(random: Random): string {
  const words = ['run'];
  if (random.chance(0.5)) words.push(random.pick(['Send', 'Receive', 'All']));
  if (random.chance(0.3)) words.push(`capacity=${random.pick([1, 2, 3, 16])}`);
  if (random.chance(0.05)) words.push(`completing=${random.below(3)}`);
  return words.join(' ');
}

function handshake(random: Random, role: string): string[] {
  if (random.chance(0.85)) return ['open'];
  const without = random.pick(['', '', ' without Upgrade', ' without Connection']);
  const extra = random.pick([
    [],
    [],
    ['Upgrade: websocket'],
    ['Sec-WebSocket-Protocol: chat'],
    ['Sec-WebSocket-Extensions: foo; x=1'],
    ['Connection: keep-alive, Upgrade'],
  ]);
  const choice = random.pick([[], [], ['subprotocol chat'], ['extension foo'], ['subprotocol "a b"']]);
  const headers = [`standard headers${without}`, ...extra].map((line) => `  ${line}`);
  const chosen = choice.map((line) => `  ${line}`);
  const script =
    role === 'client'
      ? [
          ['beginClientHandshake', ...chosen],
          ['endClientHandshake', ...headers],
        ]
      : [['beginServerHandshake', ...headers, ...chosen], ['endServerHandshake']];
  if (random.chance(0.2))
    script.splice(random.below(2), 0, [random.pick(['abort', 'send Utf8Message "a"', 'receive'])]);
  if (random.chance(0.1)) script.reverse();
  return script.map((lines) => lines.join('\n'));
}

/** Makes the statements of a script, each with what is indented below it. */
export function generate(random: Random): string[] {
  const role = random.pick(['client', 'server']);
  const properties: string[] = [];
  if (random.chance(0.3)) properties.push(`receiveBufferSize=${random.pick([255, 256, 257, 300, 1024])}`);
  if (random.chance(0.3)) properties.push(`sendBufferSize=${random.pick([15, 16, 17, 64, 256])}`);
  if (random.chance(0.1)) properties.push('disableMasking=true');
  if (random.chance(0.1)) properties.push('disableUtf8Verification=true');
  const script = [['create', role, ...properties].join(' '), ...handshake(random, role)];
  const actions: string[] = [];
  for (let left = 3 + random.below(25); left > 0; left--) {
    const kind = random.below(20);
    if (kind < 5) script.push(send(random));
    else if (kind < 9) script.push(frame(random));
    else if (kind < 12) {
      const into = random.chance(0.15) ? ` into ${random.pick([1, 4, 100, 300])}` : '';
      script.push(`receive${into}${random.chance(0.4) ? ` as c${random.below(4)}` : ''}`);
    } else if (kind < 16) script.push(run(random));
    else if (kind < 18) {
      const name = `a${actions.length}`;
      actions.push(name);
      script.push(`${name} = getAction ${random.pick(['Send', 'Receive', 'All', 'All'])}`);
    } else if (kind === 18 && actions.length > 0) {
      const bytes = random.chance(0.15) ? ` ${random.pick([0, 1, 100000])}` : '';
      script.push(`completeAction ${random.pick(actions)}${bytes}`);
    } else if (random.chance(0.3))
      script.push(random.pick(['abort', 'delete', 'completeAction null', 'getAction 0']));
  }
  script.push('run');
  return script;
}

/** A document with one scenario. */
function documentOf(name: string, prose: string, statements: readonly string[]): string {
  const script = statements.join('\n');
  return [
    '# Found by fuzz',
    '',
    'Random calls that two backends answered otherwise, cut down to what is needed for that.',
    '',
    `## ${name}`,
    '',
    ...(prose === '' ? [] : [prose, '']),
    '- evidence: guess',
    '- pinned: found with the bytes as they are',
    '',
    '```scenario',
    script,
    '```',
    '',
  ].join('\n');
}

function scenarioOf(statements: readonly string[]): Scenario {
  return parseDocument('fuzz.md', documentOf('A script', '', statements)).scenarios[0]!;
}

/** How two components are asked. */
export interface FuzzPair {
  readonly left: Component;
  readonly right: Component;
}

/** What was found. */
export interface FuzzFinding {
  readonly seed: number;
  /** Number of the run, from 1, that found it. */
  readonly run: number;
  /** Statements before and after it was cut down. */
  readonly statementsBefore: number;
  readonly statements: readonly string[];
  readonly statement: string;
  readonly left: Observation | undefined;
  readonly right: Observation | undefined;
  /** A scenario document, with what the left one answered. */
  readonly document: string;
}

interface Disagreement {
  readonly statement: string;
  readonly left: Observation | undefined;
  readonly right: Observation | undefined;
}

/** A rule that holds for every action names its item; a script that makes no sense is told otherwise. */
const RULE = /\((?:[A-Z]\d+-\d|Q-)|does not end|does not fit/;

/** The first statement that is answered otherwise, or by one side breaks a rule that holds for every action. */
function disagreement(statements: readonly string[], { left, right }: FuzzPair): Disagreement | null {
  const scenario = scenarioOf(statements);
  const ofLeft = observe(scenario, left);
  const ofRight = left === right ? ofLeft : observe(scenario, right);
  for (const [index, { text }] of scenario.statements.entries()) {
    const one = ofLeft[index];
    const other = ofRight[index];
    const breaksRule = [one?.note, other?.note].some((note) => note !== undefined && RULE.test(note));
    if (breaksRule || !areAlike(one, other)) return { statement: text, left: one, right: other };
  }
  return null;
}

/** Smaller versions of one statement. */
function simpler(statement: string): string[] {
  const versions: string[] = [];
  const repeated = / (\d+) \* ([0-9a-f]{2})/.exec(statement);
  if (repeated !== null) {
    const size = Number(repeated[1]);
    for (const smaller of [1, Math.floor(size / 2), size - 1]) {
      if (smaller > 0 && smaller < size)
        versions.push(statement.replace(repeated[0], ` ${smaller} * ${repeated[2]!}`));
    }
  }
  for (const word of [
    / as \w+$/,
    / capacity=\d+/,
    / completing=\d+/,
    / key=[0-9a-f]+/,
    /(?<=^create .*) \w+=(?:\d+|true)/,
  ]) {
    if (word.test(statement)) versions.push(statement.replace(word, ''));
  }
  return versions;
}

/** Cuts a script down as long as the two still disagree. */
export function shrink(statements: readonly string[], pair: FuzzPair, until = Infinity): string[] {
  let smallest = [...statements];
  const holds = (candidate: readonly string[]): boolean => {
    if (candidate.length === 0 || performance.now() > until) return false;
    return disagreement(candidate, pair) !== null;
  };
  for (let size = Math.ceil(smallest.length / 2); size >= 1;) {
    let removed = false;
    for (let at = smallest.length - size; at >= 1; at -= size) {
      const candidate = [...smallest.slice(0, at), ...smallest.slice(at + size)];
      if (!holds(candidate)) continue;
      smallest = candidate;
      removed = true;
    }
    if (!removed || size > 1) size = size === 1 ? 0 : Math.floor(size / 2);
  }
  for (let changed = true; changed;) {
    changed = false;
    for (let at = 0; at < smallest.length && !changed; at++) {
      for (const version of simpler(smallest[at]!)) {
        const candidate = smallest.with(at, version);
        if (!holds(candidate)) continue;
        smallest = candidate;
        changed = true;
        break;
      }
    }
  }
  return smallest;
}

/** What to do, and for how long; whichever ends first. */
export interface FuzzOptions {
  readonly seed: number;
  /** Milliseconds. Default: no limit. */
  readonly time?: number;
  /** Scripts. Default: no limit. */
  readonly runs?: number;
  /** Asked after each run whether to go on. */
  readonly goesOn?: (run: number) => boolean;
}

/** Runs scripts until two components disagree, or time or runs are over. */
export function fuzz(pair: FuzzPair, { seed, time = Infinity, runs = Infinity, goesOn }: FuzzOptions) {
  const end = performance.now() + time;
  let run = 0;
  while (run < runs && performance.now() < end && (goesOn === undefined || goesOn(run))) {
    run++;
    // Each run has a seed of its own, so that any one can be repeated alone.
    const statements = generate(new Random(seed + run));
    const found = disagreement(statements, pair);
    if (found === null) continue;
    const smallest = shrink(statements, pair, performance.now() + 20_000);
    const { statement, left, right } = disagreement(smallest, pair) ?? found;
    const name = `Fuzz, seed ${seed}, run ${run}`;
    const prose = `\`${statement}\` is answered otherwise.`;
    const plain = documentOf(name, prose, smallest);
    const scenario = parseDocument('fuzz.md', plain).scenarios[0]!;
    const observations = observe(scenario, pair.left);
    const document = rewriteDocument(plain, [
      { scenario, observations, recordedOn: undefined, everything: true },
    ]);
    const finding: FuzzFinding = {
      seed,
      run,
      statementsBefore: statements.length,
      statements: smallest,
      statement,
      left,
      right,
      document,
    };
    return { runs: run, finding };
  }
  return { runs: run, finding: null };
}
