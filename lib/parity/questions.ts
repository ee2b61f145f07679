/** Judges the open questions (section G of the notes) by a recording. */
import type { Bundle } from './bundle.js';
import { callOf } from './observe.js';
import { contradictions } from './rewrite.js';
import type { Scenario, ScenarioDocument } from './scenario/document.js';
import type { SpecQuestion } from './spec-coverage.js';

/**
 * - `confirmed`: every recorded scenario of the question has the answers of its document.
 * - `contradicted`: a scenario of the question has another answer. The cause may also be another question.
 * - `not reached`: no scenario of the question was recorded to its end.
 */
export type Verdict = 'confirmed' | 'contradicted' | 'not reached';

/** The verdict on a question. */
export interface JudgedQuestion {
  readonly id: string;
  readonly text: string;
  readonly verdict: Verdict;
  /** Number of scenarios of the question that were recorded to their end. */
  readonly recorded: number;
  /** The names of the scenarios whose answers differ from their document. */
  readonly contradictedBy: readonly string[];
}

/** Judges every question by a bundle. */
export function judgeQuestions(
  bundle: Bundle,
  documents: readonly ScenarioDocument[],
  questions: readonly SpecQuestion[],
): JudgedQuestion[] {
  const records = new Map(bundle.scenarios.map((record) => [record.name, record]));
  const scenarios = documents.flatMap((document) => document.scenarios);

  const isRecorded = ({ name, statements }: Scenario): boolean => {
    const observations = records.get(name)?.observations;
    return statements.every((statement, index) => {
      const observation = observations?.[index];
      return observation?.statement === callOf(statement) && observation.note === undefined;
    });
  };

  return questions.map(({ id, text, interim }) => {
    const recorded = scenarios.filter((scenario) => scenario.questions.includes(id) && isRecorded(scenario));
    const contradictedBy = recorded
      .filter((scenario) => contradictions(scenario, records.get(scenario.name)!.observations).length > 0)
      .map(({ name }) => name);
    const verdict =
      recorded.length === 0 ? 'not reached' : contradictedBy.length === 0 ? 'confirmed' : 'contradicted';
    return { id, text: `${text}: ${interim}`, verdict, recorded: recorded.length, contradictedBy };
  });
}
