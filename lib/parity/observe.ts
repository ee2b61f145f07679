/** Plays scenarios without comparing, and records a component's answer to each statement, as text. */
import type { Component } from '../component/contract.js';
import type { Scenario } from './scenario/document.js';
import { renderAnswer } from './scenario/judge.js';
import type { Answer } from './scenario/judge.js';
import { WHOLE } from './scenario/arrival.js';
import { Player } from './scenario/player.js';
import type { Statement } from './scenario/script.js';

/** The answer to one statement of a scenario. */
export interface Observation {
  /** The statement, without the failure that the document expects. */
  readonly statement: string;
  /** The lines that a document would have below the statement, or `! CODE` alone; empty for plain success. */
  readonly answer: readonly string[];
  /** Why the statement could not be played, or the rule that was broken although it holds for every action. */
  readonly note?: string;
}

/** A statement without its expected failure. The document's expectation may change; the call stays the same. */
export function callOf({ text }: Statement): string {
  return text.replace(/ ! [^"]*$/, '');
}

class Observer extends Player {
  readonly observations: Observation[] = [];

  protected override settle(statement: Statement, answer: Answer): void {
    this.observations.push({ statement: callOf(statement), answer: renderAnswer(answer) });
  }

  protected override attempt(statement: Statement, action: () => void): void {
    const before = this.observations.length;
    try {
      action();
    } catch (error) {
      // A failure here is an observation, too. The next statements are played on whatever handles there are.
      if (this.observations.length > before) this.observations.length = before;
      this.observations.push({
        statement: callOf(statement),
        answer: [],
        note: error instanceof Error ? error.message.trim() : String(error),
      });
    }
  }
}

/** Plays a scenario once, with its network bytes whole. Returns one observation per statement. */
export function observe(scenario: Scenario, component: Component): Observation[] {
  const observer = new Observer(scenario, component, { diagnostics: true }, WHOLE);
  observer.play();
  // The player ends with one more comparison, which belongs to no statement.
  return observer.observations.slice(0, scenario.statements.length);
}

/** Removes the diagnostic from `! CODE 0x23` and `-> error CODE 0x23`. */
function withoutDiagnostic(line: string): string {
  return line.replace(/^((?:! |-> error )\S+) 0x[0-9a-f]{2}$/, '$1');
}

/** The lines that are compared. Diagnostics are left out, since only the portable engine knows them. */
export function comparable(observation: Observation): string[] {
  return [
    ...observation.answer.map(withoutDiagnostic),
    ...(observation.note === undefined ? [] : ['# failed']),
  ];
}

/** Whether two observations are the same. */
export function areAlike(left: Observation | undefined, right: Observation | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return comparable(left).join('\n') === comparable(right).join('\n');
}
