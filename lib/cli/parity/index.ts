/** `wspc parity`: picks the subcommand. */
import type { Command } from '../command.js';
import { UsageError } from '../usage.js';
import { adoptCommand } from './adopt.js';
import { askCommand } from './ask.js';
import { fuzzCommand } from './fuzz.js';
import { recordCommand } from './record.js';
import { replayCommand } from './replay.js';
import { reportCommand } from './report.js';
import { runCommand } from './run.js';
import { statusCommand } from './status.js';

const HELP = `Usage: wspc parity COMMAND [OPTION]...

Proves the two backends alike, and records what Windows' own component does.

  run      play all scenarios on every backend of this machine
  fuzz     random calls, on every backend, cut down to a minimal scenario when they differ
  ask      ask the DLL of this machine the first questions, in twenty seconds
  record   write down what the component of this machine answers to every scenario
  replay   make the calls of traces, or play scenario documents, again
  status   how much of the behaviour is documented, relied on, guessed, recorded
  report   all of it as one HTML page
  adopt    take over what was recorded or asked elsewhere

Examples:
  wspc parity run
  wspc parity fuzz --time 60
  wspc parity ask
  wspc parity record
  wspc parity report --html parity.html

\`wspc parity COMMAND --help\` says more. Exit status: 0 when nothing differs, 1 when something does, 2 for a mistake
in the arguments.`;

const COMMANDS: Readonly<Record<string, Command>> = {
  run: runCommand,
  fuzz: fuzzCommand,
  ask: askCommand,
  record: recordCommand,
  replay: replayCommand,
  status: statusCommand,
  report: reportCommand,
  adopt: adoptCommand,
};

export const parityCommand: Command = ([name, ...args], narrator) => {
  if (name === undefined || name === '--help' || name === '-h') {
    narrator.line(HELP);
    return Promise.resolve(name === undefined ? 2 : 0);
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new UsageError(`there is no command "${name}"`, 'wspc parity --help');
  return command(args, narrator);
};
