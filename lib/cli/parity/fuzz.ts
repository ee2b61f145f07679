/** `wspc parity fuzz`. */
import { writeFileSync } from 'node:fs';
import { PORTION, fuzz } from '../../parity/fuzz.js';
import type { FuzzFinding } from '../../parity/fuzz.js';
import type { Observation } from '../../parity/observe.js';
import { availableBackends } from '../../parity/run.js';
import { count, parse } from '../command.js';
import type { Command } from '../command.js';
import { UsageError } from '../usage.js';
import { evidence } from './run.js';

const HELP = `Usage: wspc parity fuzz [OPTION]...

Makes random calls, legal and illegal, on every backend of this machine. When the backends answer differently, the calls
are cut down to a minimal scenario document, which is printed and written to a file. A difference that answers an open
question is no finding, provided that the calls asked that question; such scripts are counted. On a machine with one
backend only the rules that hold for every action are checked.

  --seed N      where the random numbers begin (default: the clock); the same seed makes the same calls
  --time S      seconds, more than 0 (default: 60)
  --runs N      scripts, at least 1, instead of a time
  --output FILE where a finding is written (default: fuzz-SEED.md)
  --json        one JSON document instead of text

Examples:
  wspc parity fuzz --time 60
  wspc parity fuzz --seed 1 --runs 1000`;

/** Reads a number; undefined if the option was not given. */
function number(
  name: string,
  text: string | undefined,
  isPossible: (value: number) => boolean,
  what: string,
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (isPossible(value)) return value;
  throw new UsageError(`--${name} takes ${what}, not ${text}`, 'wspc parity fuzz --help');
}

const isSeed = (value: number): boolean => Number.isSafeInteger(value);
const isTime = (value: number): boolean => value > 0 && value < Infinity;
const isCount = (value: number): boolean => Number.isSafeInteger(value) && value > 0;

function lines(observation: Observation | undefined): string[] {
  const answer = observation?.answer ?? [];
  if (observation?.note !== undefined) return [...answer, `# ${observation.note}`];
  return answer.length === 0 ? ['success'] : [...answer];
}

/** Lines of an answer that the terminal shows, and characters of each line. The document has all of them. */
const MOST_LINES = 3;
const LONGEST_LINE = 160;

/** The lines from the first difference on. */
function differing(own: readonly string[], other: readonly string[]): string[] {
  const at = own.findIndex((line, index) => line !== other[index]);
  if (at < 0) return ['(nothing more)'];
  const shown = own.slice(at, at + MOST_LINES).map((line) => {
    return line.length <= LONGEST_LINE
      ? line
      : `${line.slice(0, LONGEST_LINE)} … (${line.length} characters)`;
  });
  return own.length > at + MOST_LINES ? [...shown, `… (${own.length - at - MOST_LINES} more lines)`] : shown;
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
  const seed = number('seed', values.seed, isSeed, 'a whole number') ?? Date.now() % 0x100000000;
  const runs = number('runs', values.runs, isCount, 'a whole number of at least 1') ?? Infinity;
  const seconds =
    number('time', values.time, isTime, 'a number of seconds above 0') ?? (runs === Infinity ? 60 : Infinity);
  const [left, right = left] = availableBackends();
  const interruption = new AbortController();
  const stop = (): void => interruption.abort();
  process.once('SIGINT', stop);
  let done = 0;
  let finding: FuzzFinding | null = null;
  const openQuestions: Record<string, number> = {};
  const start = performance.now();
  const end = start + seconds * 1000;
  // Between two portions the process handles Ctrl-C.
  while (finding === null && !interruption.signal.aborted && done < runs && performance.now() < end) {
    const result = fuzz(
      { left: left!, right: right! },
      { seed, after: done, runs: Math.min(PORTION, runs - done), time: end - performance.now() },
    );
    done += result.runs;
    finding = result.finding;
    for (const [question, times] of Object.entries(result.openQuestions))
      openQuestions[question] = (openQuestions[question] ?? 0) + times;
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.removeListener('SIGINT', stop);
  const took = Math.round((performance.now() - start) / 100) / 10;
  const output = values.output ?? `fuzz-${seed}.md`;
  if (finding !== null) writeFileSync(output, finding.document);
  if (values.json === true) {
    narrator.line(
      JSON.stringify(
        { seed, runs: done, seconds: took, evidence: evidence(), openQuestions, finding },
        null,
        2,
      ),
    );
    return finding === null ? 0 : 1;
  }
  const who = left === right ? left!.backend : `${left!.backend} and ${right!.backend}`;
  narrator.line(`seed ${seed}: ${count(done, 'script')} on ${who}`);
  narrator.line(evidence());
  for (const [question, times] of Object.entries(openQuestions))
    narrator.line(narrator.style('dim', `${count(times, 'script')} ended at the open question ${question}`));
  if (finding === null) {
    narrator.line(left === right ? 'No rule was broken.' : 'No difference.');
    return 0;
  }
  narrator.line(narrator.style('red', `differs: ${finding.statement}`));
  const [ofLeft, ofRight] = [lines(finding.left), lines(finding.right)];
  for (const line of differing(ofLeft, ofRight)) narrator.line(`    ${left!.backend}: ${line}`);
  for (const line of differing(ofRight, ofLeft)) narrator.line(`    ${right!.backend}: ${line}`);
  narrator.line(
    `cut down from ${finding.statementsBefore} to ${count(finding.statements.length, 'statement')}: ${output}`,
  );
  narrator.line();
  for (const line of finding.document.split('\n'))
    narrator.line(line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE)} …`);
  return 1;
};
