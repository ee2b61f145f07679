/** The words of the command line, as shells complete them: taken from the commands themselves. */
import type { Command, Option } from '../../vendor/commander.js';
import { Narrator } from '../narrator.js';
import { parityCommand } from '../parity/index.js';

/** The value after an option. */
export type ValueKind = 'none' | 'text' | 'file' | 'folder';

export interface OptionWords {
  /** Such as `-H` and `--header`. */
  readonly names: readonly string[];
  readonly value: ValueKind;
  /** The name of the value, such as `seconds`. */
  readonly valueName: string;
  readonly isRepeated: boolean;
  readonly text: string;
}

export interface CommandWords {
  readonly name: string;
  readonly text: string;
  readonly options: readonly OptionWords[];
  /** Words that may follow: names of subcommands, or values of an argument. */
  readonly words: readonly { readonly name: string; readonly text: string }[];
  /** Whether a file may follow. */
  readonly takesFiles: boolean;
}

const HELP: OptionWords = {
  names: ['-h', '--help'],
  value: 'none',
  valueName: '',
  isRepeated: false,
  text: 'display help for command',
};

function optionWords(option: Option): OptionWords {
  const { short, long, required, description, flags, parseArg } = option;
  const [, valueName = ''] = /<(.*)>/.exec(flags) ?? [];
  const kinds: Readonly<Record<string, ValueKind>> = { file: 'file', path: 'file', folder: 'folder' };
  return {
    names: [short, long].filter((name) => name !== undefined),
    value: required ? (kinds[valueName] ?? 'text') : 'none',
    valueName,
    isRepeated: parseArg?.name === 'collect',
    text: description,
  };
}

/** The subcommands of `wspc parity`, as its help lists them. */
async function parityWords(): Promise<CommandWords['words']> {
  let help = '';
  await parityCommand(['--help'], new Narrator({ write: (text) => (help += text) }));
  return [...help.matchAll(/^ {2}([a-z]+) {2,}(.*)$/gm)].map(([, name, text]) => ({
    name: name!,
    text: text!,
  }));
}

/** The commands of a program, the program itself first. */
export async function wordsOf(program: Command): Promise<CommandWords[]> {
  const parity = await parityWords();
  const commands = program.commands.map((command): CommandWords => {
    const name = command.name();
    const argument = command.registeredArguments[0];
    return {
      name,
      text: command.summary(),
      options: [...command.options.filter((option) => !option.hidden).map(optionWords), HELP],
      words:
        name === 'parity'
          ? parity
          : (argument?.argChoices ?? []).map((choice) => ({ name: choice, text: choice })),
      takesFiles: name === 'serve',
    };
  });
  const names = commands.map(({ name, text }) => ({ name, text }));
  const own = [...program.options.map(optionWords), HELP];
  const help: CommandWords = { name: 'help', text: HELP.text, options: [], words: names, takesFiles: false };
  return [
    {
      name: '',
      text: '',
      options: own,
      words: [...names, { name: 'help', text: help.text }],
      takesFiles: false,
    },
    ...commands,
    help,
  ];
}
