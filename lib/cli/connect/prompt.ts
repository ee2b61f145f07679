/** The prompt of `wspc connect` on a terminal: editing and history by node:readline, and messages above the line. */
import readline from 'node:readline';
import { styleText } from 'node:util';
import { UsageError } from '../usage.js';
import { dataOf } from './input.js';
import type { InputFormat, Outgoing } from './input.js';

export interface PromptOptions {
  readonly encoding: InputFormat['encoding'];
  /** Lines that begin with a slash are commands. */
  readonly hasCommands: boolean;
  /** Called for Ctrl-C. */
  readonly interrupted: () => void;
  /** Called with the mistake in a line. Such a line is not sent. */
  readonly mistaken: (text: string) => void;
}

const COMMANDS = 'the commands are /ping and /close [code [reason]]; //text sends /text';

/** The item for a line: a message, or the frame of a command. */
function outgoingOf(line: string, { encoding, hasCommands }: PromptOptions): Outgoing {
  if (hasCommands && line.startsWith('/') && !line.startsWith('//')) return commandOf(line);
  const text = hasCommands && line.startsWith('//') ? line.slice(1) : line;
  return { kind: 'message', data: dataOf(Buffer.from(text), encoding, 'the line') };
}

function commandOf(line: string): Outgoing {
  const [, name, rest = ''] = /^\/(\S*)\s*(.*)$/s.exec(line) ?? [];
  if (name === 'ping' && rest === '') return { kind: 'ping' };
  if (name !== 'close') throw new UsageError(COMMANDS);
  const [, code = '1000', reason = ''] = /^(\d+)?\s*(.*)$/s.exec(rest) ?? [];
  return { kind: 'close', code: Number(code), reason };
}

export class Prompt {
  readonly #options: PromptOptions;
  #interface: readline.Interface | null = null;

  constructor(options: PromptOptions) {
    this.#options = options;
  }

  /** Shows the prompt, and gives each line, until Ctrl-D or {@link close}. */
  async *lines(): AsyncGenerator<Outgoing, void, undefined> {
    const { stdin: input, stdout: output } = process;
    const hasColours = output.hasColors();
    const prompt = hasColours ? styleText('dim', '> ', { validateStream: false }) : '> ';
    const terminal = readline.createInterface({ input, output, prompt, historySize: 1000 });
    this.#interface = terminal;
    terminal.on('SIGINT', this.#options.interrupted);
    terminal.on('close', () => {
      erase(terminal);
      this.#interface = null;
    });
    terminal.prompt();
    for await (const line of terminal) {
      try {
        yield outgoingOf(line, this.#options);
      } catch (error) {
        this.#options.mistaken((error as Error).message);
      }
      // Meanwhile the prompt may have been closed.
      (this.#interface as readline.Interface | null)?.prompt();
    }
  }

  /** Prints something above the line that is being edited. */
  above<T>(print: () => T): T {
    const terminal = this.#interface;
    if (terminal === null) return print();
    erase(terminal);
    const result = print();
    terminal.prompt(true);
    return result;
  }

  /** Removes the prompt, and restores the terminal. */
  close(): void {
    this.#interface?.close();
  }
}

/** Erases the line that is being edited, which may have several rows. */
function erase(terminal: readline.Interface): void {
  const { rows } = terminal.getCursorPos();
  readline.moveCursor(process.stdout, 0, -rows);
  readline.cursorTo(process.stdout, 0);
  readline.clearScreenDown(process.stdout);
}
