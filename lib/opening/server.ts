/** A server: an endpoint for WebSocket connections, whatever the transport below. */
import { EventEmitter } from 'node:events';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { CloseStatus, MAX_CLOSE_REASON_LENGTH } from '../component/index.js';
import { ConnectionError, isSendableCloseCode, untilAborted } from '../connection/index.js';
import type { Connection } from '../connection/index.js';
import { Acceptor } from './acceptor.js';
import type { BackendChoice } from './component-options.js';
import type { Endpoint, Endpoints } from './endpoints.js';
import { HandshakeError } from './errors.js';
import type { Exchange } from './exchange.js';
import { checkPathFilter, matchesPath } from './filters.js';
import { Stop } from './guard.js';
import { SocketExchange } from './http1/exchange.js';
import { checkOptions, CLOSE_OPTIONS } from './known-options.js';
import type { Owner } from './owner.js';
import { requestOf } from './request.js';
import type { OpeningRequest } from './request.js';
import type { AttachOptions, ServerCloseOptions } from './server-options.js';

/** Called for each connection; a rejection that is not the connection's own failure is an unhandled one. */
export type ConnectionHandler = (connection: Connection, request: IncomingMessage) => unknown;

/** Events of a {@link Server}. */
export interface ServerEvents {
  /** A connection is open. The request is not kept: what is needed of it is to be read now. */
  connection: [connection: Connection, request: IncomingMessage];
  /** A request was refused, and has been answered; or its client went away before it was decided. */
  refused: [error: HandshakeError, request: IncomingMessage];
  /** The http server failed, after it listened. */
  error: [error: Error];
  /** The server takes no more connections, and all are closed. */
  close: [];
}

/** What a server stands on. */
export interface Ground {
  readonly httpServer: HttpServer | HttpsServer;
  /** The endpoints of the http server, by transport. */
  readonly endpoints: readonly Endpoints[];
  /** Null where the http server is the program's. */
  readonly owner: Owner | null;
}

/** An endpoint for WebSocket connections on an http(s) server. */
export class Server extends EventEmitter<ServerEvents> {
  /** The http(s) server below. */
  readonly httpServer: HttpServer | HttpsServer;
  readonly #ground: Ground;
  readonly #acceptor: Acceptor;
  readonly #path: AttachOptions['path'];
  readonly #handler: ConnectionHandler | undefined;
  readonly #endpoint: Endpoint;
  /** Those that iterate and wait, and connections that wait for them. */
  readonly #waiting: ((result: IteratorResult<Connection, undefined>) => void)[] = [];
  readonly #queue: Connection[] = [];
  #closing: Promise<void> | null = null;
  #isClosed = false;

  /** Use {@link listen} or {@link attach}. @internal */
  constructor(ground: Ground, options: AttachOptions, handler: ConnectionHandler | undefined) {
    super();
    if (handler !== undefined && typeof handler !== 'function')
      throw new TypeError('the handler must be a function');
    checkPathFilter(options.path);
    this.httpServer = ground.httpServer;
    this.#ground = ground;
    this.#acceptor = new Acceptor(options);
    this.#path = options.path;
    this.#handler = handler;
    this.#endpoint = {
      match: (path) => this.#match(path),
      take: (request, exchange) => this.#take(request, exchange),
      refuse: (request, exchange, stop) => {
        this.#tellRefused(this.#acceptor.refuse(request, exchange, stop), request);
      },
    };
    for (const endpoints of ground.endpoints) endpoints.add(this.#endpoint);
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

  /** Whether `close` has come to its end. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether this endpoint has a filter, and whether it lets the path pass. A filter that fails lets nothing pass. */
  matches(path: string): 'no' | 'any' | 'exactly' {
    const match = this.#match(path);
    return match instanceof Stop ? 'no' : match;
  }

  /** Takes an upgrade request, whatever its path: for programs with an event 'upgrade' of their own. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#take(requestOf(request), new SocketExchange(socket, head));
  }

  #match(path: string): 'no' | 'any' | 'exactly' | Stop {
    if (this.#path === undefined) return 'any';
    const isMatch = matchesPath(this.#path, path);
    if (isMatch instanceof Stop) return isMatch;
    return isMatch ? 'exactly' : 'no';
  }

  #take(request: OpeningRequest, exchange: Exchange): void {
    let result: Connection | Promise<Connection>;
    try {
      result = this.#acceptor.accept(request, exchange);
    } catch (error) {
      this.#tellRefused(error, request);
      return;
    }
    if (!(result instanceof Promise)) {
      this.#arrive(result, request);
      return;
    }
    void result.then(
      (connection) => this.#arrive(connection, request),
      (error: unknown) => this.#tellRefused(error, request),
    );
  }

  #tellRefused(error: unknown, request: OpeningRequest): void {
    if (!(error instanceof HandshakeError)) throw error;
    this.emit('refused', error, request.original);
  }

  #arrive(connection: Connection, { original }: OpeningRequest): void {
    // Closed between the decision and this call; the connection is being closed like the others.
    if (this.#closing !== null) return;
    if (this.#handler !== undefined) void handle(this.#handler, connection, original);
    let isHeard: boolean;
    try {
      isHeard = this.emit('connection', connection, original);
    } catch (error) {
      // Nobody looks after the connection now; the mistake is the listener's, and is told as those of all listeners.
      void connection.close(CloseStatus.ServerError);
      throw error;
    }
    if (isHeard || this.#handler !== undefined) return;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#queue.push(connection);
    else waiting({ value: connection, done: false });
  }

  /** The connections as they come, until the server is closed; for servers without handler and without listener. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Connection, undefined> {
    let own: ((result: IteratorResult<Connection, undefined>) => void)[] = [];
    const iterator: AsyncIterableIterator<Connection, undefined> = {
      next: () => {
        const connection = this.#queue.shift();
        if (connection !== undefined) return Promise.resolve({ value: connection, done: false });
        if (this.#closing !== null) return Promise.resolve({ value: undefined, done: true });
        return new Promise((resolve) => {
          own = own.filter((one) => this.#waiting.includes(one));
          own.push(resolve);
          this.#waiting.push(resolve);
        });
      },
      // No connection goes to a loop that has been left.
      return: () => {
        for (const resolve of own) {
          const index = this.#waiting.indexOf(resolve);
          if (index < 0) continue;
          this.#waiting.splice(index, 1);
          resolve({ value: undefined, done: true });
        }
        return Promise.resolve({ value: undefined, done: true });
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /**
   * Closes the server: it takes no more connections, closes those there are with 1001, answers requests that are being
   * decided with 503, and ends every other transport of its own. What is left after `closeTimeout` is terminated. An
   * http server that was attached to stays as it is.
   *
   * @returns resolves when all has ended; a second call waits for the same end.
   * @throws (in the promise) RangeError, TypeError: a code or reason that cannot be sent, nothing is closed then; the
   *   signal's reason, when everything has been ended.
   */
  async close(options: ServerCloseOptions = {}): Promise<void> {
    checkOptions('close', options, CLOSE_OPTIONS);
    const { code = CloseStatus.EndpointUnavailable, reason = '', signal } = options;
    checkClose(code, reason);
    if (this.#isClosed) return;
    const closing = (this.#closing ??= this.#close(code, reason));
    try {
      await untilAborted(closing, signal);
    } catch (error) {
      this.#cut();
      await closing;
      throw error;
    }
  }

  async #close(code: number, reason: string): Promise<void> {
    const { group, arrivals } = this.#acceptor;
    const { owner, endpoints } = this.#ground;
    for (const each of endpoints) each.delete(this.#endpoint);
    arrivals.close();
    const ended = owner?.close();
    for (const connection of this.connections) void connection.close(code, reason);
    for (const waiting of this.#waiting.splice(0)) waiting({ value: undefined, done: true });
    const timer = setTimeout(() => this.#cut(), group.settings.closeTimeout);
    // One may become the other.
    await arrivals.whenEmpty();
    await group.whenEmpty();
    owner?.end();
    await ended;
    clearTimeout(timer);
    this.#isClosed = true;
    this.emit('close');
  }

  /** Ends everything now. */
  #cut(): void {
    for (const connection of this.connections) connection.terminate();
    this.#acceptor.arrivals.cut();
    this.#ground.owner?.cut();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** @throws TypeError, RangeError: what a close frame cannot carry. */
function checkClose(code: unknown, reason: unknown): void {
  if (typeof code !== 'number' || typeof reason !== 'string')
    throw new TypeError('code must be a number and reason a string');
  if (!isSendableCloseCode(code)) throw new RangeError(`${code} is not a close code that can be sent`);
  const length = Buffer.byteLength(reason);
  if (length > MAX_CLOSE_REASON_LENGTH || (code === CloseStatus.Empty && length !== 0))
    throw new RangeError('a close reason needs a code and has at most 123 bytes');
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
