/** Completion for bash, from version 3.2 on. */
import type { CommandWords, OptionWords } from './words.js';

const namesOf = (options: readonly OptionWords[]): string => options.flatMap(({ names }) => names).join('|');

function branch({ name, options, words, takesFiles }: CommandWords): string {
  const files = options.filter(({ value }) => value === 'file' || value === 'folder');
  const texts = options.filter(({ value }) => value === 'text');
  const values = [
    ...(files.length === 0 ? [] : [`        ${namesOf(files)}) __wspc_files; return ;;`]),
    ...(texts.length === 0 ? [] : [`        ${namesOf(texts)}) return ;;`]),
  ];
  const optionNames = options.flatMap(({ names }) => names).join(' ');
  const wordNames = words.map((word) => word.name).join(' ');
  const rest = takesFiles ? '__wspc_files' : `__wspc_words '${wordNames}'`;
  return [
    `    ${name === '' ? "''" : name})`,
    ...(values.length === 0 ? [] : ['      case $previous in', ...values, '      esac']),
    `      if [[ $current == -* ]]; then __wspc_words '${optionNames}'; else ${rest}; fi`,
    '      ;;',
  ].join('\n');
}

/** A script for `source <(wspc completion bash)`. */
export function bashScript(commands: readonly CommandWords[]): string {
  return `# bash completion of wspc: source <(wspc completion bash)
__wspc_words() {
  COMPREPLY=($(compgen -W "$1" -- "$current"))
}

__wspc_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$current"))
}

_wspc() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} command= index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    if [[ \${COMP_WORDS[index]} != -* ]]; then
      command=\${COMP_WORDS[index]}
      break
    fi
  done
  case $command in
${commands.map(branch).join('\n')}
  esac
}

complete -F _wspc wspc
`;
}
