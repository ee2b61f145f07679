/** Plays a scenario with every arrival of its network bytes. */
import type { Component } from '../../component/contract.js';
import { arrivals } from './arrivals.js';
import type { Scenario } from './document.js';
import { WHOLE } from './arrival.js';
import { Player } from './player.js';
import type { Capabilities } from './judge.js';

/** The parts of the behaviour that a component promises. */
export interface Supports {
  /**
   * Whether its errors carry the number of the condition in `diagnostic`. The DLL reports only an HRESULT.
   * Default: false.
   */
  readonly diagnostics?: boolean | undefined;
  /** Whether to play scenarios that rest on a guess alone (`evidence: guess`), too. Default: true. */
  readonly openQuestions?: boolean | undefined;
}

/** Whether a component with these promises can play a scenario. */
export function isPlayable(scenario: Scenario, supports: Supports): boolean {
  if (scenario.hint === 'guess' && supports.openQuestions === false) return false;
  return scenario.needs.every((name) => (supports as Record<string, boolean | undefined>)[name] === true);
}

/** The parts of the answers that a player compares. */
export function capabilitiesOf(supports: Supports): Capabilities {
  return { diagnostics: supports.diagnostics ?? false };
}

/**
 * Plays one scenario: with its network bytes whole, and unless it is pinned, cut at every position and byte by byte.
 *
 * @returns how often the scenario was played.
 * @throws ScenarioFailure an answer contradicts the document.
 */
export function playScenario(scenario: Scenario, component: Component, supports: Supports = {}): number {
  const capabilities = capabilitiesOf(supports);
  const whole = new Player(scenario, component, capabilities, WHOLE);
  whole.play();
  if (scenario.pinned !== undefined) return 1;
  const [, ...others] = arrivals(Math.max(0, ...whole.totals().values()));
  for (const arrival of others) new Player(scenario, component, capabilities, arrival).play();
  return 1 + others.length;
}
