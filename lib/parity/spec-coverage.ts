/** Lists the items of the behaviour notes that have a scenario, and the items that are known to have none. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scenario } from './scenario/document.js';
import { packageRoot, readDocuments } from './scenario/documents.js';

/** An item of the notes, with the tags of its evidence. */
export interface SpecItem {
  readonly id: string;
  readonly text: string;
  readonly tags: readonly string[];
}

/** A condition of the component's diagnostics. */
export interface SpecDiagnostic {
  readonly id: string;
  readonly text: string;
}

/** A question that only the real DLL can answer (section G), and the interim answer. */
export interface SpecQuestion {
  readonly id: string;
  readonly text: string;
  readonly interim: string;
  /** The evidence for the interim answer; no tags for a guess. */
  readonly tags?: readonly string[];
}

/** The content of `test/scenarios/spec-items.json`. */
export interface SpecItems {
  readonly items: readonly SpecItem[];
  readonly diagnostics: readonly SpecDiagnostic[];
  readonly questions: readonly SpecQuestion[];
}

/** A row of `test/scenarios/not-reachable.md`. */
export interface Unreachable {
  readonly id: string;
  readonly reason: string;
  readonly instead: string;
}

/** The items of the notes, with the scenarios that show them. */
export interface Coverage {
  readonly spec: SpecItems;
  /** The scenarios for each id of the notes. */
  readonly scenarios: ReadonlyMap<string, readonly Scenario[]>;
  readonly unreachable: ReadonlyMap<string, Unreachable>;
  /** Ids without a scenario and without a stated reason. */
  readonly uncovered: readonly string[];
  /**
   * Errors: ids that a scenario or the table names but the notes do not have, and ids in the table although a
   * scenario shows them.
   */
  readonly mistakes: readonly string[];
}

function directory(): string {
  return join(packageRoot(), 'test', 'scenarios');
}

/** Reads the list of items. */
export function readSpecItems(): SpecItems {
  return JSON.parse(readFileSync(join(directory(), 'spec-items.json'), 'utf8')) as SpecItems;
}

/** Reads the table of the items that no scenario shows. */
export function readUnreachable(text: string): Unreachable[] {
  const rows = text.split('\n').map((line) => /^\| *([A-Z0-9x][\w.-]*) *\|(.*)\|(.*)\|$/.exec(line));
  return rows
    .filter((row) => row !== null)
    .map(([, id, reason, instead]) => ({ id: id!, reason: reason!.trim(), instead: instead!.trim() }));
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}

/** Compares the scenarios and the table with the list of items. */
export function specCoverage(
  scenarios: readonly Scenario[] = readDocuments().flatMap((document) => document.scenarios),
  spec: SpecItems = readSpecItems(),
  table: readonly Unreachable[] = readUnreachable(
    readFileSync(join(directory(), 'not-reachable.md'), 'utf8'),
  ),
): Coverage {
  const known = [...spec.items, ...spec.diagnostics, ...spec.questions].map(({ id }) => id);
  const found = new Map<string, Scenario[]>(known.map((id) => [id, []]));
  const mistakes: string[] = [];
  for (const scenario of scenarios) {
    const where = `${scenario.file}:${scenario.line}`;
    for (const id of [...scenario.items, ...scenario.diagnostics.map(hex), ...scenario.questions]) {
      const list = found.get(id);
      if (list === undefined) mistakes.push(`${where}: there is no ${id}`);
      else list.push(scenario);
    }
    if (scenario.questions.length > 0 && scenario.hint === undefined && scenario.recordedOn.length === 0) {
      mistakes.push(`${where}: an open question that has not been recorded needs "evidence:"`);
    }
  }
  const unreachable = new Map(table.map((row) => [row.id, row]));
  for (const { id } of table) {
    const list = found.get(id);
    if (list === undefined) mistakes.push(`not-reachable.md: there is no ${id}`);
    else if (list.length > 0) mistakes.push(`not-reachable.md: ${id} has a scenario in ${list[0]!.file}`);
  }
  const uncovered = known.filter((id) => found.get(id)!.length === 0 && !unreachable.has(id));
  return { spec, scenarios: found, unreachable, uncovered, mistakes };
}

function line(id: string, text: string, coverage: Coverage): string {
  const count = coverage.scenarios.get(id)!.length;
  const row = coverage.unreachable.get(id);
  const state = count > 0 ? String(count) : row === undefined ? 'NONE' : 'none';
  const reason = count > 0 || row === undefined ? '' : ` (${row.reason})`;
  return `${id.padEnd(7)} ${state.padStart(4)}  ${text}${reason}`;
}

/** The report that `npm run coverage:spec` prints. */
export function renderCoverage(coverage: Coverage): string {
  const { spec, uncovered, mistakes } = coverage;
  const section = (title: string, entries: readonly { readonly id: string; readonly text: string }[]) => {
    const covered = entries.filter(({ id }) => coverage.scenarios.get(id)!.length > 0).length;
    const reasoned = entries.filter(({ id }) => coverage.unreachable.has(id)).length;
    const counts = `${covered} of ${entries.length} have scenarios, ${reasoned} a reason for having none`;
    return [`${title}: ${counts}`, ...entries.map(({ id, text }) => line(id, text, coverage)), ''];
  };
  return [
    ...section('Items', spec.items),
    ...section('Diagnostics (A-7)', spec.diagnostics),
    ...section('Open questions', spec.questions),
    ...mistakes,
    uncovered.length === 0 ? 'Nothing is uncovered.' : `Uncovered: ${uncovered.join(', ')}`,
    '',
  ].join('\n');
}
