/**
 * Bundles: the answers of one machine to every scenario, and the versions of that machine. People attach bundles to
 * issues.
 */
import os from 'node:os';
import { nativeFileVersion } from '../component/index.js';
import type { Component } from '../component/index.js';
import { checkBundle } from './bundle-schema.js';
import type { ReadBundle } from './bundle-schema.js';
import type { Observation } from './observe.js';
import { observe } from './observe.js';
import { printable } from './printable.js';
import type { Scenario, ScenarioDocument } from './scenario/document.js';

/** First field of every bundle. */
export const BUNDLE_FORMAT = 'websocket-protocol-component parity bundle';
/** Version of the format. A reader refuses every other version. */
export const BUNDLE_VERSION = 1;

/** The file version that the stand-in DLL of the tests carries; Windows' own begins with 6.2, 6.3 or 10.0. */
const STAND_IN_VERSION = '0.0.0.1';

/** The machine on which a bundle was recorded; no field names the machine or its user. */
export interface System {
  readonly backend: string;
  /** File version of the DLL; null for the portable engine. */
  readonly dll: string | null;
  /** Name of the component that answered, for `recorded-on:`. */
  readonly recordedOn: string;
  /** Whether Windows' own DLL answered; answers of any other DLL prove nothing about Windows. */
  readonly isWindows: boolean;
  readonly platform: string;
  readonly release: string;
  readonly arch: string;
  readonly node: string;
}

/** An event of the DLL's own tracing. */
export interface DllEvent {
  readonly id: number;
  readonly text: string;
}

/** The recording of one scenario. */
export interface ScenarioRecord {
  readonly file: string;
  readonly name: string;
  readonly questions: readonly string[];
  readonly observations: readonly Observation[];
  /** Events that the DLL reported while the scenario was played; absent if events were not captured. */
  readonly events?: readonly DllEvent[];
}

/** A bundle. */
export interface Bundle {
  readonly format: typeof BUNDLE_FORMAT;
  readonly version: typeof BUNDLE_VERSION;
  readonly system: System;
  readonly scenarios: readonly ScenarioRecord[];
}

/** The file is not a bundle that this version can read. */
export class BundleFormatError extends Error {
  override readonly name = 'BundleFormatError';
}

/** Whether a DLL is the stand-in of the tests, by its file version. */
export function isStandIn(dll: string | null): boolean {
  return dll === STAND_IN_VERSION;
}

/**
 * Names the component that answered, by the file version of the DLL; null for the portable engine.
 *
 * @param release - of the operating system.
 */
export function originOf(
  dll: string | null,
  release = os.release(),
): Pick<System, 'recordedOn' | 'isWindows'> {
  if (dll === null) return { recordedOn: 'portable engine', isWindows: false };
  if (isStandIn(dll)) return { recordedOn: 'stand-in', isWindows: false };
  const isWindows = /^(?:6\.[23]|10\.0)\./.test(dll);
  const recordedOn = isWindows ? `Windows ${release} (websocket.dll ${dll})` : `unknown websocket.dll ${dll}`;
  return { recordedOn, isWindows };
}

/** Describes this machine, and whether Windows' own DLL answers. */
export function describeSystem(component: Component): System {
  const dll = component.backend === 'native' ? (nativeFileVersion() ?? 'without a version') : null;
  return {
    backend: component.backend,
    dll,
    ...originOf(dll),
    platform: process.platform,
    release: os.release(),
    arch: process.arch,
    node: process.version,
  };
}

/**
 * Captures the DLL's events while scenarios are played.
 *
 * @param record - plays all scenarios, each of them inside a call of its argument.
 * @returns the events of each of these calls, in their order.
 */
export type Capture = (
  record: (during: (play: () => void) => void) => void,
) => readonly (readonly DllEvent[])[];

/** Plays one scenario and records the answers. */
export function recordScenario(scenario: Scenario, component: Component): ScenarioRecord {
  const { file, name, questions } = scenario;
  return { file, name, questions, observations: observe(scenario, component) };
}

/**
 * Whether a component can play a scenario. Only the portable engine has the capabilities that some scenarios need.
 */
export function isRecordable(scenario: Scenario, component: Component): boolean {
  return component.backend === 'portable' || scenario.needs.length === 0;
}

/** Plays all scenarios on a component. */
export function recordBundle(
  documents: readonly ScenarioDocument[],
  component: Component,
  capture?: Capture,
): Bundle {
  const scenarios = documents
    .flatMap((document) => document.scenarios)
    .filter((scenario) => isRecordable(scenario, component));
  const records: ScenarioRecord[] = [];
  const play = (scenario: Scenario): void => void records.push(recordScenario(scenario, component));
  let events: readonly (readonly DllEvent[])[] | undefined;
  if (capture === undefined) scenarios.forEach(play);
  else {
    events = capture((during) => {
      for (const scenario of scenarios) during(() => play(scenario));
    });
  }
  return {
    format: BUNDLE_FORMAT,
    version: BUNDLE_VERSION,
    system: describeSystem(component),
    scenarios: records.map((record, index) => {
      const own = events?.[index];
      return own === undefined ? record : { ...record, events: own };
    }),
  };
}

/** Writes a bundle. Each scenario takes one line. */
export function renderBundle({ format, version, system, scenarios }: Bundle): string {
  const lines = scenarios.map((scenario) => `  ${JSON.stringify(scenario)}`);
  const head = JSON.stringify({ format, version, system }).slice(0, -1);
  return `${head},"scenarios":[\n${lines.join(',\n')}\n]}\n`;
}

/** Characters of the largest file that is read. */
const LARGEST = 1 << 26;

/** The fields of a bundle that name its format and version. */
interface Head {
  readonly format?: unknown;
  readonly version?: unknown;
}

/**
 * Reads a bundle that anybody may have written: every field is checked, and unknown fields are refused.
 *
 * @throws BundleFormatError the text is not a bundle, or a field is malformed. The message names the field.
 */
export function parseBundle(text: string): Bundle {
  if (text.length > LARGEST) throw new BundleFormatError(`larger than ${LARGEST >> 20} MiB`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BundleFormatError('this is no JSON');
  }
  const { format, version } = (typeof value === 'object' && value !== null ? value : {}) as Head;
  if (format !== BUNDLE_FORMAT) throw new BundleFormatError('this is no parity bundle');
  if (version !== BUNDLE_VERSION) {
    throw new BundleFormatError(`version ${printable(String(version))} of the format is not known`);
  }
  const checked = checkBundle(value);
  if (typeof checked === 'string') throw new BundleFormatError(`the bundle is malformed: ${checked}`);
  const { system, scenarios } = checked;
  const { recordedOn, isWindows } = originOf(system.dll, system.release);
  if (system.recordedOn !== recordedOn || system.isWindows !== isWindows) {
    throw new BundleFormatError(
      `the bundle is malformed: system: with this DLL it was recorded on ${recordedOn}, and says ${system.recordedOn}`,
    );
  }
  const names = new Set<string>();
  for (const { name } of scenarios) {
    if (names.has(name)) throw new BundleFormatError(`the bundle is malformed: "${name}" is there twice`);
    names.add(name);
  }
  return { format: BUNDLE_FORMAT, version: BUNDLE_VERSION, system, scenarios: scenarios.map(recordOf) };
}

function recordOf({ events, observations, ...rest }: ReadBundle['scenarios'][number]): ScenarioRecord {
  return {
    ...rest,
    observations: observations.map(({ note, ...of }) => (note === undefined ? of : { ...of, note })),
    ...(events !== undefined && { events }),
  };
}
