/**
 * Adopts a bundle: finds the scenarios that the bundle confirms or contradicts, and the files that change. This file
 * writes nothing. It checks every text before anybody writes it: if one answer in a bundle cannot come from a
 * recorder, the whole bundle is refused.
 */
import { HRESULTS } from '../component/errors.js';
import { parseAnswers, renderAnswers } from './answers-source.js';
import type { AnswerTable } from './answers-source.js';
import { correct, readAnswers } from './answers.js';
import type { Correction, Inexpressible } from './answers.js';
import { BundleFormatError } from './bundle.js';
import type { Bundle } from './bundle.js';
import { callOf } from './observe.js';
import type { Observation } from './observe.js';
import { printable } from './printable.js';
import { contradictions, rewriteDocument } from './rewrite.js';
import type { Rewriting } from './rewrite.js';
import { parseDocument } from './scenario/document.js';
import type { Scenario, ScenarioDocument } from './scenario/document.js';
import { parseAnswer, renderAnswer } from './scenario/judge.js';
import type { Answer } from './scenario/judge.js';
import type { Statement } from './scenario/script.js';

/** A scenario whose recording differs from its document. */
export interface Contradiction {
  readonly scenario: Scenario;
  /** The statements that differ, each with the difference. */
  readonly statements: readonly { readonly line: number; readonly text: string; readonly why: string }[];
  /**
   * Whether a person has to decide: the recording is incomplete, or of another version of the document, so it cannot
   * be written into the document.
   */
  readonly needsAPerson: boolean;
}

/** The result of comparing a bundle with a checkout. */
export interface Adoption {
  readonly bundle: Bundle;
  /** Scenarios whose recording agrees with their document. */
  readonly confirmed: readonly Scenario[];
  readonly contradicted: readonly Contradiction[];
  /** Names of recorded scenarios that no document here has. */
  readonly unknown: readonly string[];
  /** Values of the engine's table of answers that the bundle corrects. */
  readonly corrections: readonly Correction[];
  readonly table: AnswerTable;
  /** Observations for which the table of answers has no value. */
  readonly inexpressible: readonly Inexpressible[];
  /** Files that change, with their new text; paths relative to the package. */
  readonly files: ReadonlyMap<string, string>;
}

/** Characters of the longest value of a header, and of the longest mistake that a message shows. */
const LONGEST_VALUE = 256;
const SHOWN = 80;

/** Why no recorder can have written an answer; undefined if one can. */
function objection(statement: Statement, lines: readonly string[]): string | undefined {
  let answer: Answer;
  try {
    answer = parseAnswer(statement, lines);
  } catch (error) {
    return (error as Error).message;
  }
  if (renderAnswer(answer).join('\n') !== lines.join('\n')) return 'a recorder writes this differently';
  const failures =
    answer.kind === 'failed'
      ? [answer.failure.code]
      : answer.kind === 'steps'
        ? answer.steps.flatMap((step) => (step.kind === 'error' ? [step.code] : []))
        : [];
  const unknown = failures.find((code) => code.startsWith('E_') && !(code in HRESULTS));
  if (unknown !== undefined) return `there is no code ${unknown}`;
  const headers = answer.kind === 'headers' ? answer.headers : [];
  if (headers.some(({ name }) => !/^[\w!#$%&'*+.^|~-]{1,64}$/.test(name))) return 'no name of a header';
  return headers.some(({ value }) => value.length > LONGEST_VALUE)
    ? 'the value of a header is too long'
    : undefined;
}

/** Refuses observations that no recorder writes. Checks those of calls that the document has. */
function check(scenario: Scenario, observations: readonly Observation[]): void {
  if (observations.length > scenario.statements.length) {
    throw new BundleFormatError(
      `the bundle is malformed: "${scenario.name}" has ${observations.length} observations of ` +
        `${scenario.statements.length} calls`,
    );
  }
  scenario.statements.forEach((statement, index) => {
    const observation = observations[index];
    if (observation?.statement !== callOf(statement)) return;
    const why = objection(statement, observation.answer);
    if (why === undefined) return;
    const [first = ''] = observation.answer;
    throw new BundleFormatError(
      `the bundle is malformed: "${scenario.name}", observation ${index}: ${printable(why).slice(0, SHOWN)}: ` +
        printable(first).slice(0, SHOWN),
    );
  });
}

/** Reads a rewritten document. It must have the same scenarios as before, each with the same calls. */
function checkRewritten(file: string, text: string, before: readonly Scenario[]): void {
  const callsOf = (all: readonly Scenario[]): string =>
    all.map(({ name, statements }) => [name, ...statements.map(callOf)].join('\n')).join('\n\n');
  if (callsOf(parseDocument(file, text).scenarios) !== callsOf(before))
    throw new BundleFormatError(`the bundle would change more of ${file} than its answers`);
}

/**
 * Compares a bundle with the documents and the table of answers.
 *
 * @throws BundleFormatError no recorder can have written one of the observations.
 * @param texts - of the documents, by file.
 * @param answersFile - path and source of the table.
 */
export function adopt(
  bundle: Bundle,
  documents: readonly ScenarioDocument[],
  texts: ReadonlyMap<string, string>,
  answersFile: { readonly path: string; readonly source: string },
): Adoption {
  const all = documents.flatMap(({ scenarios }) => scenarios);
  const byName = new Map(all.map((scenario) => [scenario.name, scenario]));
  const confirmed: Scenario[] = [];
  const contradicted: Contradiction[] = [];
  const unknown: string[] = [];
  const rewritings = new Map<string, Rewriting[]>();
  for (const { name, observations } of bundle.scenarios) {
    const scenario = byName.get(name);
    if (scenario === undefined) {
      unknown.push(name);
      continue;
    }
    check(scenario, observations);
    const found = contradictions(scenario, observations);
    const needsAPerson = found.some(
      ({ statement, observation }) =>
        observation?.statement !== callOf(statement) || observation.note !== undefined,
    );
    if (found.length === 0) confirmed.push(scenario);
    else {
      contradicted.push({
        scenario,
        statements: found.map(({ statement, why }) => ({ line: statement.line, text: statement.text, why })),
        needsAPerson,
      });
    }
    if (needsAPerson) continue;
    const rewriting = { scenario, observations, recordedOn: bundle.system.recordedOn };
    rewritings.set(scenario.file, [...(rewritings.get(scenario.file) ?? []), rewriting]);
  }
  const table = parseAnswers(answersFile.source);
  const { readings, inexpressible } = readAnswers(bundle, documents, table);
  const corrected = correct(table, readings);
  const files = new Map<string, string>();
  for (const [file, ofFile] of rewritings) {
    const before = texts.get(file)!;
    const after = rewriteDocument(before, ofFile);
    if (after === before) continue;
    checkRewritten(
      file,
      after,
      all.filter((scenario) => scenario.file === file),
    );
    files.set(file, after);
  }
  if (corrected.corrections.length > 0) {
    const source = renderAnswers(answersFile.source, corrected.table);
    parseAnswers(source);
    files.set(answersFile.path, source);
  }
  return {
    bundle,
    confirmed,
    contradicted,
    unknown,
    corrections: corrected.corrections,
    table: corrected.table,
    inexpressible,
    files,
  };
}
