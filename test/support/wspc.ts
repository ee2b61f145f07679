import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export const WSPC = path.resolve(__dirname, '../../lib/cli/wspc.js');

export interface Finished {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface WspcOptions {
  /** All of standard input. Default: the empty input. */
  readonly input?: string | Uint8Array;
  readonly env?: NodeJS.ProcessEnv;
}

/** An environment that names no proxy. */
export function withoutProxies(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/_proxy$/i.test(name)));
}

/** Runs the command to its end. */
export async function wspc(
  args: readonly string[],
  { input = '', env = {} }: WspcOptions = {},
): Promise<Finished> {
  const child = spawn(process.execPath, [WSPC, ...args], { env: { ...withoutProxies(), ...env } });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // A command that has ended does not read its input.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [status] = (await once(child, 'close')) as [number];
  return { status, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
}
