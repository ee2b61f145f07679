import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';

/** A child process whose output is read line by line. */
export class Program {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<number>;
  #output = '';
  #errors = '';
  readonly #waiting = new Set<() => void>();

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env, cwd?: string) {
    this.#child = spawn(command, args, { env, cwd });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
      this.#changed();
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
      this.#changed();
    });
    this.#ended = once(this.#child, 'close').then(([code, signal]) => {
      this.#changed();
      return (code as number | null) ?? 128 + (signal === null ? 0 : 1);
    });
  }

  get output(): string {
    return this.#output;
  }

  get errors(): string {
    return this.#errors;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** The first match in the program's output. Throws if the program ends before. */
  prints(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#matches(pattern, () => this.#output);
  }

  /** The same for standard error. */
  tells(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#matches(pattern, () => this.#errors);
  }

  async #matches(pattern: RegExp, text: () => string): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(text());
      if (match !== null) return match;
      if (this.hasEnded) throw new Error(`it ended before ${pattern}:\n${this.#output}${this.#errors}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #changed(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  endInput(): void {
    this.#child.stdin.end();
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves with the exit status. */
  async ended(): Promise<number> {
    return this.#ended;
  }

  /** For the end of a test: ends the program, whatever has happened. */
  async stop(): Promise<void> {
    if (!this.hasEnded) this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
