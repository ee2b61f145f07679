/** `wspc connect`. */
import type { Command } from '../../vendor/commander.js';
import { Option } from '../../vendor/commander.js';
import { talk } from '../live.js';
import type { Narrator } from '../narrator.js';
import { collect, newCommand, seconds, secondsOrForever, wholeNumber } from '../new-command.js';
import { Status } from '../statuses.js';
import { UsageError, explain, statusOf } from '../usage.js';
import { dataOf, messagesOf, Outbox } from './input.js';
import type { InputFormat, Outgoing } from './input.js';
import { Printer } from './printer.js';
import type { PrinterOptions } from './printer.js';
import { Prompt } from './prompt.js';
import { Talk } from './talk.js';
import { completeUrl, diallerFor, withTargetOptions } from './target-options.js';
import type { TargetChoices } from './target-options.js';

export interface ConnectChoices extends TargetChoices {
  readonly message?: readonly string[];
  readonly execute?: readonly string[];
  readonly binary?: boolean;
  readonly hex?: boolean;
  readonly whole?: boolean;
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
  readonly trace?: boolean;
  readonly slash?: boolean;
  readonly ping?: number;
  readonly wait?: number;
  readonly count?: number;
  readonly maxTime?: number;
  readonly retry?: number;
}

const HELP = 'wspc connect --help';

/** Seconds of silence after the end of the input. */
const WAIT = 2;

const NOTES = `The payload of messages goes to standard output, everything else to standard error. Text has a line end after it,
binary messages have none. A URL without scheme is ws://.

Exit status: 0 all went well, 1 no connection, a broken one or one that the server closed before the end of the input,
2 a mistake in the arguments, 3 the server refused, 4 it closed with an error code,
5 input that cannot be sent, 6 fewer messages than -n, 124 --max-time was over, 130 Ctrl-C, 143 SIGTERM.`;

export function connectCommand(narrator: Narrator): Command {
  const command = newCommand({
    name: 'connect <url>',
    summary: 'talk to a WebSocket server',
    text:
      'Talks to a WebSocket server. Each line of standard input is sent as a text message. After the end of the input ' +
      'the answers are waited for, then the connection is closed. On a terminal there is a prompt.',
    examples: [
      'wspc connect ws://localhost:8080/',
      "echo hello | wspc connect -n 1 -H 'Authorization: Bearer 1234' wss://example.com/chat",
      'wspc connect --json ws://localhost:8080/ < requests.txt > events.jsonl',
      'wspc connect --trace -m hello ws://localhost:8080/',
    ],
    notes: NOTES,
  })
    .optionsGroup('Messages:')
    .option('-m, --message <text>', 'send this instead of standard input; may be repeated', collect)
    .addOption(new Option('-x, --execute <text>', 'the same').argParser(collect).hideHelp())
    .option('-b, --binary', 'bytes as they are, both ways: no lines')
    .option('--hex', 'bytes in hexadecimal digits, a line for each message, both ways')
    .option('--whole', 'all of standard input is one message')
    .option('--json', 'print each event as a line of JSON')
    .option('--slash', 'at the prompt of a terminal: /ping, and /close [code [reason]]')
    .optionsGroup('The end:')
    .option('-n, --count <number>', 'end after so many messages have come', wholeNumber(1))
    .option(
      '-w, --wait <seconds>',
      `seconds of silence to wait for after the end of the input, or forever (default: ${WAIT}, with -n forever)`,
      secondsOrForever,
    )
    .option('--max-time <seconds>', 'end after so many seconds, whatever happens', seconds)
    .option(
      '--retry <number>',
      'open again, so many times in a row, when no connection opens or one is lost',
      wholeNumber(1),
    )
    .option('--ping <seconds>', 'send a ping every so many seconds, and end when none is answered', seconds)
    .optionsGroup('Output:')
    .option('-v, --verbose', 'tell when the connection opens and closes')
    .option('-q, --quiet', 'tell nothing but errors')
    .option('--trace', 'print every action of the component as it is performed; takes -m and -s only');
  return withTargetOptions(command).action(async (url: string, choices: ConnectChoices) => {
    if (choices.trace === true) await trace(narrator, url, choices);
    else process.exitCode = await run(url, choices);
  });
}

/** Options that also work with `--trace`. */
const TRACEABLE = new Set(['trace', 'message', 'execute', 'subprotocol', 'verbose', 'quiet', 'proxy']);

/** Opens and talks with the 13 functions alone, so that each action can be shown. */
async function trace(narrator: Narrator, url: string, choices: ConnectChoices): Promise<void> {
  const other = Object.keys(choices).find((name) => !TRACEABLE.has(name) || choices.proxy !== undefined);
  if (other !== undefined) throw new UsageError('--trace takes no options but -m and -s', HELP);
  await talk(narrator, {
    url: completeUrl(url).href,
    messages: givenMessages(choices),
    subprotocols: choices.subprotocol ?? [],
    isQuiet: false,
  });
}

function givenMessages({ message, execute }: ConnectChoices): readonly string[] | undefined {
  return message === undefined && execute === undefined
    ? undefined
    : [...(message ?? []), ...(execute ?? [])];
}

function encodingOf({ binary, hex }: ConnectChoices): InputFormat['encoding'] {
  if (binary === true && hex === true) throw new UsageError('-b and --hex exclude each other', HELP);
  if (binary === true) return 'binary';
  return hex === true ? 'hex' : 'text';
}

function printingOf(choices: ConnectChoices, encoding: InputFormat['encoding']): PrinterOptions {
  const { json, verbose, quiet } = choices;
  if (verbose === true && quiet === true) throw new UsageError('-v and -q exclude each other', HELP);
  const formats = { text: 'plain', binary: 'raw', hex: 'hex' } as const;
  return {
    format: json === true ? 'json' : formats[encoding],
    loudness: verbose === true ? 'verbose' : quiet === true ? 'quiet' : 'normal',
  };
}

/** The messages of `-m`, or those of standard input. */
function sourceOf(choices: ConnectChoices, format: InputFormat): AsyncGenerator<Outgoing, void, undefined> {
  const given = givenMessages(choices);
  if (given === undefined) return messagesOf(process.stdin as AsyncIterable<Uint8Array>, format);
  if (choices.whole === true) throw new UsageError('--whole and -m exclude each other', HELP);
  // Mistakes in the messages are found before a connection is opened.
  const messages = given.map((text) =>
    dataOf(Buffer.from(text), format.encoding, `-m ${JSON.stringify(text)}`),
  );
  return (async function* () {
    for (const data of messages) yield await Promise.resolve({ kind: 'message' as const, data });
  })();
}

/** Seconds of silence that end the run after the end of the input. A person who ends the input wants the end. */
function waitOf({ wait, count }: ConnectChoices, hasPrompt: boolean): number {
  if (wait !== undefined) return wait;
  if (hasPrompt) return 0;
  return count === undefined ? WAIT : Infinity;
}

/** Whether a person types the messages, and sees the answers. */
function wantsPrompt(choices: ConnectChoices): boolean {
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  return (
    isTerminal && givenMessages(choices) === undefined && choices.json !== true && choices.whole !== true
  );
}

async function run(url: string, choices: ConnectChoices): Promise<number> {
  const encoding = encodingOf(choices);
  const printing = printingOf(choices, encoding);
  const prompt = wantsPrompt(choices)
    ? new Prompt({
        encoding,
        hasCommands: choices.slash === true,
        interrupted: () => process.emit('SIGINT'),
        mistaken: (text) => printer.note(text),
      })
    : undefined;
  const isTold = prompt !== undefined && printing.loudness === 'normal';
  const printer = new Printer({ ...printing, prompt, loudness: isTold ? 'verbose' : printing.loudness });
  const source = prompt?.lines() ?? sourceOf(choices, { encoding, isWhole: choices.whole === true });
  const dial = await diallerFor(url, choices);
  const conversation = new Talk({
    dial,
    outbox: new Outbox(source),
    printer,
    needsAllInput: !process.stdin.isTTY,
    wait: waitOf(choices, prompt !== undefined),
    count: choices.count,
    ping: choices.ping,
    maxTime: choices.maxTime,
    retries: choices.retry ?? 0,
  });
  const release = endBySignals(conversation);
  try {
    const status = await conversation.run();
    prompt?.close();
    return status;
  } catch (error) {
    prompt?.close();
    if (error instanceof UsageError) throw error;
    printer.failed(error as Error, explain(error as Error));
    return statusOf(error);
  } finally {
    release();
    // An open input would keep the process alive.
    process.stdin.destroy();
  }
}

const SIGNALS = [
  ['SIGINT', Status.Interrupted],
  ['SIGTERM', Status.Terminated],
] as const;

/**
 * The first signal closes the connection, the second ends the process. A reader of the output that goes ends both
 * well.
 */
function endBySignals(conversation: Talk): () => void {
  const removers = SIGNALS.map(([signal, status]) => {
    let isFirst = true;
    const listener = (): void => {
      if (!isFirst) process.exit(status);
      isFirst = false;
      conversation.stop(status);
    };
    process.on(signal, listener);
    return () => process.removeListener(signal, listener);
  });
  process.stdout.removeAllListeners('error');
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') conversation.stop(Status.Success);
    else conversation.stop(Status.Failure, error);
  });
  return () => {
    for (const remove of removers) remove();
  };
}
