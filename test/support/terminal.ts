import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Milliseconds between two looks at the screen. */
const LOOK = 50;

/** A program in a real terminal, of tmux: 80 columns, 24 rows. */
export class Terminal {
  readonly #folder = mkdtempSync(path.join(os.tmpdir(), 'wspc-tmux-'));

  /** Starts a command line of the shell; the terminal stays when it has ended. */
  static async start(command: string): Promise<Terminal> {
    const terminal = new Terminal();
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(TMUX|NO_COLOR|FORCE_COLOR|CI)|_proxy$/i.test(name)),
    );
    const shell = `${command}; echo "ended with $?"; exec sleep 600`;
    const args = ['-f', '/dev/null', 'new-session', '-d', '-x', '80', '-y', '24', shell];
    await run('tmux', ['-S', terminal.#socket, ...args], {
      env: { ...env, LC_ALL: 'C.UTF-8', TERM: 'xterm-256color' },
    });
    return terminal;
  }

  get #socket(): string {
    return path.join(this.#folder, 'socket');
  }

  /** Presses keys by their names in tmux, such as `Enter`, `Left` or `C-d`; other words are typed. */
  async press(...keys: string[]): Promise<void> {
    await run('tmux', ['-S', this.#socket, 'send-keys', ...keys]);
  }

  /** Types text as it is. */
  async type(text: string): Promise<void> {
    await run('tmux', ['-S', this.#socket, 'send-keys', '-l', '--', text]);
  }

  /** The screen without the empty end; with the codes of its colours on request. */
  async screen(hasColours = false): Promise<string> {
    const args = hasColours ? ['-e'] : [];
    const { stdout } = await run('tmux', ['-S', this.#socket, 'capture-pane', '-p', ...args]);
    return stdout.trimEnd();
  }

  /** Waits until the screen matches; the time limit of the test ends the wait. */
  async shows(pattern: RegExp, hasColours = false): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(await this.screen(hasColours));
      if (match !== null) return match;
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
  }

  async close(): Promise<void> {
    await run('tmux', ['-S', this.#socket, 'kill-server']);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
