/**
 * `wspc completion`. Libraries for this start the program at each press of the Tab key; a script that lists everything answers at
 * once, so the scripts are made here, from the commands as commander has them.
 */
import { Argument } from '../../vendor/commander.js';
import type { Command } from '../../vendor/commander.js';
import type { Narrator } from '../narrator.js';
import { newCommand } from '../new-command.js';
import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { wordsOf } from './words.js';
import { zshScript } from './zsh.js';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export function completionCommand(narrator: Narrator): Command {
  const shells = Object.keys(SCRIPTS) as (keyof typeof SCRIPTS)[];
  const command = newCommand({
    name: 'completion',
    summary: 'print a script that completes commands and options in a shell',
    text: 'Prints a script that completes the commands and options of wspc in bash, zsh or fish.',
    examples: [
      'source <(wspc completion bash)',
      'source <(wspc completion zsh)',
      'wspc completion fish > ~/.config/fish/completions/wspc.fish',
    ],
  });
  return command
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .action(async (shell: keyof typeof SCRIPTS) => {
      const words = await wordsOf(command.parent!);
      narrator.line(SCRIPTS[shell](words).trimEnd());
    });
}
