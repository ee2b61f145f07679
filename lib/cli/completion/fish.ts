/** Completion for fish. */
import type { CommandWords, OptionWords } from './words.js';

/** Text between single quotes. */
const quoted = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;

function optionLine(condition: string, { names, value, text }: OptionWords): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const values = { none: '', text: ' -x', file: ' -r -F', folder: ' -x -a "(__fish_complete_directories)"' };
  return `complete -c wspc ${condition} ${flags.join(' ')}${values[value]} -d ${quoted(text)}`;
}

/** A script for \`~/.config/fish/completions/wspc.fish\`, or for `wspc completion fish | source`. */
export function fishScript([program, ...commands]: readonly CommandWords[]): string {
  const lines = commands.flatMap((command) => {
    const condition = `-n '__fish_seen_subcommand_from ${command.name}'`;
    return [
      ...(command.takesFiles ? [`complete -c wspc ${condition} -F`] : []),
      ...command.words.map(
        ({ name, text }) =>
          `complete -c wspc ${condition} -a ${name} -d ${quoted(name === text ? '' : text)}`,
      ),
      ...command.options.map((option) => optionLine(condition, option)),
    ];
  });
  return [
    '# fish completion of wspc: wspc completion fish | source',
    'complete -c wspc -f',
    ...program!.words.map(
      ({ name, text }) => `complete -c wspc -n __fish_use_subcommand -a ${name} -d ${quoted(text)}`,
    ),
    ...program!.options.map((option) => optionLine('-n __fish_use_subcommand', option)),
    ...lines,
    '',
  ].join('\n');
}
