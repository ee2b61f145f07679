/** A server: an endpoint for WebSocket connections over any transport. */
import { EventEmitter } from 'node:events';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { inspect } from 'node:util';
import type { InspectOptions } from 'node:util';
import { CloseStatus, MAX_CLOSE_REASON_LENGTH } from '../component/index.js';
import {
  checkTopic,
  Alarm,
  ConnectionError,
  isSendableCloseCode,
  untilAborted,
  warnOfForeignListeners,
} from '../connection/index.js';
import type { Connection, EmittingClass, Iteration, Publisher, SlowPolicy } from '../connection/index.js';
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
import { checkPublishable, exceptionOf, preparedOf, publisherOf } from './publish.js';
import type { Publishable } from './publish.js';
import { ConnectionQueue } from './queue.js';
import { requestOf } from './request.js';
import type { OpeningRequest } from './request.js';
import { urlOf } from './server-url.js';
import type { AttachOptions, PublishOptions, ServerCloseOptions } from './server-options.js';

/** Called for each connection. A rejection counts as unhandled, unless it is the failure of the connection itself. */
export type ConnectionHandler = (connection: Connection, request: IncomingMessage) => unknown;

/** A connection that does not read what is published to it. */
export interface SlowSubscriber {
  /** Bytes that wait for it, and 512 for each write that waits. */
  readonly waiting: number;
  /** What becomes of the messages; `slowSubscribers`. */
  readonly policy: SlowPolicy;
}

/** Events of a {@link Server}. */
export interface ServerEvents {
  /** A connection is open. The request is not kept: read from it now whatever is needed later. */
  connection: [connection: Connection, request: IncomingMessage];
  /** A request was refused and has been answered, or its client went away before the decision. */
  refused: [error: HandshakeError, request: IncomingMessage];
  /**
   * More than `slowSubscriberBytes` wait for a connection that does not read. It is told once, until the connection has
   * caught up; `slowSubscribers` says what becomes of published messages meanwhile.
   */
  slow: [connection: Connection, info: SlowSubscriber];
  /** Half of `slowSubscriberBytes` has been taken again: a message has just been sent to the connection. */
  caughtUp: [connection: Connection, info: { readonly dropped: number }];
  /** The http server failed after it had begun to listen. */
  error: [error: Error];
  /** The server takes no more connections, and all its connections are closed. */
  close: [];
}

/** The http server below a server, and its parts. */
export interface Ground {
  readonly httpServer: HttpServer | HttpsServer;
  /** The endpoints of the http server, by transport. */
  readonly endpoints: readonly Endpoints[];
  /** Null if the http server belongs to the program. */
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
  readonly #queue = new ConnectionQueue();
  #closing: Promise<void> | null = null;
  #isClosed = false;
  /** The topics. @internal */
  readonly _publisher: Publisher<Connection>;

  /** Use {@link listen} or {@link attach}. @internal */
  constructor(ground: Ground, options: AttachOptions, handler: ConnectionHandler | undefined) {
    super();
    if (typeof (ground as Partial<Ground> | undefined)?.endpoints !== 'object')
      throw new TypeError('a Server is made by listen(options) or attach(httpServer, options)');
    if (handler !== undefined && typeof handler !== 'function')
      throw new TypeError('the handler must be a function');
    checkPathFilter(options.path);
    this.httpServer = ground.httpServer;
    this.#ground = ground;
    this.#acceptor = new Acceptor(options);
    this.#acceptor.group.watcher = this.#queue;
    this._publisher = publisherOf(this.#acceptor.group, options, {
      slow: (connection, waiting) => {
        const { slowSubscribers: policy = 'wait' } = options;
        this.emit('slow', connection, { waiting, policy });
      },
      caughtUp: (connection, dropped) => this.emit('caughtUp', connection, { dropped }),
    });
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

  /** The address at which the server listens, as in node:net. */
  address(): AddressInfo | string | null {
    return this.httpServer.address();
  }

  /**
   * The address of this endpoint as `connect` takes it, such as `ws://127.0.0.1:40123/`: `wss:` with TLS, `ws+unix:` and
   * `wss+unix:` for a unix socket or a named pipe. A server on all interfaces is given as `127.0.0.1` or `[::1]`. The
   * path is that of the option `path` if it is a string, and otherwise `/`. A server of `listenHttp2` takes
   * `connectHttp2` in place of `connect`.
   *
   * @throws Error with code `ERR_SERVER_NOT_RUNNING`: the http server does not listen. That of `attach` may listen later;
   *   no server has a url after `close`. With code `ERR_INVALID_ADDRESS`: the server listens on an address with a zone,
   *   such as `fe80::1%eth0`, which no URL can have.
   */
  get url(): string {
    return urlOf(this.httpServer, this.#path);
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

  /**
   * Sends a message to the subscribers of a topic: {@link Connection.subscribe}. It is framed once. All that is
   * published in one tick leaves in one write a connection, and each connection gets it in the order of the calls.
   *
   * @param topic - any string of 1 to 256 UTF-16 units.
   * @returns how many connections of this server get the message.
   * @throws TypeError, RangeError: a topic, data or an option that cannot be used.
   */
  publish(topic: string, data: Publishable, options?: PublishOptions): number {
    checkTopic(topic);
    checkPublishable(data);
    const except = exceptionOf('publish', options);
    if (this.count(topic) === 0 && this._publisher.relay === null) return 0;
    return this._publisher.publish(topic, preparedOf(data), except);
  }

  /**
   * Sends a message to all connections.
   *
   * @returns how many connections of this server get the message.
   * @throws TypeError data or an option that cannot be used.
   */
  broadcast(data: Publishable, options?: PublishOptions): number {
    checkPublishable(data);
    return this._publisher.broadcast(preparedOf(data), exceptionOf('broadcast', options));
  }

  /**
   * How many connections of this server subscribe to a topic.
   *
   * @throws TypeError, RangeError: the topic cannot be used.
   */
  count(topic: string): number {
    checkTopic(topic);
    return this._publisher.topics.subscribersOf(topic)?.size ?? 0;
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
    // The server was closed between the decision and this call; this connection is being closed like the others.
    if (this.#closing !== null) return;
    if (this.#handler !== undefined) void handle(this.#handler, connection, original);
    let isHeard: boolean;
    try {
      isHeard = this.emit('connection', connection, original);
    } catch (error) {
      // The listener threw, so no code handles the connection. The error is reported like that of any listener.
      void connection.close(CloseStatus.ServerError);
      throw error;
    }
    if (!isHeard && this.#handler === undefined) this.#queue.push(connection);
  }

  /**
   * The connections as they come, until the server is closed; for servers without handler and without listener. A
   * connection that ends while there is no loop is not among them.
   *
   * @throws TypeError a handler or a listener gets the connections.
   */
  [Symbol.asyncIterator](): Iteration<Connection> {
    if (this.#handler !== undefined || this.listenerCount('connection') !== 0)
      throw new TypeError(
        'a loop over this server would get no connection: a handler or a listener gets them',
      );
    return this.#queue.iterate();
  }

  /**
   * Closes the server. It takes no more connections, closes the open ones with 1001, answers requests that are being
   * decided with 503, and ends every other transport of its own. Connections that are left after `closeTimeout` are
   * terminated. An http server of the program, given to `attach`, stays open.
   *
   * @returns resolves when everything has ended; a second call waits for the same end.
   * @throws (in the promise) RangeError, TypeError: a code or reason that cannot be sent, and nothing is closed; the
   *   signal's reason, after everything has been ended.
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
    this.#queue.end();
    const alarm = Alarm.after(group.settings.closeTimeout, () => this.#cut(), undefined);
    // A pending request may become a connection while this waits, so both are checked again.
    await arrivals.whenEmpty();
    await group.whenEmpty();
    owner?.end();
    await ended;
    alarm.stop();
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

  /** `console.log` shows the public properties only, without the internal state. @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    if (depth < 0) return '[Server]';
    const { size, isClosed } = this;
    const { backend, reason } = this.backend;
    const path = this.#path;
    return `Server ${inspect({ address: this.address(), path, size, isClosed, backend, reason }, options)}`;
  }
}

const EVENTS: EmittingClass = {
  name: 'a Server',
  events: ['connection', 'refused', 'slow', 'caughtUp', 'error', 'close'],
  foreign: {
    listening: 'listen resolves when the server listens; httpServer has the event',
    connect: "the event is 'connection'",
    message: "connections have the event 'message'",
    headers: 'use the option headers',
    wsClientError: "the event is 'refused'",
    upgrade: 'httpServer has the event',
    request: 'httpServer has the event',
    secureConnection: 'httpServer has the event',
  },
};
warnOfForeignListeners(Server.prototype, EVENTS);

/** @throws TypeError, RangeError: a code or reason that a close frame cannot carry. */
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
    // `closed` and the channels have reported the connection's own failure; any other error is a mistake.
    if (!(error instanceof ConnectionError)) throw error;
  }
}
