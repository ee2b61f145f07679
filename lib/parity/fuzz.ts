/**
 * Random calls, legal and illegal. A seed gives a script, which two components play. If they answer differently, the
 * script is cut down to a scenario document that can be committed as it is. fast-check makes the scripts and cuts
 * them down. The build bundles fast-check into the package, so this runs wherever the package is installed.
 */
import { fc } from '../vendor/fast-check.js';
import { compare } from './compare.js';
import type { Disagreement, FuzzPair } from './compare.js';
import { observe } from './observe.js';
import type { Observation } from './observe.js';
import { scripts } from './random/scripts.js';
import type { Script } from './random/scripts.js';
import { rewriteDocument } from './rewrite.js';
import { parseDocument } from './scenario/document.js';
import type { Scenario } from './scenario/document.js';

export type { FuzzPair } from './compare.js';

/** Scripts per portion. A portion has one seed, and begins with the simplest scripts. */
export const PORTION = 100;

/** Milliseconds that each of the two ways to cut a script down may take. */
const LONGEST_SHRINK = 5_000;

/** A document with one scenario. */
function documentOf(name: string, prose: string, statements: Script): string {
  return [
    '# Found by fuzz',
    '',
    'Random calls that two backends answered differently, cut down to what is needed for that.',
    '',
    `## ${name}`,
    '',
    ...(prose === '' ? [] : [prose, '']),
    '- evidence: guess',
    '- pinned: found with the bytes as they are',
    '',
    '```scenario',
    statements.join('\n'),
    '```',
    '',
  ].join('\n');
}

function scenarioOf(statements: Script): Scenario {
  return parseDocument('fuzz.md', documentOf('A script', '', statements)).scenarios[0]!;
}

/** A script on which two components disagree. */
export interface FuzzFinding {
  readonly seed: number;
  /** Number of the script, from 1. */
  readonly run: number;
  /** Statements of the script before it was cut down. */
  readonly statementsBefore: number;
  readonly statements: readonly string[];
  readonly statement: string;
  readonly left: Observation | undefined;
  readonly right: Observation | undefined;
  /** A scenario document with the left component's answers. */
  readonly document: string;
}

/** How many scripts to play, and for how long. The search ends at the limit that is reached first. */
export interface FuzzOptions {
  /** Seed of all scripts: the same seed makes the same scripts. */
  readonly seed: number;
  /** Longest time, in milliseconds. Default: no limit. */
  readonly time?: number;
  /** Most scripts to play. Default: no limit. */
  readonly runs?: number;
  /**
   * Number of scripts of this seed to skip, because an earlier call has played them: a multiple of {@link PORTION}.
   * Default: 0.
   */
  readonly after?: number;
}

/** The result of a search. */
export interface FuzzResult {
  /** Scripts that this call has played, without the plays that only cut a script down. */
  readonly runs: number;
  readonly finding: FuzzFinding | null;
  /** Number of scripts whose comparison ended at an open question, by question. */
  readonly openQuestions: Readonly<Record<string, number>>;
}

/** The seed of a portion. Neighbouring portions get unrelated seeds. */
function portionSeed(seed: number, portion: number): number {
  return (Math.imul(seed ^ 0x5bf03635, 0x9e3779b1) ^ Math.imul(portion + 1, 0x85ebca6b)) | 0;
}

/** Finds the first script of a portion on which two components disagree, and the smallest script made from it. */
class Search {
  /** Scripts played before the first disagreement. */
  runs = 0;
  first: Script | null = null;
  smallest: Script = [];
  disagreement: Disagreement | null = null;
  private shrinkUntil = Infinity;

  constructor(
    private readonly pair: FuzzPair,
    private readonly openQuestions: Record<string, number>,
    private readonly end: number,
  ) {}

  play(seed: number, runs: number): void {
    fc.check(
      fc.property(scripts, (script) => this.holds(script)),
      { seed, numRuns: runs },
    );
  }

  private holds(script: Script): boolean {
    const now = performance.now();
    if (now > (this.first === null ? this.end : this.shrinkUntil)) return true;
    const { disagreement, openQuestion } = compare(scenarioOf(script), this.pair);
    if (this.first === null) {
      this.runs++;
      if (openQuestion !== undefined)
        this.openQuestions[openQuestion] = (this.openQuestions[openQuestion] ?? 0) + 1;
    }
    if (disagreement === null) return true;
    if (this.first === null) {
      this.first = script;
      this.shrinkUntil = now + LONGEST_SHRINK;
    }
    this.smallest = script;
    this.disagreement = disagreement;
    return false;
  }
}

/**
 * Leaves out each statement without which the two components still disagree. fast-check cannot: it keeps all
 * statements of one generator.
 */
function withoutNeedless(script: Script, pair: FuzzPair, until: number): Script {
  let smallest = script;
  for (let at = script.length - 1; at > 0 && performance.now() < until; at--) {
    const candidate = smallest.filter((_, index) => index !== at);
    if (compare(scenarioOf(candidate), pair).disagreement !== null) smallest = candidate;
  }
  return smallest;
}

function findingOf(search: Search, seed: number, run: number, pair: FuzzPair): FuzzFinding {
  const smallest = withoutNeedless(search.smallest, pair, performance.now() + LONGEST_SHRINK);
  const { statement, left, right } = compare(scenarioOf(smallest), pair).disagreement ?? search.disagreement!;
  const prose = `\`${statement.split('\n')[0]!}\` is answered differently.`;
  const plain = documentOf(`Fuzz, seed ${seed}, script ${run}`, prose, smallest);
  const scenario = parseDocument('fuzz.md', plain).scenarios[0]!;
  const observations = observe(scenario, pair.left);
  const document = rewriteDocument(plain, [
    { scenario, observations, recordedOn: undefined, everything: true },
  ]);
  return {
    seed,
    run,
    statementsBefore: search.first!.length,
    statements: smallest,
    statement,
    left,
    right,
    document,
  };
}

/** Plays scripts until two components disagree, or a limit is reached. */
export function fuzz(pair: FuzzPair, options: FuzzOptions): FuzzResult {
  const { seed, time = Infinity, runs = Infinity, after = 0 } = options;
  const end = performance.now() + time;
  const openQuestions: Record<string, number> = {};
  let run = 0;
  for (let portion = after / PORTION; run < runs && performance.now() < end; portion++) {
    const search = new Search(pair, openQuestions, end);
    search.play(portionSeed(seed, portion), Math.min(PORTION, runs - run));
    run += search.runs;
    if (search.first !== null)
      return { runs: run, finding: findingOf(search, seed, after + run, pair), openQuestions };
  }
  return { runs: run, finding: null, openQuestions };
}
