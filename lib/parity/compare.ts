/**
 * Plays a script on two components and finds the first statement that they answer differently, open questions apart.
 */
import type { Component } from '../component/contract.js';
import { comparable, observe } from './observe.js';
import type { Observation } from './observe.js';
import type { Scenario } from './scenario/document.js';
import { openQuestion } from './tolerances.js';
import { Witness } from './witness.js';

/** Two components, and how they are asked. */
export interface FuzzPair {
  readonly left: Component;
  readonly right: Component;
}

/**
 * The first statement that the components answered differently, or at which one of them broke a rule that holds for
 * every action.
 */
export interface Disagreement {
  readonly statement: string;
  readonly left: Observation | undefined;
  readonly right: Observation | undefined;
}

/** The result of comparing two components on one script. */
export interface Comparison {
  readonly disagreement: Disagreement | null;
  /** The open question that ended the comparison, if one did. */
  readonly openQuestion: string | undefined;
}

/**
 * Matches the note of a broken rule, which names the item of the rule. Notes about a script that makes no sense name
 * none.
 */
const RULE = /\((?:[A-Z]\d+-\d|Q-)|does not end|does not fit/;

function breaksRule(observation: Observation | undefined): boolean {
  return observation?.note !== undefined && RULE.test(observation.note);
}

/** The index of the first difference between two lists of lines; -1 if there is none. */
function firstDifference(left: readonly string[], right: readonly string[]): number {
  const length = Math.max(left.length, right.length);
  for (let at = 0; at < length; at++) if (left[at] !== right[at]) return at;
  return -1;
}

/** Plays a scenario on both components. */
export function compare(scenario: Scenario, { left, right }: FuzzPair): Comparison {
  const ofLeft = observe(scenario, left);
  const ofRight = left === right ? ofLeft : observe(scenario, right);
  for (const [index, statement] of scenario.statements.entries()) {
    const [one, other] = [ofLeft[index], ofRight[index]];
    const [lines, others] = [one, other].map((each) => (each === undefined ? [] : comparable(each)));
    const at = firstDifference(lines!, others!);
    if (at < 0 && !breaksRule(one) && !breaksRule(other)) continue;
    const question = at < 0 ? undefined : questionAt(scenario, index, ofRight, at, lines![at], others![at]);
    if (question !== undefined) return { disagreement: null, openQuestion: question };
    return { disagreement: { statement: statement.text, left: one, right: other }, openQuestion: undefined };
  }
  return { disagreement: null, openQuestion: undefined };
}

function questionAt(
  scenario: Scenario,
  index: number,
  observations: readonly Observation[],
  line: number,
  left: string | undefined,
  right: string | undefined,
): string | undefined {
  const witness = new Witness();
  const statement = scenario.statements[index]!;
  scenario.statements
    .slice(0, index)
    .forEach((before, at) => observations[at] !== undefined && witness.tell(before, observations[at]));
  const last = observations[index];
  const agreed = last?.answer.slice(0, line) ?? [];
  // If one component refused the call, the components agree on no part of the answer.
  if (statement.command.verb === 'run')
    witness.tell(statement, { statement: statement.text, answer: agreed });
  return openQuestion({ statement, left, right }, witness);
}
