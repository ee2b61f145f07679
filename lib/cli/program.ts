/** The `wspc` command as a whole: its commands, its version, and its exit status for mistakes. */
import { CommanderError } from '../vendor/commander.js';
import type { Command } from '../vendor/commander.js';
import { infoCommand } from './info.js';
import { Narrator } from './narrator.js';
import { newCommand } from './new-command.js';
import { parityCommand } from './parity/index.js';
import { UsageError, explain, statusOf } from './usage.js';
import { packageVersion } from './version.js';
import { benchCommand } from './bench/command.js';
import { completionCommand } from './completion/command.js';
import { connectCommand } from './connect/command.js';
import { serveCommand } from './serve/command.js';

/** The commands, with their options. */
export function makeProgram(narrator: Narrator): Command {
  return newCommand({
    name: 'wspc',
    summary: '',
    text: 'WebSockets on the command line: a client, servers, and the proof that both backends are alike.',
    examples: ['wspc info', 'wspc connect ws://localhost:8080/', 'wspc serve --port 8080', 'wspc parity run'],
    notes:
      '`wspc COMMAND --help` says more. Exit status: 0 when all went well, 1 when something failed or\ndiffered, 2 for a mistake in the arguments.',
  })
    .version(packageVersion(), '-V, --version', 'print the version of this package')
    .enablePositionalOptions()
    .addCommand(connectCommand(narrator))
    .addCommand(serveCommand(narrator))
    .addCommand(benchCommand(narrator))
    .addCommand(infoCommand(narrator))
    .addCommand(parity(narrator))
    .addCommand(completionCommand(narrator));
}

/** `wspc parity` reads its arguments itself. */
function parity(narrator: Narrator): Command {
  return newCommand({
    name: 'parity [arguments...]',
    summary: "prove the two backends alike, and record what Windows' own component does",
    text: '',
    examples: [],
  })
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (args: string[]) => {
      process.exitCode = await parityCommand(args, narrator);
    });
}

/** Runs a command line, and returns the exit status. */
export async function runProgram(args: readonly string[]): Promise<number> {
  const program = makeProgram(new Narrator(process.stdout));
  try {
    // No command is a mistake, but the help is the most useful answer.
    if (args.length === 0) {
      program.outputHelp();
      return 2;
    }
    const [first, second] = args;
    // `wspc parity` prints its own help.
    const isParity = first === 'help' && second === 'parity';
    await program.parseAsync(isParity ? ['parity', '--help'] : [...args], { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    // commander has printed its own message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`error: ${explain(error as Error)}\n`);
    if (error instanceof UsageError) process.stderr.write(`Try: ${error.help}\n`);
    return statusOf(error);
  }
}
