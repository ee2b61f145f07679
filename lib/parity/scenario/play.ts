/** Plays a scenario in all the ways in which its network bytes may arrive. */
import type { Component } from '../../component/contract.js';
import { arrivals } from './arrivals.js';
import type { Scenario } from './document.js';
import { Player, WHOLE } from './player.js';
import type { Capabilities } from './player.js';

/** What a component can be asked to prove. */
export interface Supports {
  /**
   * Its errors carry the number of the condition in `diagnostic`. The DLL says only an HRESULT.
   * Default: false.
   */
  readonly diagnostics?: boolean;
  /** Also play the scenarios that rest on a guess alone (`evidence: guess`). Default: true. */
  readonly openQuestions?: boolean;
}

/** Whether a component that claims so much can play a scenario. */
export function isPlayable(scenario: Scenario, supports: Supports): boolean {
  if (scenario.hint === 'guess' && supports.openQuestions === false) return false;
  return scenario.needs.every((name) => (supports as Record<string, boolean | undefined>)[name] === true);
}

/** What a player compares. */
export function capabilitiesOf(supports: Supports): Capabilities {
  return { diagnostics: supports.diagnostics ?? false };
}

/**
 * Plays one scenario: whole, and unless it is pinned with its network bytes cut at every position and byte by
 * byte.
 *
 * @returns how often it was played.
 * @throws ScenarioFailure it went otherwise than the document says.
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
