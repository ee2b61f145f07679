/** How much of the behaviour is known, and how. */
import type { ScenarioDocument } from './scenario/document.js';
import type { SpecItem, SpecItems } from './spec-coverage.js';

/** Where the knowledge of an item comes from, the best first. */
export type Evidence = 'documented' | 'diagnosed' | 'relied on' | 'observed' | 'guessed';

const BY_TAG: readonly (readonly [tag: string, evidence: Evidence])[] = [
  ['doc', 'documented'],
  ['etw', 'diagnosed'],
  ['net', 'relied on'],
  ['code', 'relied on'],
  ['obs', 'observed'],
];

/** What each means, for people. */
export const EVIDENCE_MEANS: Readonly<Record<Evidence, string>> = {
  documented: 'in Microsoft’s documentation or headers',
  diagnosed: 'in the DLL’s own list of diagnostics',
  'relied on': 'by .NET or other programs that run on the DLL',
  observed: 'on the wire, or in reports',
  guessed: 'an inference that nothing confirms yet',
};

/** The best evidence of an item. */
export function evidenceOf({ tags }: SpecItem): Evidence {
  return BY_TAG.find(([tag]) => tags.includes(tag))?.[1] ?? 'guessed';
}

/** An item, with what stands behind it. */
export interface ItemStatus {
  readonly id: string;
  readonly text: string;
  readonly evidence: Evidence;
  /** A part of it is a guess, whatever the rest is. */
  readonly isPartlyGuessed: boolean;
  /** Builds of Windows on which scenarios that show it were recorded. */
  readonly recordedOn: readonly string[];
  readonly scenarios: number;
}

/** The sum of it. */
export interface Status {
  readonly items: readonly ItemStatus[];
  /** Open questions: those of section G, answered by recordings or not. */
  readonly questions: readonly ItemStatus[];
  readonly byEvidence: Readonly<Record<Evidence, number>>;
  readonly scenarios: number;
  readonly guessedScenarios: number;
  /** Scenarios by the build on which they were recorded; Windows only. */
  readonly recordedOn: Readonly<Record<string, number>>;
}

/** Whether `recorded-on` names Windows itself, and not a test part. */
function isWindowsBuild(build: string): boolean {
  return build.startsWith('Windows ');
}

/** Counts what the documents say about the items. */
export function statusOf(spec: SpecItems, documents: readonly ScenarioDocument[]): Status {
  const scenarios = documents.flatMap((document) => document.scenarios);
  const about = (id: string, of: 'items' | 'questions') => scenarios.filter((each) => each[of].includes(id));
  const builds = (all: typeof scenarios) => [
    ...new Set(all.flatMap(({ recordedOn }) => recordedOn.filter(isWindowsBuild))),
  ];
  const items = spec.items.map((item): ItemStatus => {
    const own = about(item.id, 'items');
    const evidence = evidenceOf(item);
    return {
      id: item.id,
      text: item.text,
      evidence,
      isPartlyGuessed: evidence !== 'guessed' && item.tags.includes('guess'),
      recordedOn: builds(own),
      scenarios: own.length,
    };
  });
  const questions = spec.questions.map(({ id, text, interim }): ItemStatus => {
    const own = about(id, 'questions');
    return {
      id,
      text: `${text}: ${interim}`,
      evidence: 'guessed',
      isPartlyGuessed: false,
      recordedOn: builds(own),
      scenarios: own.length,
    };
  });
  const byEvidence: Record<Evidence, number> = {
    documented: 0,
    diagnosed: 0,
    'relied on': 0,
    observed: 0,
    guessed: 0,
  };
  for (const { evidence } of items) byEvidence[evidence]++;
  const recordedOn: Record<string, number> = {};
  for (const build of scenarios.flatMap((each) => each.recordedOn.filter(isWindowsBuild))) {
    recordedOn[build] = (recordedOn[build] ?? 0) + 1;
  }
  return {
    items,
    questions,
    byEvidence,
    scenarios: scenarios.length,
    guessedScenarios: scenarios.filter(({ guess }) => guess).length,
    recordedOn,
  };
}
