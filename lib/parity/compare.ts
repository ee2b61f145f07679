/** Plays a script on two components and finds the first thing that they answer differently, open questions apart. */
import type { Component } from '../component/contract.js';
import { comparable, observe } from './observe.js';
import type { Observation } from './observe.js';
import type { Scenario } from './scenario/document.js';
import { openQuestion } from './tolerances.js';
import { Witness } from './witness.js';

/** How two components are asked. */
export interface FuzzPair {
  readonly left: Component;
  readonly right: Component;
}

/** The first statement that was answered differently, or by which one side breaks a rule that holds for every action. */
export interface Disagreement {
  readonly statement: string;
  readonly left: Observation | undefined;
  readonly right: Observation | undefined;
}

/** What came of a script. */
export interface Comparison {
  readonly disagreement: Disagreement | null;
  /** The open question that ended the comparison, if one did. */
  readonly openQuestion: string | undefined;
}

/** A rule that holds for every action names its item; a script that makes no sense is told otherwise. */
const RULE = /\((?:[A-Z]\d+-\d|Q-)|does not end|does not fit/;

function breaksRule(observation: Observation | undefined): boolean {
  return observation?.note !== undefined && RULE.test(observation.note);
}

/** Where two lists of lines differ, or -1. */
function firstDifference(left: readonly string[], right: readonly string[]): number {
  const length = Math.max(left.length, right.length);
  for (let at = 0; at < length; at++) if (left[at] !== right[at]) return at;
  return -1;
}

/** Plays a scenario on both. */
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
  // A call that one of them refused has no part on which they agree.
  if (statement.command.verb === 'run')
    witness.tell(statement, { statement: statement.text, answer: agreed });
  return openQuestion({ statement, left, right }, witness);
}
