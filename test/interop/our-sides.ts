/** Runs our side of an exchange: in this process, or in a Node of another system if WSPC_OUR_SIDE names one. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import WebSocket from 'ws';

import { backends } from '../support/backends.js';
import type { Report } from './exchange.js';
import { ourExchange, ourServer } from './our-side.js';

export interface RunningServer {
  readonly url: string;
  /** Resolves with the errors of all connections when they have ended. */
  close(): Promise<readonly string[]>;
}

export interface OurSide {
  readonly name: string;
  server(): Promise<RunningServer>;
  exchange(url: string): Promise<Report>;
}

/** A Node that runs our side: its command, and its environment. */
interface Elsewhere {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env: Record<string, string>;
}

const REPOSITORY = path.resolve(__dirname, '../../..');
const SCRIPT = path.relative(REPOSITORY, path.join(__dirname, 'our-side-command.js'));

const inProcess: readonly OurSide[] = backends.map((component) => ({
  name: component.backend,
  async server() {
    const server = await ourServer(component);
    return {
      url: server.url,
      async close() {
        await server.close();
        return server.errors.map(({ message }) => message);
      },
    };
  },
  exchange: (url) => ourExchange(component, url),
}));

/** A child whose output goes to a file, since a Node in Wine cannot write to a pipe. */
class Child {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'our-side-'));
  readonly #log = path.join(this.#folder, 'log');
  readonly #process: ChildProcess;

  constructor({ command: [file, ...before], env }: Elsewhere, args: readonly string[]) {
    const descriptor = openSync(this.#log, 'w');
    this.#process = spawn(file, [...before, SCRIPT, ...args], {
      cwd: REPOSITORY,
      env: { ...process.env, ...env },
      stdio: ['ignore', descriptor, descriptor],
    });
    closeSync(descriptor);
  }

  get output(): string {
    return readFileSync(this.#log, 'utf8');
  }

  get #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  async prints(pattern: RegExp): Promise<string> {
    const watcher = watch(this.#log);
    this.#process.once('exit', () => watcher.emit('change'));
    try {
      for (;;) {
        const changed = once(watcher, 'change');
        const match = pattern.exec(this.output);
        if (match !== null) return match[1]!;
        if (this.#hasEnded) throw new Error(`it ended before ${pattern}: ${this.output}`);
        await changed;
      }
    } finally {
      watcher.close();
    }
  }

  async ended(): Promise<void> {
    if (!this.#hasEnded) await once(this.#process, 'exit');
    if (this.#process.exitCode !== 0)
      throw new Error(`exit status ${this.#process.exitCode}: ${this.output}`);
  }

  dispose(): void {
    if (!this.#hasEnded) this.#process.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function outOfProcess(elsewhere: Elsewhere): OurSide {
  return {
    name: elsewhere.name,
    async server() {
      const child = new Child(elsewhere, ['server']);
      const url = await child.prints(/listening (\S+)/);
      return {
        url,
        async close() {
          try {
            const stop = new WebSocket(`${url}/stop`);
            await once(stop, 'close');
            await child.ended();
            return JSON.parse(await child.prints(/errors (.*)/)) as string[];
          } finally {
            child.dispose();
          }
        },
      };
    },
    async exchange(url) {
      const child = new Child(elsewhere, ['client', url]);
      try {
        await child.ended();
        return JSON.parse(await child.prints(/report (.*)/)) as Report;
      } finally {
        child.dispose();
      }
    },
  };
}

const elsewhere = process.env['WSPC_OUR_SIDE'];

export const ourSides: readonly OurSide[] =
  elsewhere === undefined ? inProcess : [outOfProcess(JSON.parse(elsewhere) as Elsewhere)];
