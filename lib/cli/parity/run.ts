/** `wspc parity run`. */
import { component } from '../../component/index.js';
import { describeSystem } from '../../parity/bundle.js';
import type { Observation } from '../../parity/observe.js';
import { availableBackends, runParity } from '../../parity/run.js';
import type { RunResult, ScenarioResult } from '../../parity/run.js';
import { readDocuments } from '../../parity/scenario/documents.js';
import { count, parse } from '../command.js';
import type { Command } from '../command.js';
import type { Narrator } from '../narrator.js';
import { UsageError } from '../usage.js';
import { dllOf } from '../provenance.js';

const HELP = `Usage: wspc parity run [OPTION]... [TEXT]

Plays all scenarios on every backend of this machine: whole, cut in two at every position, byte by byte. Each
backend must do what the documents say, and both must answer alike, line by line.

  --json   one JSON document instead of text
  TEXT     only scenarios whose file or name contains it

Examples:
  wspc parity run
  wspc parity run handshake
  wspc parity run --json > run.json`;

/** Which DLL answered, and what that proves. */
export function evidence(): string {
  const [native] = availableBackends();
  const system = describeSystem(native ?? component);
  const dll = dllOf(system);
  if (dll === null) return 'The native backend took no part: nothing was compared with it.';
  return `The DLL is ${dll}.${system.isWindows ? '' : " This proves nothing about Windows' own."}`;
}

/** A result as JSON has it. */
export function plainResult({ scenario, failures, difference }: ScenarioResult) {
  const { file, line, name } = scenario;
  return {
    file,
    line,
    name,
    failures: Object.fromEntries(
      Object.entries(failures).map(([backend, failure]) => [backend, failure?.message]),
    ),
    difference,
  };
}

function printObservation(narrator: Narrator, who: string, observation: Observation | undefined): void {
  const lines = [...(observation?.answer ?? [])];
  if (observation?.note !== undefined) lines.push(`# ${observation.note}`);
  narrator.line(`    ${who}:${lines.length === 0 ? ' success' : ''}`);
  for (const line of lines) narrator.line(`      ${line}`);
}

function print(narrator: Narrator, { scenario, failures, difference }: ScenarioResult): void {
  if (difference !== null) {
    const { line, statement } = difference;
    narrator.line(narrator.style('red', `differs  ${scenario.file}:${line}: ${scenario.name}`));
    narrator.line(`    ${statement}`);
    printObservation(narrator, 'native', difference.native);
    printObservation(narrator, 'portable', difference.portable);
  }
  for (const [backend, failure] of Object.entries(failures)) {
    narrator.line(narrator.style('red', `fails on ${backend}`));
    for (const line of failure!.message.split('\n')) narrator.line(`    ${line}`);
  }
}

/** The last lines of a run. */
export function summarise(narrator: Narrator, run: RunResult): void {
  const { results, backends, failed, different, milliseconds } = run;
  const plays = results.reduce((sum, result) => sum + result.plays, 0);
  narrator.line(
    `${count(results.length, 'scenario')} on ${backends.join(' and ')}, ${plays} plays, ` +
      `${(milliseconds / 1000).toFixed(1)} s: ${different} differ, ${failed} fail`,
  );
  narrator.line(evidence());
  if (run.reason !== undefined) narrator.line(narrator.style('dim', run.reason));
}

export const runCommand: Command = (args, narrator) => {
  const { values, positionals } = parse(args, { json: { type: 'boolean' } }, 'wspc parity run --help', 1);
  if (values.help === true) {
    narrator.line(HELP);
    return Promise.resolve(0);
  }
  const [text = ''] = positionals;
  const documents = readDocuments().map((document) => ({
    ...document,
    scenarios: document.scenarios.filter(({ file, name }) => `${file} ${name}`.includes(text)),
  }));
  if (documents.every(({ scenarios }) => scenarios.length === 0))
    throw new UsageError(`no scenario has "${text}" in its file or name`, 'wspc parity run --help');
  const run = runParity(documents);
  if (values.json === true) {
    const { backends, reason, failed, different, milliseconds, results } = run;
    const plain = {
      backends,
      reason,
      evidence: evidence(),
      failed,
      different,
      milliseconds: Math.round(milliseconds),
      scenarios: results.map(plainResult),
    };
    narrator.line(JSON.stringify(plain, null, 2));
  } else {
    for (const result of run.results) print(narrator, result);
    summarise(narrator, run);
  }
  return Promise.resolve(run.failed + run.different > 0 ? 1 : 0);
};
