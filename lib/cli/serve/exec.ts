/**
 * Runs a command for each connection, like `websocketd`: messages are the lines of its standard input, and the lines of
 * its standard output are messages. Its environment has the variables of CGI (RFC 3875).
 */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import type { IncomingMessage } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import { ConnectionError } from '../../connection/index.js';
import type { Connection } from '../../connection/index.js';
import { dataOf, linesOf } from '../connect/input.js';
import { packageVersion } from '../version.js';
import type { Handler } from './handlers.js';

export interface ExecOptions {
  /** A command of the shell, or a program and its arguments. */
  readonly command: string | readonly [string, ...string[]];
  /** Whether messages are chunks of bytes, and not lines. */
  readonly isBinary: boolean;
  /** Called with the reason why a connection was closed. */
  readonly note: (text: string) => void;
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** Milliseconds for a command to end after its input has, and again after SIGTERM. */
const PATIENCE = 1000;

const IS_WINDOWS = process.platform === 'win32';

/** Running commands. A server that stops ends them. */
const running = new Set<Child>();

function start(command: ExecOptions['command'], env: NodeJS.ProcessEnv): Child {
  const [program, ...args] = typeof command === 'string' ? [command] : command;
  return spawn(program, args, {
    env,
    shell: typeof command === 'string',
    stdio: ['pipe', 'pipe', 'inherit'],
    // In a process group of its own, so that the shell's children can be ended, too.
    detached: !IS_WINDOWS,
    windowsHide: true,
  });
}

function kill(child: Child, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (IS_WINDOWS) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch (error) {
    // The whole group has ended.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Ends a command: its input, then SIGTERM, then SIGKILL. */
async function finish(child: Child, ended: Promise<unknown>): Promise<void> {
  child.stdin.end();
  const timers = [
    setTimeout(() => kill(child, 'SIGTERM'), PATIENCE),
    setTimeout(() => kill(child, 'SIGKILL'), 2 * PATIENCE),
  ];
  await ended;
  for (const timer of timers) clearTimeout(timer);
}

/** Makes a handler that runs the command for each connection. */
export function execHandler({ command, isBinary, note }: ExecOptions): Handler {
  return async (connection, request) => {
    const child = start(command, environmentOf(connection, request));
    running.add(child);
    const ended = new Promise<string | null>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => {
        resolve(code === 0 ? null : signal === null ? `exit status ${code}` : `ended by ${signal}`);
      });
    });
    // A command need not read its input.
    child.stdin.on('error', () => {});
    const receiving = receive(connection, child);
    const sending = send(connection, child, isBinary).catch((error: unknown) => {
      if (error instanceof ConnectionError) return null;
      return (error as Error).message;
    });
    void receiving.finally(() => finish(child, ended));
    const wrong = await sending;
    if (wrong !== null) kill(child, 'SIGTERM');
    const outcome = wrong ?? (await ended);
    running.delete(child);
    if (outcome !== null && connection.state === 'open') note(`the command failed: ${outcome}`);
    if (outcome === null) void connection.close();
    else void connection.close(1011, outcome.slice(0, 100));
    await ended;
    await receiving;
  };
}

/** Ends the commands of all connections. */
export function endCommands(): void {
  for (const child of running) kill(child, 'SIGTERM');
}

/** Resolves when the stream has room again, or is closed. Leaves no listener, since a busy stream is waited for often. */
function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.removeListener('drain', done);
      stream.removeListener('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
}

/** Writes messages to the command's input. A line end follows each text. */
async function receive(connection: Connection, { stdin }: Child): Promise<void> {
  try {
    for await (const message of connection) {
      const isTaken = stdin.write(typeof message === 'string' ? `${message}\n` : message);
      if (!isTaken && !stdin.destroyed) await drained(stdin);
    }
  } catch (error) {
    // The server reports it.
    if (!(error instanceof ConnectionError)) throw error;
  }
}

/** Sends the command's output as messages. Resolves with null when all of it has been sent. */
async function send(connection: Connection, { stdout }: Child, isBinary: boolean): Promise<null> {
  if (isBinary) {
    for await (const chunk of stdout as AsyncIterable<Uint8Array>) await connection.send(chunk);
    return null;
  }
  let number = 0;
  for await (const line of linesOf(stdout as AsyncIterable<Uint8Array>))
    await connection.send(dataOf(line, 'text', `output, line ${++number}`));
  return null;
}

/**
 * The environment of a command: this process's, and the variables of CGI. The header `Proxy` would become HTTP_PROXY,
 * which programs obey, so it is left out.
 */
function environmentOf(connection: Connection, request: IncomingMessage): NodeJS.ProcessEnv {
  const { socket, headers, url = '/' } = request;
  const at = url.indexOf('?');
  const [host, port = ''] = (headers.host ?? '').split(/:(?=\d+$)/);
  const ofHeaders = Object.entries(headers)
    .filter(([name]) => name !== 'proxy')
    .map(([name, value]) => [
      `HTTP_${name.toUpperCase().replace(/[^A-Z\d]/g, '_')}`,
      [value].flat().join(', '),
    ]);
  const isSecure = 'encrypted' in socket;
  return {
    ...process.env,
    ...(Object.fromEntries(ofHeaders) as NodeJS.ProcessEnv),
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_SOFTWARE: `wspc/${packageVersion()}`,
    SERVER_PROTOCOL: `HTTP/${request.httpVersion}`,
    SERVER_NAME: host,
    SERVER_PORT: port,
    REQUEST_METHOD: 'GET',
    REQUEST_URI: url,
    SCRIPT_NAME: '',
    PATH_INFO: at < 0 ? url : url.slice(0, at),
    QUERY_STRING: at < 0 ? '' : url.slice(at + 1),
    REMOTE_ADDR: socket.remoteAddress ?? '',
    REMOTE_HOST: socket.remoteAddress ?? '',
    REMOTE_PORT: String(socket.remotePort ?? ''),
    WEBSOCKET_PROTOCOL: connection.protocol,
    ...(isSecure && { HTTPS: 'on' }),
  };
}
