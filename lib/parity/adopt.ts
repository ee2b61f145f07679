/** Takes over a bundle: what it confirms and contradicts, and what to write where. Nothing is written here. */
import { correct, parseAnswers, readAnswers, renderAnswers } from './answers.js';
import type { AnswerTable, Correction, Inexpressible } from './answers.js';
import type { Bundle } from './bundle.js';
import { callOf } from './observe.js';
import { contradictions, rewriteDocument } from './rewrite.js';
import type { Rewriting } from './rewrite.js';
import type { Scenario, ScenarioDocument } from './scenario/document.js';

/** A scenario that went otherwise where the bundle was recorded. */
export interface Contradiction {
  readonly scenario: Scenario;
  /** Each with the reason. */
  readonly statements: readonly { readonly line: number; readonly text: string; readonly why: string }[];
  /** It cannot be written into the document: the recording fits another version, or broke off. */
  readonly needsAPerson: boolean;
}

/** What to do with a bundle. */
export interface Adoption {
  readonly bundle: Bundle;
  /** Scenarios that went as their documents say. */
  readonly confirmed: readonly Scenario[];
  readonly contradicted: readonly Contradiction[];
  /** Recorded, but in no document here. */
  readonly unknown: readonly string[];
  /** Changes of the engine's table. */
  readonly corrections: readonly Correction[];
  readonly table: AnswerTable;
  /** What the table cannot say. */
  readonly inexpressible: readonly Inexpressible[];
  /** Files that change, with their new text; paths relative to the package. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Compares a bundle with the documents and the table of answers.
 *
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
    if (after !== before) files.set(file, after);
  }
  if (corrected.corrections.length > 0) {
    files.set(answersFile.path, renderAnswers(answersFile.source, corrected.table));
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
