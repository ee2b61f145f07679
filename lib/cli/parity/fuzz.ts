/** `wspc parity fuzz`. */
import { writeFileSync } from 'node:fs';
import { fuzz } from '../../parity/fuzz.js';
import type { Observation } from '../../parity/observe.js';
import { availableBackends } from '../../parity/run.js';
import { count, parse } from '../command.js';
import type { Command } from '../command.js';
import { UsageError } from '../usage.js';
import { evidence } from './run.js';

const HELP = `Usage: wspc parity fuzz [OPTION]...

Makes random calls, legal and illegal, on every backend of this machine. When the backends answer otherwise, the calls
are cut down to a minimal scenario document, which is printed and written to a file. On a machine with one backend
only the rules that hold for every action are checked.

  --seed N      where the random numbers begin (default: the clock); the same seed makes the same calls
  --time S      seconds (default: 60)
  --runs N      scripts, instead of a time
  --output FILE where a finding is written (default: fuzz-SEED.md)
  --json        one JSON document instead of text

Examples:
  wspc parity fuzz --time 60
  wspc parity fuzz --seed 1 --runs 1000`;

function number(name: string, text: string | undefined, help: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`--${name} takes a number, not ${text}`, help);
  return Number(text);
}

function lines(observation: Observation | undefined): string[] {
  const answer = observation?.answer ?? [];
  if (observation?.note !== undefined) return [...answer, `# ${observation.note}`];
  return answer.length === 0 ? ['success'] : [...answer];
}

export const fuzzCommand: Command = async (args, narrator) => {
  const help = 'wspc parity fuzz --help';
  const { values } = parse(
    args,
    {
      seed: { type: 'string' },
      time: { type: 'string' },
      runs: { type: 'string' },
      output: { type: 'string' },
      json: { type: 'boolean' },
    },
    help,
  );
  if (values.help === true) {
    narrator.line(HELP);
    return 0;
  }
  const seed = number('seed', values.seed, help) ?? Date.now() % 0x100000000;
  const runs = number('runs', values.runs, help);
  const seconds = number('time', values.time, help) ?? (runs === undefined ? 60 : undefined);
  const [left, right = left] = availableBackends();
  const interruption = new AbortController();
  const stop = (): void => interruption.abort();
  process.once('SIGINT', stop);
  let done = 0;
  let finding = null;
  const end = performance.now() + (seconds ?? Infinity) * 1000;
  // In portions, so that Ctrl-C is heard.
  while (
    finding === null &&
    !interruption.signal.aborted &&
    done < (runs ?? Infinity) &&
    performance.now() < end
  ) {
    const portion = Math.min(100, (runs ?? Infinity) - done);
    const result = fuzz(
      { left: left!, right: right! },
      { seed: seed + done, runs: portion, time: end - performance.now() },
    );
    done += result.runs;
    finding = result.finding;
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.removeListener('SIGINT', stop);
  const output = values.output ?? `fuzz-${seed}.md`;
  if (finding !== null) writeFileSync(output, finding.document);
  if (values.json === true) {
    narrator.line(JSON.stringify({ seed, runs: done, evidence: evidence(), finding }, null, 2));
    return finding === null ? 0 : 1;
  }
  const who = left === right ? left!.backend : `${left!.backend} and ${right!.backend}`;
  narrator.line(`seed ${seed}: ${count(done, 'script')} on ${who}`);
  narrator.line(evidence());
  if (finding === null) {
    narrator.line(left === right ? 'No rule was broken.' : 'No difference.');
    return 0;
  }
  narrator.line(narrator.style('red', `differs: ${finding.statement}`));
  for (const line of lines(finding.left)) narrator.line(`    ${left!.backend}: ${line}`);
  for (const line of lines(finding.right)) narrator.line(`    ${right!.backend}: ${line}`);
  narrator.line(
    `cut down from ${finding.statementsBefore} to ${count(finding.statements.length, 'statement')}: ${output}`,
  );
  narrator.line();
  narrator.line(finding.document);
  return 1;
};
