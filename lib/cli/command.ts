/** Parts that the subcommands of `wspc parity` share. */
import type { ParseArgsConfig, parseArgs } from 'node:util';
import { CommanderError, Option, Command as Parser } from '../vendor/commander.js';
import type { Narrator } from './narrator.js';
import { collect } from './new-command.js';
import { UsageError } from './usage.js';

/** A subcommand of `wspc parity`: takes its arguments, returns the exit status. */
export type Command = (args: readonly string[], narrator: Narrator) => Promise<number>;

type Options = NonNullable<ParseArgsConfig['options']>;

type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T & typeof HELP; allowPositionals: true }>
>;

/** Options that every subcommand has. */
const HELP = { help: { type: 'boolean', short: 'h' } } as const;

/** Parses arguments of a subcommand. The error of a mistake names the help to read. */
export function parse<const T extends Options>(
  args: readonly string[],
  options: T,
  help: string,
  positionals = 0,
): Parsed<T> {
  const command = new Parser().exitOverride().helpOption(false).argument('[rest...]');
  command.configureOutput({ writeErr: () => {} });
  const names = new Map<string, string>();
  for (const [name, { type, short, multiple }] of Object.entries<Options[string]>({ ...options, ...HELP })) {
    const flags = `${short === undefined ? '' : `-${short}, `}--${name}${type === 'string' ? ' <value>' : ''}`;
    const option = new Option(flags);
    if (multiple === true) option.argParser(collect);
    names.set(option.attributeName(), name);
    command.addOption(option);
  }
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new UsageError(error.message.replace(/^error: /, ''), help);
  }
  if (command.args.length > positionals)
    throw new UsageError(`unexpected argument "${command.args[positionals]!}"`, help);
  const values = Object.fromEntries(
    Object.entries(command.opts()).map(([attribute, value]) => [names.get(attribute)!, value]),
  );
  return { values, positionals: command.args } as unknown as Parsed<T>;
}

/** A number with its noun, such as `1 scenario` or `2 scenarios`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
