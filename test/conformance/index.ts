/**
 * The conformance suite: every scenario of `test/scenarios/`, on any component. Both backends of this package
 * must pass it, and so must whatever stands in for them.
 *
 * ```ts
 * import { conformance } from 'websocket-protocol-component/conformance';
 * import { portable } from 'websocket-protocol-component/portable';
 *
 * conformance({ test: it, factory: () => portable, supports: { diagnostics: true } });
 * ```
 */
import type { Component } from '../../lib/component/contract.js';
import { arrivals } from './arrivals.js';
import type { Scenario } from './document.js';
import { readDocuments } from './documents.js';
import { DriverPlayer, isDrivable } from './driver-player.js';
import type { DriverFactory } from './driver-player.js';
import { Player, ScenarioFailure, WHOLE } from './player.js';
import type { Capabilities } from './player.js';

export { DocumentError, parseDocument } from './document.js';
export type { Scenario, ScenarioDocument } from './document.js';
export { readDocuments } from './documents.js';
export type { DriverFactory } from './driver-player.js';
export { ScenarioFailure } from './player.js';

/** What a component can be asked to prove. */
export interface Supports {
  /**
   * Its errors carry the number of the condition in `diagnostic`. The DLL says only an HRESULT.
   * Default: false.
   */
  readonly diagnostics?: boolean;
  /** Also play what only running the real DLL can prove (`evidence: guess`). Default: true. */
  readonly openQuestions?: boolean;
}

/** Defines one test; `it` of mocha, vitest or jest, or `test` of `node:test`. */
export type TestFunction = (name: string, body: () => void) => unknown;

/** What to test, and with what. */
export interface ConformanceOptions {
  readonly test: TestFunction;
  /** Gives the component; called once for each test. */
  readonly factory: () => Component;
  readonly supports?: Supports;
  /**
   * Bulk drivers to play the scenarios through as well, by name. A driver must give the same indications and
   * bytes as the action queues. Default: none.
   */
  readonly drivers?: Readonly<Record<string, DriverFactory>>;
}

function isPlayable(scenario: Scenario, supports: Supports): boolean {
  if (scenario.guess && supports.openQuestions === false) return false;
  return scenario.needs.every((name) => (supports as Record<string, boolean | undefined>)[name] === true);
}

function capabilitiesOf(supports: Supports): Capabilities {
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

/**
 * Plays one scenario through a driver in all the same ways.
 *
 * @returns how often it was played; 0 when no driver can play it.
 */
export function driveScenario(
  scenario: Scenario,
  component: Component,
  driver: DriverFactory,
  supports: Supports = {},
): number {
  if (!isDrivable(scenario)) return 0;
  const capabilities = capabilitiesOf(supports);
  const whole = new DriverPlayer(scenario, component, capabilities, WHOLE, driver);
  whole.play();
  const [, ...others] = arrivals(Math.max(0, ...whole.totals().values()));
  for (const arrival of others) new DriverPlayer(scenario, component, capabilities, arrival, driver).play();
  return 1 + others.length;
}

/** Defines a test for every scenario, and one more for each driver that can play it. */
export function conformance({ test, factory, supports = {}, drivers = {} }: ConformanceOptions): void {
  for (const document of readDocuments()) {
    for (const scenario of document.scenarios) {
      if (!isPlayable(scenario, supports)) continue;
      test(`${document.title}: ${scenario.name}`, () => {
        playScenario(scenario, factory(), supports);
      });
      if (!isDrivable(scenario)) continue;
      for (const [name, driver] of Object.entries(drivers)) {
        test(`${document.title}: ${scenario.name} (${name})`, () => {
          driveScenario(scenario, factory(), driver, supports);
        });
      }
    }
  }
}

/** The scenarios that a component fails, by name: what a test of the suite itself needs. */
export function failures(
  component: Component,
  supports: Supports = {},
): ReadonlyMap<string, ScenarioFailure> {
  const failed = new Map<string, ScenarioFailure>();
  for (const { scenarios } of readDocuments()) {
    for (const scenario of scenarios.filter((each) => isPlayable(each, supports))) {
      try {
        playScenario(scenario, component, supports);
      } catch (error) {
        if (!(error instanceof ScenarioFailure)) throw error;
        failed.set(scenario.name, error);
      }
    }
  }
  return failed;
}
