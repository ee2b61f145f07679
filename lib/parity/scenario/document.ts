/**
 * Scenario documents: Markdown with a scenario under each second-level heading. They are read by our own code, because
 * a library (markdown-it gives line numbers) accepts what is refused here, such as a second script, and would have to be
 * bundled into the conformance suite as well. A test compares both on all documents.
 */
import { ScriptError, parseScript } from './script.js';
import type { Statement } from './script.js';

/**
 * The evidence of an expectation that no source states outright: none (`guess`), or a program that ran on a real
 * Windows one layer above the DLL. With `win`, that layer could be the cause; with `win+`, nothing but the DLL
 * explains the result.
 */
export type Hint = 'guess' | 'win' | 'win+';

const HINTS: readonly string[] = ['guess', 'win', 'win+'] satisfies readonly Hint[];

function isHint(word: string): word is Hint {
  return HINTS.includes(word);
}

/** Why `wspc parity ask` plays a scenario: it settles a question that matters before all others. */
export interface FirstQuestion {
  /** The place among the first questions, from 1. */
  readonly place: number;
  /** The engine's answer, as a sentence. */
  readonly claim: string;
  /** The consequences if Windows answers otherwise. */
  readonly otherwise: string;
}

/** One scenario of a document. */
export interface Scenario {
  /** Path relative to the package, such as `test/scenarios/send.md`. */
  readonly file: string;
  /** Line of the heading, from 1. */
  readonly line: number;
  readonly name: string;
  /** The document's text about the scenario, without metadata and script. */
  readonly prose: string;
  /** Items of the behaviour notes that the scenario shows, such as `D4-1`. */
  readonly items: readonly string[];
  /** Conditions of A-7 that the scenario meets. */
  readonly diagnostics: readonly number[];
  /** Open questions whose interim answer the scenario shows, such as `Q-P3`. */
  readonly questions: readonly string[];
  /** The weakest evidence of its expectations; undefined if a source states all of them. */
  readonly hint: Hint | undefined;
  /** The Windows builds on which it was recorded. */
  readonly recordedOn: readonly string[];
  /** Why its network bytes must arrive as written; undefined if they may be cut anywhere. */
  readonly pinned: string | undefined;
  /** Why only the action queues can play the scenario; undefined if a driver can play it, too. */
  readonly queuesOnly: string | undefined;
  /** Capabilities that the component must have. */
  readonly needs: readonly string[];
  /** What it settles, if it is one of the first questions to a real Windows. */
  readonly first: FirstQuestion | undefined;
  /** Line of the first line of the script. */
  readonly scriptLine: number;
  readonly script: string;
  readonly statements: readonly Statement[];
}

/** A document. */
export interface ScenarioDocument {
  readonly file: string;
  readonly title: string;
  readonly introduction: string;
  readonly scenarios: readonly Scenario[];
}

/** A document breaks the format; the message begins with `file:line`. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
  constructor(
    readonly file: string,
    readonly line: number,
    message: string,
  ) {
    super(`${file}:${line}: ${message}`);
  }
}

const KEYS = new Set([
  'items',
  'etw',
  'question',
  'evidence',
  'recorded-on',
  'pinned',
  'queues-only',
  'needs',
  'first',
]);
const FENCE = '```';

interface Section {
  readonly heading: string;
  readonly line: number;
  readonly lines: string[];
}

function sections(text: string): { before: string[]; sections: Section[] } {
  const before: string[] = [];
  const result: Section[] = [];
  let fenced = false;
  text.split(/\r?\n/).forEach((line, index) => {
    if (line.startsWith(FENCE)) fenced = !fenced;
    if (!fenced && line.startsWith('## '))
      result.push({ heading: line.slice(3).trim(), line: index + 1, lines: [] });
    else (result[result.length - 1]?.lines ?? before).push(line);
  });
  return { before, sections: result };
}

function list(value: string | undefined): string[] {
  return value === undefined ? [] : value.split(',').map((part) => part.trim());
}

function readScript(file: string, script: readonly string[], firstLine: number): Statement[] {
  try {
    return parseScript(script, firstLine);
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    throw new DocumentError(file, error.line, error.message);
  }
}

function parseSection(file: string, section: Section): Scenario {
  const fail = (offset: number, message: string): never => {
    throw new DocumentError(file, section.line + offset, message);
  };
  const metadata = new Map<string, string>();
  const prose: string[] = [];
  const script: string[] = [];
  let scriptLine = 0;
  let inScript = false;
  const isOpen = () => inScript;
  section.lines.forEach((line, index) => {
    const offset = index + 1;
    if (inScript) {
      if (line === FENCE) inScript = false;
      else script.push(line);
      return;
    }
    if (line.startsWith(FENCE)) {
      if (line !== `${FENCE}scenario`) fail(offset, `expected ${FENCE}scenario, not ${line}`);
      if (scriptLine !== 0) fail(offset, 'a heading has one scenario');
      inScript = true;
      scriptLine = section.line + offset + 1;
      return;
    }
    const match = /^- ([a-z-]+): (.*)$/.exec(line);
    if (match === null) prose.push(line);
    else if (!KEYS.has(match[1]!)) fail(offset, `unknown metadata "${match[1]!}"`);
    else if (metadata.has(match[1]!)) fail(offset, `metadata "${match[1]!}" is there twice`);
    else metadata.set(match[1]!, match[2]!.trim());
  });
  if (isOpen()) fail(section.lines.length, 'the scenario is not closed');
  if (scriptLine === 0) fail(0, 'the heading has no scenario');
  const evidence = metadata.get('evidence');
  if (evidence !== undefined && !isHint(evidence)) {
    return fail(0, `evidence must be one of ${HINTS.join(', ')}, not ${evidence}`);
  }
  const diagnostics = list(metadata.get('etw')).map((value) =>
    /^0x[0-9a-f]{2}$/.test(value)
      ? Number(value)
      : fail(0, `etw must be a list such as 0x05, 0x0b, not ${value}`),
  );
  const first = metadata.get('first');
  const [, place, claim, otherwise] = /^(\d+)\. (.+\.) Otherwise: (.+\.)$/.exec(first ?? '') ?? [];
  if (first !== undefined && otherwise === undefined) {
    fail(0, `first must be such as "1. A claim. Otherwise: what would change.", not ${first}`);
  }
  const statements = readScript(file, script, scriptLine);
  const pinned = metadata.get('pinned');
  const stepping = statements.find(({ command }) => command.verb === 'getAction');
  if (stepping !== undefined && pinned === undefined) {
    throw new DocumentError(file, stepping.line, 'single steps need the metadata "pinned", which says why');
  }
  return {
    file,
    line: section.line,
    name: section.heading,
    prose: prose.join('\n').trim(),
    items: list(metadata.get('items')),
    diagnostics,
    questions: list(metadata.get('question')),
    hint: evidence,
    recordedOn: list(metadata.get('recorded-on')),
    pinned,
    queuesOnly: metadata.get('queues-only'),
    needs: list(metadata.get('needs')),
    first: first === undefined ? undefined : { place: Number(place), claim: claim!, otherwise: otherwise! },
    scriptLine,
    script: script.join('\n'),
    statements,
  };
}

/** Reads a document. */
export function parseDocument(file: string, text: string): ScenarioDocument {
  const { before, sections: found } = sections(text);
  const title = before.find((line) => line.startsWith('# '));
  if (title === undefined)
    throw new DocumentError(file, 1, 'a document begins with a title, such as # Sending');
  const names = new Set<string>();
  for (const { heading, line } of found) {
    if (names.has(heading)) throw new DocumentError(file, line, `the heading "${heading}" is there twice`);
    names.add(heading);
  }
  return {
    file,
    title: title.slice(2).trim(),
    introduction: before
      .filter((line) => line !== title)
      .join('\n')
      .trim(),
    scenarios: found.map((section) => parseSection(file, section)),
  };
}
