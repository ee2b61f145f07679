/** Parts that the subcommands of `wspc` share. */
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import type { Narrator } from './narrator.js';
import { UsageError } from './usage.js';

/** A subcommand: takes its arguments, returns the exit status. */
export type Command = (args: readonly string[], narrator: Narrator) => Promise<number>;

type Options = NonNullable<ParseArgsConfig['options']>;

type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T & typeof HELP; allowPositionals: true }>
>;

/** Options that every subcommand has. */
const HELP = { help: { type: 'boolean', short: 'h' } } as const;

/** Parses arguments. The error of a mistake names the help to read. */
export function parse<const T extends Options>(
  args: readonly string[],
  options: T,
  help: string,
  positionals = 0,
): Parsed<T> {
  try {
    const parsed = parseArgs({ args: [...args], options: { ...options, ...HELP }, allowPositionals: true });
    if (parsed.positionals.length > positionals) {
      throw new UsageError(`unexpected argument "${parsed.positionals[positionals]!}"`, help);
    }
    return parsed;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError((error as Error).message, help);
  }
}

/** A number with its noun, such as `1 scenario` or `2 scenarios`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
