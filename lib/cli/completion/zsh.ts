/** Completion for zsh. */
import type { CommandWords, OptionWords } from './words.js';

/** Text between single quotes. */
const quoted = (text: string): string => `'${text.replace(/'/g, "'\\''")}'`;

function optionSpec({ names, value, valueName, isRepeated, text }: OptionWords): string {
  const description = `[${text.replace(/[[\]\\]/g, '\\$&').replace(/:/g, '\\:')}]`;
  const actions = { none: '', text: ':', file: ':_files', folder: ':_files -/' };
  const message = valueName.replace(/:/g, '\\:');
  const after = value === 'none' ? '' : `:${message}${actions[value]}`;
  // Each spelling excludes the others, except for options that may be repeated.
  const exclusion = isRepeated ? '*' : `(${names.join(' ')})`;
  return names.map((name) => quoted(`${exclusion}${name}${description}${after}`)).join(' ');
}

/** What may follow the options. An argument without offers would keep zsh from inserting the only option that fits. */
function rest({ words, takesFiles }: CommandWords): string[] {
  if (words.length > 0) return [quoted(`1:word:(${words.map(({ name }) => name).join(' ')})`)];
  return takesFiles ? [quoted('*:command:_files')] : [];
}

/** A script for a file \`_wspc\` in a folder of \`fpath\`, or for `source <(wspc completion zsh)`. */
export function zshScript([program, ...commands]: readonly CommandWords[]): string {
  const list = program!.words.map(
    ({ name, text }) => `    ${quoted(`${name}:${text.replace(/:/g, '\\:')}`)}`,
  );
  const branches = commands.map((command) => {
    const specs = [...command.options.map(optionSpec), ...rest(command)];
    return `    ${command.name})\n      _arguments -s \\\n        ${specs.join(' \\\n        ')}\n      ;;`;
  });
  return `#compdef wspc
# zsh completion of wspc: source <(wspc completion zsh)
_wspc() {
  local -a commands
  commands=(
${list.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    _arguments ${program!.options.map(optionSpec).join(' ')}
    return
  fi
  shift words
  ((CURRENT--))
  case $words[1] in
${branches.join('\n')}
  esac
}

if [[ $funcstack[1] == _wspc ]]; then
  _wspc "$@"
else
  compdef _wspc wspc
fi
`;
}
