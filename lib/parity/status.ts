/** Counts how much of the behaviour is known, and from which sources. */
import type { Hint, ScenarioDocument } from './scenario/document.js';
import type { SpecItem, SpecItems } from './spec-coverage.js';

/** The source of the knowledge about an item, the best first. */
export type Evidence =
  'documented' | 'diagnosed' | 'relied on' | 'seen, one cause' | 'seen above' | 'observed' | 'guessed';

const BY_TAG: readonly (readonly [tag: string, evidence: Evidence])[] = [
  ['doc', 'documented'],
  ['etw', 'diagnosed'],
  ['net', 'relied on'],
  ['code', 'relied on'],
  ['win+', 'seen, one cause'],
  ['win', 'seen above'],
  ['obs', 'observed'],
];

/** The meaning of each kind of evidence, in words. */
export const EVIDENCE_MEANS: Readonly<Record<Evidence, string>> = {
  documented: 'in Microsoft’s documentation or headers',
  diagnosed: 'in the DLL’s own list of diagnostics',
  'relied on': 'by .NET or other programs that run on the DLL',
  'seen, one cause': 'on a real Windows one layer above the DLL, and nothing else explains it',
  'seen above': 'on a real Windows one layer above the DLL, which could be the cause',
  observed: 'on the wire, or in reports',
  guessed: 'an inference that nothing confirms yet',
};

/** The best evidence of an item. */
export function evidenceOf({ tags }: Pick<SpecItem, 'tags'>): Evidence {
  return BY_TAG.find(([tag]) => tags.includes(tag))?.[1] ?? 'guessed';
}

/** An item, with its evidence. */
export interface ItemStatus {
  readonly id: string;
  readonly text: string;
  readonly evidence: Evidence;
  /** Whether a part of the item is a guess although the rest has evidence. */
  readonly isPartlyGuessed: boolean;
  /** Builds of Windows on which scenarios of this item were recorded. */
  readonly recordedOn: readonly string[];
  readonly scenarios: number;
}

/** The counts of all items, questions and scenarios. */
export interface Status {
  readonly items: readonly ItemStatus[];
  /** The questions of section G. Their evidence is that of the interim answer. */
  readonly questions: readonly ItemStatus[];
  readonly byEvidence: Readonly<Record<Evidence, number>>;
  /** Number of questions that no recording has answered, by the evidence of the interim answer. */
  readonly openQuestions: Readonly<Record<Evidence, number>>;
  readonly scenarios: number;
  /** Number of scenarios that no recording confirms, by their weakest evidence. */
  readonly unrecorded: Readonly<Record<Hint, number>>;
  /** Number of scenarios by the build of Windows on which they were recorded. */
  readonly recordedOn: Readonly<Record<string, number>>;
}

/** Whether a build of `recorded-on` is Windows itself, and not the stand-in of the tests. */
function isWindowsBuild(build: string): boolean {
  return build.startsWith('Windows ');
}

/** Counts the items by evidence, from the documents. */
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
  const questions = spec.questions.map(({ id, text, interim, tags = [] }): ItemStatus => {
    const own = about(id, 'questions');
    return {
      id,
      text: `${text}: ${interim}`,
      evidence: evidenceOf({ tags }),
      isPartlyGuessed: tags.includes('guess'),
      recordedOn: builds(own),
      scenarios: own.length,
    };
  });
  const counts = (all: readonly ItemStatus[]) => {
    const none = Object.keys(EVIDENCE_MEANS).map((evidence) => [evidence, 0]);
    const sums = Object.fromEntries(none) as Record<Evidence, number>;
    for (const { evidence } of all) sums[evidence]++;
    return sums;
  };
  const unrecorded: Record<Hint, number> = { 'win+': 0, win: 0, guess: 0 };
  for (const { hint, recordedOn } of scenarios) {
    if (hint !== undefined && !recordedOn.some(isWindowsBuild)) unrecorded[hint]++;
  }
  const recordedOn: Record<string, number> = {};
  for (const build of scenarios.flatMap((each) => each.recordedOn.filter(isWindowsBuild))) {
    recordedOn[build] = (recordedOn[build] ?? 0) + 1;
  }
  return {
    items,
    questions,
    byEvidence: counts(items),
    openQuestions: counts(questions.filter(({ recordedOn }) => recordedOn.length === 0)),
    scenarios: scenarios.length,
    unrecorded,
    recordedOn,
  };
}
