/**
 * Adopts a bundle: what it confirms and contradicts, and which files change. Nothing is written here, and all that would be
 * written is checked first: a bundle with one answer that no recorder writes is refused as a whole.
 */
import { HRESULTS } from '../component/errors.js';
import { correct, parseAnswers, readAnswers, renderAnswers } from './answers.js';
import type { AnswerTable, Correction, Inexpressible } from './answers.js';
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
  /** The recording cannot be written into the document: it is of another version of the document, or incomplete. */
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

/** Characters of a header's value, or of a mistake in a message, at most. */
const LONGEST_VALUE = 256;
const SHOWN = 80;

/** Why an answer is not one that a recorder writes; undefined for one that is. */
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

/** Refuses observations that no recorder writes, of the calls that the document has. */
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

/** Reads a document that was rewritten: it has the same scenarios, each with the same calls. */
function checkRewritten(file: string, text: string, before: readonly Scenario[]): void {
  const callsOf = (all: readonly Scenario[]): string =>
    all.map(({ name, statements }) => [name, ...statements.map(callOf)].join('\n')).join('\n\n');
  if (callsOf(parseDocument(file, text).scenarios) !== callsOf(before))
    throw new BundleFormatError(`the bundle would change more of ${file} than its answers`);
}

/**
 * Compares a bundle with the documents and the table of answers.
 *
 * @throws BundleFormatError an observation of the bundle is none that a recorder writes.
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
