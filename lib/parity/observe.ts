/** Plays scenarios without expecting anything: what a component answers to each statement, as text. */
import type { Component } from '../component/contract.js';
import type { Scenario } from './scenario/document.js';
import { renderAnswer } from './scenario/judge.js';
import type { Answer } from './scenario/judge.js';
import { Player, WHOLE } from './scenario/player.js';
import type { Statement } from './scenario/script.js';

/** What one statement of a scenario was answered. */
export interface Observation {
  /** The statement, without the failure that the document expects of it. */
  readonly statement: string;
  /** Lines as they stand below it, or `! CODE` alone; none for plain success. */
  readonly answer: readonly string[];
  /** Why it could not be played, or what rule that holds for every action was broken. */
  readonly note?: string;
}

/** A statement without what it expects, so that a document may come to expect something else. */
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
      // What goes wrong here is an observation, too; the next statements are played on what there is.
      if (this.observations.length > before) this.observations.length = before;
      this.observations.push({
        statement: callOf(statement),
        answer: [],
        note: error instanceof Error ? error.message.trim() : String(error),
      });
    }
  }
}

/** Plays a scenario once, its network bytes whole, and tells what was answered, one observation a statement. */
export function observe(scenario: Scenario, component: Component): Observation[] {
  const observer = new Observer(scenario, component, { diagnostics: true }, WHOLE);
  observer.play();
  // The player ends with a comparison of its own, which is no statement.
  return observer.observations.slice(0, scenario.statements.length);
}

/** Takes the diagnostic off `! CODE 0x23` and `-> error CODE 0x23`. */
function withoutDiagnostic(line: string): string {
  return line.replace(/^((?:! |-> error )\S+) 0x[0-9a-f]{2}$/, '$1');
}

/** Lines as they are compared: the diagnostics, which only the portable engine knows, do not count. */
export function comparable(observation: Observation): string[] {
  return [
    ...observation.answer.map(withoutDiagnostic),
    ...(observation.note === undefined ? [] : ['# failed']),
  ];
}

/** Whether two observations say the same. */
export function areAlike(left: Observation | undefined, right: Observation | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return comparable(left).join('\n') === comparable(right).join('\n');
}
