#!/usr/bin/env node
/** The `wspc` command: picks the subcommand. */
import { Narrator } from './narrator.js';
import { UsageError, explain } from './usage.js';
import { connectCommand, infoCommand, serveCommand } from './wspc-live.js';
import { parityCommand } from './parity/index.js';
import type { Command } from './command.js';

const HELP = `Usage: wspc COMMAND [OPTION]...

The WebSocket Protocol Component on the command line.

  info       which backend answers and why, the DLL's version, supported versions, keep-alive interval
  connect    talk to a WebSocket server
  serve      an echo server
  parity     prove the two backends alike, and record what Windows' own component does

Examples:
  wspc info
  wspc connect ws://localhost:8080/ --trace
  wspc serve --port 8080 --trace
  wspc parity run

\`wspc COMMAND --help\` says more. Exit status: 0 when all went well, 1 when something failed or differed,
2 for a mistake in the arguments.`;

const COMMANDS: Readonly<Record<string, Command>> = {
  info: infoCommand,
  connect: connectCommand,
  serve: serveCommand,
  parity: parityCommand,
};

async function main([name, ...args]: readonly string[]): Promise<number> {
  const narrator = new Narrator(process.stdout);
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    narrator.line(HELP);
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new UsageError(`there is no command "${name}"`, 'wspc --help');
  return command(args, narrator);
}

// A reader of the output may stop early, as head does. That is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (reason: unknown) => {
    const error = reason as Error;
    process.stderr.write(`error: ${explain(error)}\n`);
    if (error instanceof UsageError) process.stderr.write(`Try: ${error.help}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);
