/**
 * The conformance suite: every scenario of `test/scenarios/`, on any component. Both backends of this package must
 * pass it, and so must every replacement of a backend.
 *
 * ```ts
 * import { conformance } from 'websocket-protocol-component/conformance';
 * import { portable } from 'websocket-protocol-component/portable';
 *
 * conformance({ test: it, factory: () => portable, supports: { diagnostics: true } });
 * ```
 */
import type { Component } from '../../lib/component/contract.js';
import { arrivals } from '../../lib/parity/scenario/arrivals.js';
import type { Scenario } from '../../lib/parity/scenario/document.js';
import { readDocuments } from '../../lib/parity/scenario/documents.js';
import { DriverPlayer, isDrivable } from './driver-player.js';
import type { DriverFactory } from './driver-player.js';
import { WHOLE } from '../../lib/parity/scenario/arrival.js';
import { ScenarioFailure } from '../../lib/parity/scenario/failure.js';
import { capabilitiesOf, isPlayable, playScenario } from '../../lib/parity/scenario/play.js';
import type { Supports } from '../../lib/parity/scenario/play.js';

export { DocumentError, parseDocument } from '../../lib/parity/scenario/document.js';
export type { Scenario, ScenarioDocument } from '../../lib/parity/scenario/document.js';
export { readDocuments } from '../../lib/parity/scenario/documents.js';
export type { DriverFactory } from './driver-player.js';
export { playScenario } from '../../lib/parity/scenario/play.js';
export type { Supports } from '../../lib/parity/scenario/play.js';
export { ScenarioFailure } from '../../lib/parity/scenario/failure.js';

/** Defines one test; `it` of mocha, vitest or jest, or `test` of `node:test`. */
export type TestFunction = (name: string, body: () => void) => unknown;

/** The component to test, and the test function. */
export interface ConformanceOptions {
  readonly test: TestFunction;
  /** Returns the component. Called once for each test. */
  readonly factory: () => Component;
  readonly supports?: Supports | undefined;
  /**
   * Bulk drivers, by name; the scenarios are played through them, too. A driver must give the same indications and
   * bytes as the action queues. Default: none.
   */
  readonly drivers?: Readonly<Record<string, DriverFactory>> | undefined;
}

/**
 * Plays one scenario through a driver, with the same arrivals.
 *
 * @returns how often the scenario was played; 0 if no driver can play it.
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

/** The names of the scenarios that a component fails. The test of the suite itself uses it. */
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
