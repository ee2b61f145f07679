/**
 * A parity run: plays every scenario on every backend, and compares each backend with the document and with the other
 * backend.
 */
import { loadNative, nativeUnavailableReason, portable } from '../component/index.js';
import type { BackendName, Component } from '../component/index.js';
import { isRecordable } from './bundle.js';
import { areAlike, observe } from './observe.js';
import type { Observation } from './observe.js';
import type { Scenario, ScenarioDocument } from './scenario/document.js';
import { playScenario } from './scenario/play.js';
import { ScenarioFailure } from './scenario/failure.js';

/** A statement that two backends answered differently. */
export interface Difference {
  /** Line of the document. */
  readonly line: number;
  readonly statement: string;
  readonly native: Observation | undefined;
  readonly portable: Observation | undefined;
}

/** The result of one scenario. */
export interface ScenarioResult {
  readonly scenario: Scenario;
  /** The failure on each backend; undefined if everything went as the document says. */
  readonly failures: Readonly<Partial<Record<BackendName, ScenarioFailure>>>;
  /** The observations on each backend, in the order of the statements. */
  readonly observations: Readonly<Partial<Record<BackendName, readonly Observation[]>>>;
  /** The first statement that the backends answered differently. */
  readonly difference: Difference | null;
  /** How often the scenario was played, over all backends. */
  readonly plays: number;
}

/** The result of all scenarios. */
export interface RunResult {
  readonly backends: readonly BackendName[];
  /** Why only one backend took part; undefined if both did. */
  readonly reason: string | undefined;
  readonly results: readonly ScenarioResult[];
  /** Number of scenarios that contradict their document on any backend. */
  readonly failed: number;
  /** Number of scenarios that the backends answered differently. */
  readonly different: number;
  readonly milliseconds: number;
}

/** The backends that this machine has. */
export function availableBackends(): readonly Component[] {
  return nativeUnavailableReason() === undefined ? [loadNative(), portable] : [portable];
}

function firstDifference(
  scenario: Scenario,
  native: readonly Observation[],
  portableOnes: readonly Observation[],
): Difference | null {
  const at = scenario.statements.findIndex((_, index) => !areAlike(native[index], portableOnes[index]));
  if (at < 0) return null;
  const { line, text } = scenario.statements[at]!;
  return { line, statement: text, native: native[at], portable: portableOnes[at] };
}

/** Plays a scenario on each of the components. */
export function runScenario(scenario: Scenario, components: readonly Component[]): ScenarioResult {
  const failures: Partial<Record<BackendName, ScenarioFailure>> = {};
  const observations: Partial<Record<BackendName, readonly Observation[]>> = {};
  let plays = 0;
  for (const component of components) {
    if (!isRecordable(scenario, component)) continue;
    try {
      plays += playScenario(scenario, component, { diagnostics: component.backend === 'portable' });
    } catch (error) {
      if (!(error instanceof ScenarioFailure)) throw error;
      failures[component.backend] = error;
    }
    observations[component.backend] = observe(scenario, component);
  }
  const { native, portable: portableOnes } = observations;
  const difference =
    native === undefined || portableOnes === undefined
      ? null
      : firstDifference(scenario, native, portableOnes);
  return { scenario, failures, observations, difference, plays };
}

/** Plays all scenarios of the documents on each of the components. */
export function runParity(
  documents: readonly ScenarioDocument[],
  components: readonly Component[] = availableBackends(),
): RunResult {
  const start = performance.now();
  const results = documents
    .flatMap(({ scenarios }) => scenarios)
    .map((scenario) => runScenario(scenario, components));
  return {
    backends: components.map(({ backend }) => backend),
    reason: components.length > 1 ? undefined : nativeUnavailableReason(),
    results,
    failed: results.filter(({ failures }) => Object.keys(failures).length > 0).length,
    different: results.filter(({ difference }) => difference !== null).length,
    milliseconds: performance.now() - start,
  };
}
