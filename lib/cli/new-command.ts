/** Describes the commands of `wspc`: name, options, help, and the values of options. */
import { Command, InvalidArgumentError } from '../vendor/commander.js';

export interface Description {
  /** The words after `wspc`, and the arguments, such as `connect <url>`. */
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** Text of the help before the options. */
  readonly text: string;
  /** Command lines. */
  readonly examples: readonly string[];
  /** Text of the help after the examples. */
  readonly notes?: string;
}

/** Columns of the help when the output is no terminal. */
const COLUMNS = 100;

/** A command that answers mistakes with the name of its help, and with the exit status 2. */
export function newCommand({ name, summary, text, examples, notes }: Description): Command {
  const [word = ''] = name.split(' ', 1);
  const command = new Command(word);
  for (const argument of name.split(' ').slice(1)) command.argument(argument);
  const ending = notes === undefined ? '' : `\n\n${notes}`;
  return command
    .exitOverride()
    .configureHelp({ sortSubcommands: false, helpWidth: process.stdout.columns || COLUMNS })
    .showHelpAfterError(`Try: ${word === 'wspc' ? 'wspc' : `wspc ${word}`} --help`)
    .summary(summary)
    .description(text)
    .addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}${ending}`);
}

/** Collects the values of an option that may be repeated. */
export function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** Reads a number of seconds; an option's value. */
export function seconds(text: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  if (value > 0 && value < 1e6) return value;
  throw new InvalidArgumentError('It must be a number of seconds above 0.');
}

/** Reads a number of seconds from 0 on, or `forever` (also -1, as in wscat); an option's value. */
export function secondsOrForever(text: string): number {
  if (text === 'forever' || text === '-1') return Infinity;
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  if (value < 1e6) return value;
  throw new InvalidArgumentError('It must be a number of seconds, or forever.');
}

/** Makes a reader of whole numbers; an option's value. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`It must be a whole number ${range}.`);
  };
}

/** Reads a TCP port; an option's value. */
export const portNumber = wholeNumber(0, 65535);
