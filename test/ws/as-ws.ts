/** Runs one scenario with the drop-in and with the package `ws`, and compares the logs of both. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import * as theirs from 'ws';
import { component } from '../../lib/component/index.js';
import * as ours from '../../lib/ws/index.js';

export type Library = typeof theirs;
export type WebSocket = theirs.WebSocket;
export type WebSocketServer = theirs.WebSocketServer;

export const LIBRARIES: Readonly<Record<string, Library>> = { ours: ours as unknown as Library, theirs };

/** The events, in order. */
export type Log = unknown[];

export const tell = (value: unknown): unknown => {
  if (Buffer.isBuffer(value)) return `Buffer ${value.byteLength} ${value.toString('latin1').slice(0, 50)}`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer ${value.byteLength}`;
  if (value instanceof Blob) return `Blob ${value.size}`;
  if (Array.isArray(value)) return value.map(tell);
  if (value instanceof Error) {
    const { code, syscall } = value as Error & { code?: string; syscall?: string };
    const name = Object.getPrototypeOf(value) as Error;
    return syscall === undefined ? `${name.constructor.name} ${String(code)} ${value.message}` : code;
  }
  return value;
};

/** Logs the events of a socket. */
export function watch(log: Log, name: string, socket: WebSocket): WebSocket {
  for (const event of ['open', 'message', 'ping', 'pong', 'error', 'close']) {
    socket.on(event, (...args: unknown[]) => {
      log.push([name, event, ...args.map(tell), socket.readyState]);
    });
  }
  return socket;
}

/** Logs the error of a call. */
export function attempt(log: Log, task: () => unknown): void {
  try {
    log.push(tell(task()));
  } catch (error) {
    log.push(['throws', tell(error)]);
  }
}

export const closed = (emitter: { once(event: 'close', listener: () => void): unknown }): Promise<void> =>
  new Promise((resolve) => emitter.once('close', () => resolve()));

/** A server and a client of the same library. */
export interface Pair {
  readonly log: Log;
  readonly library: Library;
  readonly wss: WebSocketServer;
  readonly client: WebSocket;
  readonly server: WebSocket;
}

export type Test = (pair: Pair) => Promise<void> | void;

export interface PairOptions {
  readonly client?: theirs.ClientOptions;
  readonly server?: theirs.ServerOptions;
  readonly protocols?: string[];
}

/** Runs a test with both ends of the same library. Ends when both sockets have ended. */
export async function runPair(library: Library, options: PairOptions, test: Test): Promise<Log> {
  const log: Log = [];
  const wss = new library.WebSocketServer({ port: 0, host: '127.0.0.1', ...options.server });
  await once(wss, 'listening');
  const arrived = once(wss, 'connection') as Promise<[WebSocket, IncomingMessage]>;
  const { port } = wss.address() as AddressInfo;
  const client = new library.WebSocket(
    `ws://127.0.0.1:${port}/path?query`,
    options.protocols ?? [],
    options.client,
  );
  watch(log, 'client', client);
  const ended = closed(client);
  const [server] = await arrived;
  watch(log, 'server', server);
  const ended2 = closed(server);
  if (client.readyState === 0) await once(client, 'open');
  await test({ log, library, wss, client, server });
  await ended;
  await ended2;
  wss.close();
  await closed(wss);
  return log;
}

/** Runs a test with a server of the library and a socket that writes bytes. */
export async function runRaw(
  library: Library,
  options: theirs.ServerOptions,
  test: (socket: Socket, wss: WebSocketServer, log: Log) => Promise<void> | void,
): Promise<Log> {
  const log: Log = [];
  const wss = new library.WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  await once(wss, 'listening');
  wss.on('connection', (socket) => watch(log, 'server', socket));
  wss.on('wsClientError', (error: Error) => log.push(['wsClientError', tell(error)]));
  const socket = connect((wss.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  await test(socket, wss, log);
  if (!socket.destroyed) await closed(socket);
  for (const client of wss.clients) await closed(client);
  wss.close();
  await closed(wss);
  return log;
}

/** Runs a test with a client of the library and an http server with given answers. */
export async function runClient(
  library: Library,
  options: theirs.ClientOptions,
  respond: (request: IncomingMessage, socket: Socket) => void,
  protocols: string[] = [],
  use: (client: WebSocket, log: Log) => void = () => {},
): Promise<Log> {
  const log: Log = [];
  const http = createServer();
  const transports: Socket[] = [];
  http.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => {});
    transports.push(socket);
    respond(request, socket);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const client = new library.WebSocket(
    `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    protocols,
    options,
  );
  watch(log, 'client', client);
  const ended = closed(client);
  use(client, log);
  await ended;
  for (const transport of transports) transport.destroy();
  http.close();
  http.closeAllConnections();
  await closed(http);
  return log;
}

/** The events of each side, in order. The network decides which side ends first. */
function bySide(log: Log): Log[] {
  const sideOf = (entry: unknown): unknown =>
    Array.isArray(entry) && (entry[0] === 'client' || entry[0] === 'server') ? entry[0] : '';
  return ['', 'client', 'server'].map((side) => log.filter((entry) => sideOf(entry) === side));
}

/** Tests of features that the native backend lacks or has in another form (docs/ws.md). */
const PORTABLE_ONLY: ReadonlySet<string> = new Set([
  // Pings are not visible, and have no payload.
  'pings and pongs',
  'null in place of the callbacks of pings and pongs',
  'does not answer pings with autoPong off',
  'sends Blobs and what is behind them',
  'uses one Buffer for all that is empty',
  'gives up a peer that pings too fast',
  // Protocol errors do not name their kind.
  'has events of its own',
  'fails with its socket',
  'fails where a Blob cannot be read, with compression',
  'refuses a length of 2^53 bytes without a limit',
  'refuses a length of 2^53 bytes with a limit',
  'refuses a length of 2^64 - 1 bytes',
  'sends without a mask',
  'sends a fragment without a mask',
  'pings without a mask',
  'sends with a mask',
  'gets RSV1',
  'gets RSV2',
  'gets RSV3',
  'gets opcode 3',
  'gets opcode 11',
  'gets continuation of nothing',
  'gets a message in a message',
  'gets a fragmented ping',
  'gets a long ping',
  'gets a close of one byte',
  'gets a close with 1005',
  'gets a close with 999',
  'gets no mask',
  'gets a good message and a bad one',
  'gets a masked frame',
  // There is no compression, and the component makes the masks.
  'masks as told',
  'compresses',
  'has the attributes of ws',
  'limits the size of compressed messages',
  'is terminated while data is being compressed',
  'does not wait for a message that is being compressed',
  'refuses bad extensions',
  'refuses malformed extensions',
  'refuses bad extensions, heard',
  'refuses malformed extensions, heard',
  'wants anything',
  'wants a window of its own',
  'wants no window of its own',
  "wants a client's window",
  "wants no client's window",
  'wants no context',
  'wants context',
  'gets a wrong extension',
  'gets bad extension parameters',
  'gets a malformed extension',
]);

/** Declares a test whose log must be the same with both libraries. */
export function same(title: string, run: (library: Library) => Promise<Log>): void {
  if (component.backend === 'native' && PORTABLE_ONLY.has(title)) return;
  it(title, async () => {
    const expected = await run(LIBRARIES['theirs']!);
    assert.ok(expected.length > 0);
    assert.deepEqual(bySide(await run(LIBRARIES['ours']!)), bySide(expected));
  });
}
