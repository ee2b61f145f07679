import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect as connectNats } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { ioredis, nats, redis } from '../../lib/topics/index.js';
import type { RelayTransport } from '../../lib/topics/index.js';
import { freePort } from '../support/ports.js';

/** A real server between processes. It can be killed and started again. */
export class Engine {
  #child: ChildProcess | null = null;
  #folder = '';
  port = 0;

  constructor(readonly program: 'redis-server' | 'nats-server') {}

  static isInstalled(program: string): boolean {
    return spawnSync(program, ['--version']).status === 0;
  }

  async start(): Promise<void> {
    this.port ||= await freePort();
    this.#folder ||= mkdtempSync(path.join(tmpdir(), 'wspc-engine-'));
    const port = String(this.port);
    const parameters =
      this.program === 'redis-server'
        ? ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', this.#folder]
        : ['-a', '127.0.0.1', '-p', port];
    const child = spawn(this.program, parameters, { stdio: 'ignore' });
    this.#child = child;
    // A test that fails leaves no engine behind.
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    while (!(await this.#answers())) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** Whether somebody listens on the port. */
  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connectSocket(this.port, '127.0.0.1');
      socket.on('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  async end(): Promise<void> {
    await this.kill();
    if (this.#folder !== '') rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A client of an engine, and its transport. */
export interface Joined {
  readonly transport: RelayTransport;
  readonly end: () => Promise<void>;
}

/** Each client that has an adapter. */
export const CLIENTS = {
  redis: {
    program: 'redis-server',
    async join(port: number): Promise<Joined> {
      const client = createClient({
        socket: { host: '127.0.0.1', port, reconnectStrategy: 20 },
      });
      // A client of this package without a listener for errors ends the process.
      client.on('error', () => undefined);
      await client.connect();
      return {
        transport: redis(client),
        end: () => {
          client.destroy();
          return Promise.resolve();
        },
      };
    },
  },
  ioredis: {
    program: 'redis-server',
    async join(port: number): Promise<Joined> {
      const client = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 20 });
      client.on('error', () => undefined);
      await once(client, 'ready');
      return {
        transport: ioredis(client),
        end: () => {
          client.disconnect();
          return Promise.resolve();
        },
      };
    },
  },
  nats: {
    program: 'nats-server',
    async join(port: number): Promise<Joined> {
      const connection = await connectNats({
        servers: `127.0.0.1:${port}`,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 20,
        reconnectJitter: 0,
      });
      return { transport: nats(connection), end: () => connection.close() };
    },
  },
} as const;

export type ClientName = keyof typeof CLIENTS;
