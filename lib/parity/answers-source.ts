/** The source file with the engine's answers: its table is read, and written again. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './scenario/documents.js';

/** The file that holds the answers, in a checkout of the repository. */
export const ANSWERS_FILE = 'lib/component/portable/answers.ts';

const BEGIN = 'export const ANSWERS: Answers = ';

/** The table: values by question, and the HRESULTs of the conditions under `verdicts`. */
export type AnswerTable = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The sources are not here, so there is no table to write the answers into. */
export class NoSourcesError extends Error {
  override readonly name = 'NoSourcesError';
}

/** The source text of the table. */
export function readAnswersSource(root = packageRoot()): string {
  const file = join(root, ANSWERS_FILE);
  if (!existsSync(file)) {
    throw new NoSourcesError(`there is no ${ANSWERS_FILE} here: this needs a checkout of the repository`);
  }
  return readFileSync(file, 'utf8');
}

/** Reads the table out of its source. */
export function parseAnswers(source: string): AnswerTable {
  const start = source.indexOf(BEGIN) + BEGIN.length;
  return JSON.parse(source.slice(start, source.lastIndexOf(';'))) as AnswerTable;
}

/** A value as the table writes it: with spaces inside of brackets. */
function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}: ${inline(field)}`);
  return `{ ${fields.join(', ')} }`;
}

/** The source with another table in it. Each question takes one line. */
export function renderAnswers(source: string, table: AnswerTable): string {
  const rows = Object.entries(table).map(([question, values]) => {
    if (question !== 'verdicts') return `  ${JSON.stringify(question)}: ${inline(values)}`;
    const verdicts = Object.entries(values)
      .sort(([left], [right]) => left.localeCompare(right))
      .map(([diagnostic, code]) => `    ${JSON.stringify(diagnostic)}: ${JSON.stringify(code)}`);
    return `  "verdicts": {\n${verdicts.join(',\n')}\n  }`;
  });
  return `${source.slice(0, source.indexOf(BEGIN))}${BEGIN}{\n${rows.join(',\n')}\n};\n`;
}
