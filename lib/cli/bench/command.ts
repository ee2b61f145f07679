/** `wspc bench`. */
import readline from 'node:readline';
import type { Command } from '../../vendor/commander.js';
import { completeUrl, diallerFor, withTargetOptions } from '../connect/target-options.js';
import type { TargetChoices } from '../connect/target-options.js';
import type { Narrator } from '../narrator.js';
import { newCommand, seconds, wholeNumber } from '../new-command.js';
import { Status } from '../statuses.js';
import { StatusError, UsageError } from '../usage.js';
import { BenchClient } from './client.js';
import { Latencies } from './latencies.js';
import { jsonOf, printResult, progressLine } from './report.js';
import type { BenchResult } from './report.js';

interface BenchChoices extends TargetChoices {
  readonly connections: number;
  readonly duration: number;
  readonly size: number;
  readonly inFlight: number;
  readonly binary?: boolean;
  readonly json?: boolean;
}

/** Milliseconds between two lines of progress. */
const PROGRESS = 100;

const NOTES = `The server must answer each message with one message, as wspc serve does. The latency of a message is the time from its
sending to its answer. This command and the server share the machine if both run on it.

Exit status: 0 all went well, 1 no connection, a broken one or too many answers, 2 a mistake in the arguments, 3 the server refused,
6 no answer came, 130 Ctrl-C.`;

export function benchCommand(narrator: Narrator): Command {
  const command = newCommand({
    name: 'bench <url>',
    summary: 'measure rate and latencies of a server that answers each message',
    text: 'Sends messages to a server that answers each with one, and prints rate, latencies and a histogram.',
    examples: [
      'wspc bench ws://localhost:8080/',
      'wspc bench -c 100 -d 30 --size 1024 wss://example.com/echo',
      'wspc bench --json ws://localhost:8080/ > bench.json',
    ],
    notes: NOTES,
  })
    .optionsGroup('Load:')
    .option('-c, --connections <number>', 'connections at a time', wholeNumber(1), 10)
    .option('-d, --duration <seconds>', 'seconds to measure', seconds, 10)
    .option('--size <bytes>', 'bytes of a message', wholeNumber(0), 64)
    .option('--in-flight <number>', 'messages on their way on each connection', wholeNumber(1), 1)
    .option('-b, --binary', 'binary messages in place of text')
    .optionsGroup('Output:')
    .option('--json', 'one JSON document instead of text');
  return withTargetOptions(command).action(async (url: string, choices: BenchChoices) => {
    process.exitCode = await run(narrator, url, choices);
  });
}

async function openAll(url: string, choices: BenchChoices, answered: (milliseconds: number) => void) {
  const dial = await diallerFor(url, choices);
  const message = choices.binary === true ? Buffer.alloc(choices.size, 'x') : 'x'.repeat(choices.size);
  const clients: BenchClient[] = [];
  try {
    for (let number = 0; number < choices.connections; number++)
      clients.push(new BenchClient(await dial({}), message, answered));
  } catch (error) {
    await Promise.all(clients.map((client) => client.stop()));
    if (error instanceof TypeError || error instanceof RangeError)
      throw new UsageError(error.message, 'wspc bench --help');
    throw error;
  }
  return clients;
}

/** Waits for the answers on their way. Before the measurement this keeps a server that answers too much from a flood. */
async function settle(clients: readonly BenchClient[]): Promise<void> {
  await Promise.all(clients.map((client) => client.settle()));
  if (!clients.some(({ hasSurplus }) => hasSurplus)) return;
  await Promise.all(clients.map((client) => client.stop()));
  throw new StatusError(
    Status.Failure,
    'more messages came than were sent: the server must answer each message with one, as wspc serve does',
  );
}

async function run(narrator: Narrator, url: string, choices: BenchChoices): Promise<number> {
  const { duration, connections, size, inFlight, json } = choices;
  const latencies = new Latencies();
  const clients = await openAll(url, choices, (milliseconds) => latencies.add(milliseconds));
  for (const client of clients) client.fill(inFlight);
  await settle(clients);
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1000;
  for (const client of clients) client.start(inFlight);
  const isInterrupted = await wait(duration, () => progressLine(elapsed(), duration, latencies.count));
  const taken = elapsed();
  await settle(clients);
  const errors = await Promise.all(clients.map((client) => client.stop()));
  const error = errors.find((each) => each !== undefined);
  if (error !== undefined) throw error;
  if (latencies.count === 0)
    throw new StatusError(
      Status.TooFew,
      'no answer came: the server must answer each message, as wspc serve does',
    );
  const shown = completeUrl(url);
  shown.username = shown.password = '';
  const result: BenchResult = { url: shown.href, connections, size, inFlight, seconds: taken, latencies };
  if (json === true) narrator.line(JSON.stringify(jsonOf(result), null, 2));
  else printResult(narrator, result);
  return isInterrupted ? Status.Interrupted : Status.Success;
}

/** Waits for some seconds, or for Ctrl-C, with a line of progress on a terminal. */
async function wait(duration: number, line: () => string): Promise<boolean> {
  const { stderr } = process;
  const show = (text: string): void => {
    readline.cursorTo(stderr, 0);
    readline.clearLine(stderr, 0);
    stderr.write(text);
  };
  const timer = stderr.isTTY ? setInterval(() => show(line()), PROGRESS) : undefined;
  const isInterrupted = await new Promise<boolean>((resolve) => {
    const interrupted = (): void => {
      clearTimeout(end);
      resolve(true);
    };
    const end = setTimeout(() => {
      process.removeListener('SIGINT', interrupted);
      resolve(false);
    }, duration * 1000);
    process.once('SIGINT', interrupted);
  });
  if (timer !== undefined) {
    clearInterval(timer);
    show('');
  }
  return isInterrupted;
}
