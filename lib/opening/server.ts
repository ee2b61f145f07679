/** WebSocket servers: endpoints on http(s) servers. */
import { EventEmitter } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server as HttpServer, ServerOptions as HttpOptions } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Server as HttpsServer, ServerOptions as HttpsOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { CloseStatus } from '../component/index.js';
import { ConnectionError, delayOption, untilAborted } from '../connection/index.js';
import type { Connection } from '../connection/index.js';
import { Acceptor, answerWith } from './accept.js';
import type { AcceptOptions } from './accept.js';
import { HandshakeError } from './errors.js';
import type { BackendChoice } from './shared.js';

/** Which requests an endpoint takes, by the path without the query. */
export type PathFilter = string | RegExp | ((path: string) => boolean);

/** Options of {@link attach}. */
export interface AttachOptions extends AcceptOptions {
  /** The endpoint's path. Default: every path that no other endpoint of the same http server has. */
  readonly path?: PathFilter;
}

/** Options of {@link listen}. */
export interface ListenOptions extends AttachOptions {
  /** Default: 0, a free port; `server.address()` tells which. */
  readonly port?: number;
  /** Default: as node:net, all interfaces. */
  readonly host?: string;
  /** A unix socket, or a named pipe of Windows, to listen on instead of a port. */
  readonly socketPath?: string;
  /** Certificate and key, and whatever else https.createServer takes: then the server speaks `wss:`. */
  readonly tls?: HttpsOptions;
  /**
   * Milliseconds that a client has to send its request, TLS handshake included; then it gets 408. 0 is no limit.
   * An http server that is attached to has limits of its own (`headersTimeout`). Default: 30000.
   */
  readonly handshakeTimeout?: number;
  /** Longest queue of transports that the operating system keeps. Default: as node:net. */
  readonly backlog?: number;
  /** Gives up waiting to listen. */
  readonly signal?: AbortSignal;
}

/** Called for each connection; a rejection that is not the connection's own failure is an unhandled one. */
export type ConnectionHandler = (connection: Connection, request: IncomingMessage) => unknown;

/** How a server closes. */
export interface ServerCloseOptions {
  /** The code that the clients get. Default: 1001. */
  readonly code?: number;
  /** The reason that the clients get. Default: ''. */
  readonly reason?: string;
  /** Stops waiting, and terminates the connections that are left. */
  readonly signal?: AbortSignal;
}

/** Events of a {@link Server}. */
export interface ServerEvents {
  /** A connection is open. The request is not kept: what is needed of it is to be read now. */
  connection: [connection: Connection, request: IncomingMessage];
  /** A request was refused, and has been answered. */
  refused: [error: HandshakeError, request: IncomingMessage];
  /** The http server failed, after it listened. */
  error: [error: Error];
  /** The server takes no more connections, and all are closed. */
  close: [];
}

/** What waits for those who iterate over the connections. */
interface Arrivals {
  readonly waiting: ((result: IteratorResult<Connection, undefined>) => void)[];
  readonly queue: Connection[];
}

/** An endpoint for WebSocket connections on an http(s) server. */
export class Server extends EventEmitter<ServerEvents> {
  /** The http(s) server below. */
  readonly httpServer: HttpServer | HttpsServer;
  readonly #acceptor: Acceptor;
  readonly #path: PathFilter | undefined;
  readonly #ownsHttpServer: boolean;
  readonly #handler: ConnectionHandler | undefined;
  readonly #arrivals: Arrivals = { waiting: [], queue: [] };
  #closing: Promise<void> | null = null;
  #isClosed = false;

  /** Use {@link listen} or {@link attach}. */
  constructor(
    httpServer: HttpServer | HttpsServer,
    options: AttachOptions,
    ownsHttpServer: boolean,
    handler: ConnectionHandler | undefined,
  ) {
    super();
    if (handler !== undefined && typeof handler !== 'function')
      throw new TypeError('the handler must be a function');
    this.httpServer = httpServer;
    this.#acceptor = new Acceptor(options);
    this.#path = options.path;
    this.#ownsHttpServer = ownsHttpServer;
    this.#handler = handler;
    endpointsOf(httpServer).add(this);
  }

  /** Where the server listens: as in node:net. */
  address(): AddressInfo | string | null {
    return this.httpServer.address();
  }

  /** Which backend serves, and why. */
  get backend(): BackendChoice {
    return this.#acceptor.backend;
  }

  /** The connections that are not closed. */
  get connections(): Connection[] {
    return this.#acceptor.group.members();
  }

  /** How many connections are not closed. */
  get size(): number {
    return this.#acceptor.group.size;
  }

  /** Whether this endpoint has a filter, and whether it lets the path pass. */
  matches(path: string): 'no' | 'any' | 'exactly' {
    const filter = this.#path;
    if (filter === undefined) return 'any';
    const isMatch =
      typeof filter === 'string'
        ? filter === path
        : filter instanceof RegExp
          ? filter.test(path)
          : filter(path);
    return isMatch ? 'exactly' : 'no';
  }

  /** Takes an upgrade request. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    try {
      const result = this.#acceptor.accept(request, socket, head);
      if (result instanceof Promise) this.#arriveLater(result, request);
      else this.#arrive(result, request);
    } catch (error) {
      this.#refused(error, request);
    }
  }

  #arriveLater(result: Promise<Connection>, request: IncomingMessage): void {
    result.then(
      (connection) => this.#arrive(connection, request),
      (error: unknown) => this.#refused(error, request),
    );
  }

  #refused(error: unknown, request: IncomingMessage): void {
    if (!(error instanceof HandshakeError)) throw error;
    this.emit('refused', error, request);
  }

  #arrive(connection: Connection, request: IncomingMessage): void {
    if (this.#closing !== null) void connection.close(CloseStatus.EndpointUnavailable);
    if (this.#handler !== undefined) void handle(this.#handler, connection, request);
    if (this.emit('connection', connection, request) || this.#handler !== undefined) return;
    const waiting = this.#arrivals.waiting.shift();
    if (waiting === undefined) this.#arrivals.queue.push(connection);
    else waiting({ value: connection, done: false });
  }

  /** The connections as they come, until the server is closed; for servers without handler and without listener. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Connection, undefined> {
    const { queue, waiting } = this.#arrivals;
    const iterator: AsyncIterableIterator<Connection, undefined> = {
      next: () => {
        const connection = queue.shift();
        if (connection !== undefined) return Promise.resolve({ value: connection, done: false });
        if (this.#closing !== null) return Promise.resolve({ value: undefined, done: true });
        return new Promise((resolve) => waiting.push(resolve));
      },
      return: () => Promise.resolve({ value: undefined, done: true }),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /**
   * Takes no more connections, closes those there are with 1001, and waits until all are closed: no longer than
   * their `closeTimeout`. An http server that was attached to stays open.
   */
  close(options: ServerCloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options.code ?? CloseStatus.EndpointUnavailable, options.reason ?? '');
    const { signal } = options;
    if (signal === undefined) return this.#closing;
    return untilAborted(this.#closing, signal).catch((error: unknown) => {
      for (const connection of this.connections) connection.terminate();
      throw error;
    });
  }

  async #close(code: number, reason: string): Promise<void> {
    endpointsOf(this.httpServer).delete(this);
    const ended = this.#ownsHttpServer ? closeHttpServer(this.httpServer) : undefined;
    for (const connection of this.connections) void connection.close(code, reason);
    for (const waiting of this.#arrivals.waiting.splice(0)) waiting({ value: undefined, done: true });
    await this.#acceptor.group.whenEmpty();
    await ended;
    this.#isClosed = true;
    this.emit('close');
  }

  /** Whether `close` has come to its end. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function closeHttpServer(server: HttpServer | HttpsServer): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeIdleConnections();
  });
}

async function handle(
  handler: ConnectionHandler,
  connection: Connection,
  request: IncomingMessage,
): Promise<void> {
  try {
    await handler(connection, request);
  } catch (error) {
    void connection.close(CloseStatus.ServerError);
    // The connection's own failures have been reported, by `closed` and the channels; anything else is a mistake.
    if (!(error instanceof ConnectionError)) throw error;
  }
}

/** The endpoints of one http server; they share its event 'upgrade'. */
class Endpoints {
  readonly #servers = new Set<Server>();
  readonly #httpServer: HttpServer | HttpsServer;
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    this.#dispatch(request, socket, head);
  };

  constructor(httpServer: HttpServer | HttpsServer) {
    this.#httpServer = httpServer;
  }

  add(server: Server): void {
    if (this.#servers.size === 0) this.#httpServer.on('upgrade', this.#onUpgrade);
    this.#servers.add(server);
  }

  delete(server: Server): void {
    this.#servers.delete(server);
    if (this.#servers.size === 0) this.#httpServer.off('upgrade', this.#onUpgrade);
  }

  #dispatch(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = request.url ?? '';
    const query = url.indexOf('?');
    const path = query < 0 ? url : url.slice(0, query);
    let fallback: Server | null = null;
    for (const server of this.#servers) {
      const match = server.matches(path);
      if (match === 'exactly') {
        server.upgrade(request, socket, head);
        return;
      }
      if (match === 'any') fallback ??= server;
    }
    if (fallback !== null) fallback.upgrade(request, socket, head);
    // Somebody else who listens for upgrades may know the path.
    else if (this.#httpServer.listenerCount('upgrade') === 1) {
      answerWith(socket, { status: 404, message: 'There is no WebSocket endpoint here' });
    }
  }
}

const endpoints = new WeakMap<HttpServer | HttpsServer, Endpoints>();

function endpointsOf(httpServer: HttpServer | HttpsServer): Endpoints {
  let known = endpoints.get(httpServer);
  if (known === undefined) endpoints.set(httpServer, (known = new Endpoints(httpServer)));
  return known;
}

/**
 * Adds an endpoint to an http(s) server. Any number of endpoints may share one; upgrades that none of them takes get
 * a 404, unless the server has other listeners for upgrades.
 *
 * @throws TypeError, RangeError, HandshakeError: an option that cannot be used.
 */
export function attach(
  httpServer: HttpServer | HttpsServer,
  options: AttachOptions = {},
  handler?: ConnectionHandler,
): Server {
  return new Server(httpServer, options, false, handler);
}

/** Node looks at the requests that are under way from time to time: at least twice in the time they have. */
function limitsOf(timeout: number): HttpOptions {
  return {
    headersTimeout: timeout,
    requestTimeout: timeout,
    connectionsCheckingInterval: timeout === 0 ? 30_000 : Math.ceil(Math.min(timeout, 60_000) / 2),
  };
}

/**
 * Starts a server that serves WebSocket connections only; other requests get 426.
 *
 * @throws (in the promise) TypeError, RangeError, HandshakeError: an option that cannot be used; the error of node:net,
 *   such as `EADDRINUSE`; the signal's reason.
 */
export async function listen(options: ListenOptions = {}, handler?: ConnectionHandler): Promise<Server> {
  const { tls, port = 0, host, socketPath, backlog, signal } = options;
  signal?.throwIfAborted();
  const timeout = delayOption('handshakeTimeout', options.handshakeTimeout, 30_000, 0);
  const limits = limitsOf(timeout);
  const httpServer =
    tls === undefined
      ? createHttpServer(limits)
      : createHttpsServer({ ...limits, ...(timeout === 0 ? {} : { handshakeTimeout: timeout }), ...tls });
  const server = new Server(httpServer, options, true, handler);
  httpServer.on('request', (_, response) => {
    response.writeHead(426, {
      Upgrade: 'websocket',
      Connection: 'close, Upgrade',
      'Content-Type': 'text/plain',
    });
    response.end('This server speaks WebSocket only');
  });
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      httpServer.close();
      reject(signal!.reason as Error);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    httpServer.once('error', reject);
    httpServer.listen(
      {
        ...(socketPath === undefined ? { port } : { path: socketPath }),
        ...(host === undefined ? {} : { host }),
        ...(backlog === undefined ? {} : { backlog }),
      },
      () => {
        signal?.removeEventListener('abort', onAbort);
        httpServer.off('error', reject);
        resolve();
      },
    );
  });
  httpServer.on('error', (error) => server.emit('error', error));
  return server;
}
