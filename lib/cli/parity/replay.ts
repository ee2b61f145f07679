/** `wspc parity replay`. */
import { component, loadNative, portable } from '../../component/index.js';
import type { Component } from '../../component/index.js';
import { BUNDLE_FORMAT, parseBundle, recordScenario } from '../../parity/bundle.js';
import { areAlike } from '../../parity/observe.js';
import { printable } from '../../parity/printable.js';
import { replayTrace } from '../../parity/replay.js';
import { parseDocument } from '../../parity/scenario/document.js';
import { readDocuments } from '../../parity/scenario/documents.js';
import { isPlayable, playScenario } from '../../parity/scenario/play.js';
import { ScenarioFailure } from '../../parity/scenario/failure.js';
import { count, parse } from '../command.js';
import type { Command } from '../command.js';
import type { Narrator } from '../narrator.js';
import { UsageError } from '../usage.js';
import { reading, textOf } from './given-file.js';

const HELP_COMMAND = 'wspc parity replay --help';

const HELP = `Usage: wspc parity replay FILE... [OPTION]...

Makes recorded calls again and compares the answers. A file is a trace (docs/traces.md), a bundle of
\`wspc parity record\`, or a scenario document (.md), such as fuzz writes.

  --backend NAME  native or portable (default: the backend of this machine)

Examples:
  wspc parity replay session.jsonl
  wspc parity replay parity-10.0.26100.1.json --backend portable
  wspc parity replay fuzz-1234.md`;

function chosen(name: string | undefined): Component {
  if (name === undefined) return component;
  if (name === 'native') return loadNative();
  if (name === 'portable') return portable;
  throw new UsageError('--backend takes "native" or "portable"', HELP_COMMAND);
}

/** A file with nothing to play is a mistake, not a success. */
function requireSome(file: string, played: number, what: string): void {
  if (played === 0) throw new UsageError(`${file} has no ${what} to play here`, HELP_COMMAND);
}

/** Returns how much differed. */
function replayDocument(file: string, text: string, on: Component, narrator: Narrator): number {
  let failed = 0;
  const supports = { diagnostics: on.backend === 'portable' };
  const document = reading(file, HELP_COMMAND, () => parseDocument(file, text));
  const scenarios = document.scenarios.filter((each) => isPlayable(each, supports));
  requireSome(file, scenarios.length, 'scenario');
  for (const scenario of scenarios) {
    try {
      playScenario(scenario, on, supports);
    } catch (error) {
      if (!(error instanceof ScenarioFailure)) throw error;
      failed++;
      narrator.line(error.message);
    }
  }
  narrator.line(`${file}: ${count(scenarios.length, 'scenario')} on ${on.backend}, ${failed} fail`);
  return failed;
}

function replayBundle(file: string, text: string, on: Component, narrator: Narrator): number {
  const bundle = reading(file, HELP_COMMAND, () => parseBundle(text));
  const all = new Map(readDocuments().flatMap(({ scenarios }) => scenarios.map((each) => [each.name, each])));
  let different = 0;
  let played = 0;
  requireSome(file, bundle.scenarios.filter(({ name }) => all.has(name)).length, 'scenario');
  for (const record of bundle.scenarios) {
    const scenario = all.get(record.name);
    if (scenario === undefined) continue;
    played++;
    const now = recordScenario(scenario, on).observations;
    const at = record.observations.findIndex((observation, index) => !areAlike(observation, now[index]));
    if (at < 0) continue;
    different++;
    narrator.line(`differs  ${scenario.file}: ${scenario.name}`);
    narrator.line(`    ${record.observations[at]!.statement}`);
    narrator.line(`    recorded: ${record.observations[at]!.answer.join(' ') || 'success'}`);
    narrator.line(`    now:      ${now[at]?.answer.join(' ') ?? 'nothing'}`);
  }
  narrator.line(
    `${file}: ${count(played, 'scenario')} recorded on ${bundle.system.recordedOn}, ` +
      `played on ${on.backend}, ${different} differ`,
  );
  return different;
}

function replayOne(file: string, text: string, on: Component, narrator: Narrator): number {
  const { calls, skipped, difference } = reading(file, HELP_COMMAND, () =>
    replayTrace(text.split(/\r?\n/), on),
  );
  requireSome(file, calls, 'call');
  const without = skipped === 0 ? '' : `, ${skipped} left out`;
  narrator.line(`${file}: ${count(calls, 'call')} on ${on.backend}${without}`);
  if (difference === null) return 0;
  const { line, call, recorded, replayed, items } = difference;
  narrator.line(
    narrator.style('red', `differs  ${file}:${line}: call ${call.call}, ${printable(call.function)}`),
  );
  narrator.line(`    recorded: ${printable(JSON.stringify(recorded ?? null))}`);
  narrator.line(`    now:      ${JSON.stringify(replayed)}`);
  narrator.line(`    about:    ${items}`);
  return 1;
}

export const replayCommand: Command = (args, narrator) => {
  const { values, positionals } = parse(args, { backend: { type: 'string' } }, HELP_COMMAND, Infinity);
  if (values.help === true) {
    narrator.line(HELP);
    return Promise.resolve(0);
  }
  if (positionals.length === 0) throw new UsageError('a file is needed', HELP_COMMAND);
  const on = chosen(values.backend);
  let different = 0;
  for (const file of positionals) {
    const text = textOf(file, HELP_COMMAND);
    if (file.endsWith('.md')) different += replayDocument(file, text, on, narrator);
    else if (text.startsWith(`{"format":"${BUNDLE_FORMAT}"`)) {
      different += replayBundle(file, text, on, narrator);
    } else different += replayOne(file, text, on, narrator);
  }
  return Promise.resolve(different > 0 ? 1 : 0);
};
