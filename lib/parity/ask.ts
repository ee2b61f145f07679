/**
 * The first questions to a real Windows, and the answers as a short text for an issue. The text has the answers that
 * differ from the engine's. A reader with the same scenarios and the same engine can make the whole bundle from it.
 */
import { createHash } from 'node:crypto';
import type { Component } from '../component/contract.js';
import {
  BUNDLE_FORMAT,
  BUNDLE_VERSION,
  BundleFormatError,
  originOf,
  parseBundle,
  renderBundle,
} from './bundle.js';
import type { Bundle, ScenarioRecord } from './bundle.js';
import { areAlike, comparable, observe } from './observe.js';
import type { Observation } from './observe.js';
import { printable } from './printable.js';
import type { FirstQuestion, Scenario, ScenarioDocument } from './scenario/document.js';

/** Most lines of a text. */
export const MOST_LINES = 40;

const HEAD = 'websocket-protocol-component parity answers, format 1';
const FENCE = '```';
/** Between the lines of one answer. */
const NEXT = ' ;; ';
/** An answer without lines: the call succeeded. */
const SUCCESS = 'ok';

/** A scenario of the first questions. */
export interface AskedScenario extends Scenario {
  readonly first: FirstQuestion;
}

function isFirst(scenario: Scenario): scenario is AskedScenario {
  return scenario.first !== undefined;
}

/** The scenarios of the first questions, in their order. */
export function firstScenarios(documents: readonly ScenarioDocument[]): readonly AskedScenario[] {
  return documents
    .flatMap(({ scenarios }) => scenarios)
    .filter(isFirst)
    .sort((left, right) => left.first.place - right.first.place);
}

/** The documents with the scenarios of the first questions, and no others. */
export function firstDocuments(documents: readonly ScenarioDocument[]): readonly ScenarioDocument[] {
  return documents.map((document) => ({ ...document, scenarios: document.scenarios.filter(isFirst) }));
}

/** The engine's answers without diagnostics, which a DLL does not report. */
function engineAnswers(scenario: Scenario, engine: Component): readonly Observation[] {
  return observe(scenario, engine).map((each) => ({ statement: each.statement, answer: comparable(each) }));
}

/** A digest of the calls and the engine's answers. A text is only valid with the same ones. */
function markOf(scenario: Scenario, engine: readonly Observation[]): string {
  const text = JSON.stringify([scenario.name, engine]);
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** One line for each answer that differs, with the numbers of its calls, from 1. */
function differences(record: ScenarioRecord, engine: readonly Observation[]): readonly string[] | undefined {
  const calls = new Map<string, number[]>();
  for (const [index, observation] of record.observations.entries()) {
    if (observation.note !== undefined || observation.statement !== engine[index]?.statement)
      return undefined;
    if (areAlike(observation, engine[index])) continue;
    const answer = observation.answer.length === 0 ? SUCCESS : comparable(observation).join(NEXT);
    calls.set(answer, [...(calls.get(answer) ?? []), index + 1]);
  }
  if (record.observations.length !== engine.length) return undefined;
  return [...calls].map(([answer, numbers]) => `   calls ${numbers.join(',')}: ${answer}`);
}

/** The answers of a bundle as a text of at most {@link MOST_LINES} lines. */
export function renderAsked(
  bundle: Bundle,
  asked: readonly AskedScenario[],
  engine: Component,
  file: string,
): string {
  const { backend, dll, platform, release, arch, node } = bundle.system;
  const fields = Object.entries({ dll: dll ?? 'none', platform, release, arch, node });
  const lines = [
    FENCE,
    HEAD,
    `${backend} ${fields.map(([name, value]) => `${name}=${value.replaceAll(' ', '-')}`).join(' ')}`,
  ];
  let left = MOST_LINES - lines.length - 2 * asked.length - 2;
  let same = 0;
  for (const scenario of asked) {
    const { place, claim, otherwise } = scenario.first;
    const answers = engineAnswers(scenario, engine);
    lines.push(`${place}. ${claim} [${markOf(scenario, answers)}]`);
    const record = bundle.scenarios.find(({ name }) => name === scenario.name);
    const found = record === undefined ? undefined : differences(record, answers);
    if (found === undefined || found.length > left) {
      lines.push(`   NO, see the bundle. This changes: ${otherwise}`);
    } else if (found.length === 0) {
      same++;
      lines.push(`   yes. Otherwise it would change: ${otherwise}`);
    } else {
      left -= found.length;
      lines.push(`   NO. This changes: ${otherwise}`, ...found);
    }
  }
  lines.push(`${same} of ${asked.length} as the engine answers. The bundle: ${file}`, FENCE);
  return lines.join('\n');
}

/** Whether a text contains answers of `wspc parity ask`. */
export function isAsked(text: string): boolean {
  return text.includes(HEAD);
}

function refuse(why: string): never {
  throw new BundleFormatError(`the answers are malformed: ${why}`);
}

/** The lines from the head on, without the marks that a mail or an issue adds. */
function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/^[>\s]+/, '').trimEnd());
  return lines.slice(lines.indexOf(HEAD) + 1).filter((line) => line !== '' && line !== FENCE);
}

function systemOf(line: string | undefined): Bundle['system'] {
  const [backend, ...fields] = (line ?? '').split(' ');
  const values = new Map(fields.map((field) => field.split(/=(.*)/s, 2) as [string, string]));
  const field = (name: string): string => values.get(name) ?? refuse(`the machine has no ${name}`);
  const given = field('dll');
  const dll = given === 'none' ? null : given.replaceAll('-', ' ');
  const release = field('release');
  const [platform, arch, node] = [field('platform'), field('arch'), field('node')];
  return { backend: backend!, dll, ...originOf(dll, release), platform, release, arch, node };
}

/** Reads the lines below a question into the engine's answers. */
function readDifferences(answers: Observation[], lines: readonly string[], place: number): void {
  for (const line of lines) {
    const [, numbers, text] = /^calls ([\d,]+): (.+)$/.exec(line) ?? [];
    if (numbers === undefined) refuse(`${printable(line).slice(0, 80)} is not understood`);
    for (const number of numbers.split(',').map(Number)) {
      const before = answers[number - 1];
      if (before === undefined) refuse(`question ${place} has no call ${number}`);
      const answer = text === SUCCESS ? [] : text!.split(NEXT);
      answers[number - 1] = { statement: before.statement, answer };
    }
  }
}

/**
 * Makes a bundle from the text of `wspc parity ask`. Questions whose answers only the bundle has are left out.
 *
 * @throws BundleFormatError the text is malformed or incomplete, or was made by another version.
 */
export function parseAsked(text: string, documents: readonly ScenarioDocument[], engine: Component): Bundle {
  const [machine, ...lines] = linesOf(text);
  const system = systemOf(machine);
  const end = lines.findIndex((line) => /^\d+ of \d+ as the engine answers\./.test(line));
  if (end < 0) refuse('the last line is missing');
  const starts = lines.slice(0, end).flatMap((line, index) => (/^\d+\. /.test(line) ? [index] : []));
  if (starts[0] !== 0) refuse('no question comes first');
  const asked = firstScenarios(documents);
  let same = 0;
  const scenarios: ScenarioRecord[] = [];
  for (const [index, start] of starts.entries()) {
    const [question, verdict, ...rest] = lines.slice(start, starts[index + 1] ?? end);
    const [, digits, mark] = /^(\d+)\. .* \[([0-9a-f]{8})\]$/.exec(question!) ?? [];
    const place = Number(digits);
    const scenario = asked.find(({ first }) => first.place === place);
    const answers = scenario === undefined ? [] : [...engineAnswers(scenario, engine)];
    if (scenario === undefined || markOf(scenario, answers) !== mark) {
      refuse(`question ${place} is another one here, or the engine answers otherwise: take the bundle`);
    }
    if (scenarios.some(({ name }) => name === scenario.name)) refuse(`question ${place} is there twice`);
    if (verdict?.startsWith('NO, see the bundle.') === true && rest.length === 0) continue;
    const isSame = verdict?.startsWith('yes.') === true;
    if (isSame ? rest.length > 0 : verdict?.startsWith('NO.') !== true || rest.length === 0) {
      refuse(`question ${place} has no answer`);
    }
    if (isSame) same++;
    readDifferences(answers, rest, place);
    const { file, name, questions } = scenario;
    scenarios.push({ file, name, questions, observations: answers });
  }
  if (lines[end] !== undefined && !lines[end].startsWith(`${same} of ${starts.length} `)) {
    refuse('the last line counts otherwise');
  }
  return parseBundle(renderBundle({ format: BUNDLE_FORMAT, version: BUNDLE_VERSION, system, scenarios }));
}
