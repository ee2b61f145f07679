/** `WebSocketServer` with the options, events and error messages of `ws`. */
import { EventEmitter } from 'node:events';
import type { IncomingMessage, OutgoingHttpHeaders, Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { http } from '../component/on-demand.js';
import { errorOf } from '../component/thrown.js';
import { Connection, Group, isValidOffer, parseExtensions } from '../connection/index.js';
import type { AcceptedOffer } from '../connection/index.js';
import { answerOf, refuse } from './answer.js';
import { Clients } from './clients.js';
import { attach } from './inner-socket.js';
import { sharedSettings, something } from './options.js';
import type { SharedSettings } from './options.js';
import { declines } from './per-message-deflate.js';
import type { Reporting } from './reporting.js';
import type { RequestClass, ServerEvents, ServerOptions, SocketClass } from './server-options.js';
import { parse as parseSubprotocols } from './subprotocols.js';
import { verify } from './verify.js';
import type { VerifyClient } from './verify.js';
import { WebSocket } from './websocket.js';

const KEY = /^[+/0-9A-Za-z]{22}==$/;
const taken: unique symbol = Symbol('taken');

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** A transport. The mark says that a WebSocket uses it already. */
interface Transport extends Duplex {
  [taken]?: boolean;
}

enum State {
  Running,
  Closing,
  Closed,
}

/** The result of the check of a valid request. */
interface Accepted {
  /** The subprotocols that the client offers; null without the header. */
  readonly protocols: Set<string> | null;
  readonly offer: AcceptedOffer | undefined;
}

/** A valid request, with the other arguments of `handleUpgrade`. */
interface Upgrade<S extends SocketClass, R extends RequestClass> {
  readonly accepted: Accepted;
  readonly request: InstanceType<R>;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly callback: (client: InstanceType<S>, request: InstanceType<R>) => void;
}

export interface WebSocketServer<S extends SocketClass = SocketClass, R extends RequestClass = RequestClass> {
  on<K extends keyof ServerEvents>(
    event: K,
    listener: (this: WebSocketServer<S, R>, ...args: ServerEvents<S, R>[K]) => void,
  ): this;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  on(event: string | symbol, listener: (this: WebSocketServer<S, R>, ...args: any[]) => void): this;
  once<K extends keyof ServerEvents>(
    event: K,
    listener: (this: WebSocketServer<S, R>, ...args: ServerEvents<S, R>[K]) => void,
  ): this;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  once(event: string | symbol, listener: (this: WebSocketServer<S, R>, ...args: any[]) => void): this;
  off<K extends keyof ServerEvents>(
    event: K,
    listener: (this: WebSocketServer<S, R>, ...args: ServerEvents<S, R>[K]) => void,
  ): this;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  off(event: string | symbol, listener: (this: WebSocketServer<S, R>, ...args: any[]) => void): this;
  addListener<K extends keyof ServerEvents>(
    event: K,
    listener: (this: WebSocketServer<S, R>, ...args: ServerEvents<S, R>[K]) => void,
  ): this;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  addListener(event: string | symbol, listener: (this: WebSocketServer<S, R>, ...args: any[]) => void): this;
  removeListener<K extends keyof ServerEvents>(
    event: K,
    listener: (this: WebSocketServer<S, R>, ...args: ServerEvents<S, R>[K]) => void,
  ): this;
  removeListener(
    event: string | symbol,
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    listener: (this: WebSocketServer<S, R>, ...args: any[]) => void,
  ): this;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export class WebSocketServer<
  S extends SocketClass = SocketClass,
  R extends RequestClass = RequestClass,
> extends EventEmitter {
  options: ServerOptions<S, R>;
  /** The open sockets; undefined if the option `clientTracking` is false. */
  declare clients: Set<InstanceType<S>>;
  /** Never set, as in `ws`: the property is here because `@types/ws` declares it. The path is in `options`. */
  declare path: string;
  _server: HttpServer | HttpsServer | null = null;
  /** 0: running, 1: closing, 2: closed. */
  _state = State.Running;
  #closesWithClients = false;
  /** Null if the option `clientTracking` is false. */
  readonly #clients: Clients<InstanceType<S>> | null = null;
  /** The listener of each socket in `clients`. */
  readonly #onClientClose: (this: WebSocket) => void;
  readonly #shared: SharedSettings;
  readonly #group: Group<Connection>;
  readonly #onListening = (): boolean => this.emit('listening');
  readonly #onError = (error: Error): boolean => this.emit('error', error);
  readonly #onUpgrade = (request: InstanceType<R>, socket: Duplex, head: Buffer): void => {
    this.handleUpgrade(request, socket, head, (client) => this.emit('connection', client, request));
  };

  constructor(options: ServerOptions<S, R> = {}, callback?: () => void) {
    super();
    const { port, server, noServer = false } = options;
    const hasPort = port !== undefined && port !== null;
    const hasServer = server !== undefined && server !== null;
    if (Number(hasPort) + Number(hasServer) + Number(noServer) !== 1) {
      throw new TypeError(
        'One and only one of the "port", "server", or "noServer" options must be specified',
      );
    }
    this.options = {
      allowSynchronousEvents: true,
      autoPong: true,
      maxBufferedChunks: 256 * 1024,
      maxFragments: 16 * 1024,
      maxPayload: 100 * 1024 * 1024,
      maxPendingAutoPongs: 60,
      skipUTF8Validation: false,
      perMessageDeflate: false,
      handleProtocols: null,
      clientTracking: true,
      closeTimeout: 30_000,
      verifyClient: null,
      noServer: false,
      backlog: undefined,
      server: null,
      host: undefined,
      path: null,
      port: null,
      // If the type parameter is another class, the program passes that class as the option.
      WebSocket: WebSocket as S,
      ...options,
    };
    this.#shared = sharedSettings(this.options, false, false);
    this.#group = new Group(this.#shared.settings);
    if (something(this.options.clientTracking) !== undefined)
      this.#clients = new Clients(this, () => this.#openSockets());
    // In `@types/ws` the property is never undefined, so the type here is the same.
    else this.clients = undefined!;
    const untrack = (client: InstanceType<S>): void => this.#untrack(client);
    this.#onClientClose = function () {
      untrack(this as InstanceType<S>);
    };
    if (hasPort) {
      this._server = http().createServer((_, response) => {
        const body = http().STATUS_CODES[426]!;
        response.writeHead(426, { 'Content-Length': body.length, 'Content-Type': 'text/plain' });
        response.end(body);
      });
      this._server.listen(port, options.host, options.backlog, callback);
    } else if (hasServer) {
      this._server = server;
    }
    this._server?.on('listening', this.#onListening);
    this._server?.on('error', this.#onError);
    this._server?.on('upgrade', this.#onUpgrade as UpgradeListener);
  }

  #openSockets(): InstanceType<S>[] {
    const sockets: unknown[] = this.#group.members().map(({ callbacks }) => (callbacks as Reporting).socket);
    // The group has the newest connection first.
    return sockets.reverse() as InstanceType<S>[];
  }

  address(): AddressInfo | string | null {
    if (this.options.noServer === true) throw new Error('The server is operating in "noServer" mode');
    return this._server === null ? null : this._server.address();
  }

  /** Stops accepting sockets. Open sockets stay open until the program closes them. */
  close(callback?: (error?: Error) => void): void {
    if (this._state === State.Closed) {
      if (callback !== undefined) this.once('close', () => callback(new Error('The server is not running')));
      process.nextTick(() => this.#emitClose());
      return;
    }
    if (callback !== undefined) this.once('close', callback);
    if (this._state === State.Closing) return;
    this._state = State.Closing;
    const server = this._server;
    server?.off('listening', this.#onListening);
    server?.off('error', this.#onError);
    server?.off('upgrade', this.#onUpgrade as UpgradeListener);
    this._server = null;
    if (server !== null && (this.options.server === null || this.options.server === undefined)) {
      server.close(() => this.#emitClose());
    } else if (this.#clients === null || this.#clients.size === 0) {
      process.nextTick(() => this.#emitClose());
    } else {
      this.#closesWithClients = true;
    }
  }

  #emitClose(): void {
    this._state = State.Closed;
    this.emit('close');
  }

  /** Whether a request is for this server. */
  shouldHandle(request: InstanceType<R>): boolean | Promise<boolean> {
    const { path } = this.options;
    if (something(path) === undefined) return true;
    const url = request.url ?? '';
    const query = url.indexOf('?');
    return (query < 0 ? url : url.slice(0, query)) === path;
  }

  /** Answers a request. Calls the callback when the socket is open. Does not call it if the request is refused. */
  handleUpgrade(
    request: InstanceType<R>,
    socket: Duplex,
    head: Buffer,
    callback: (client: InstanceType<S>, request: InstanceType<R>) => void,
  ): void {
    socket.on('error', destroyThis);
    let accepted: Accepted | null;
    try {
      accepted = this.#check(request, socket);
    } catch (error) {
      this.#callbackFailed(request, socket, error);
      return;
    }
    if (accepted === null) return;
    const upgrade: Upgrade<S, R> = { accepted, request, socket, head, callback };
    const { verifyClient } = this.options;
    const asked = something(verifyClient);
    if (asked === undefined) this.#complete(upgrade);
    else this.#verify(asked, upgrade);
  }

  #verify(verifyClient: VerifyClient<InstanceType<R>>, upgrade: Upgrade<S, R>): void {
    const { request, socket } = upgrade;
    verify(verifyClient, request, {
      decide: (verified, code, message, headers) => {
        if (verified) this.#complete(upgrade);
        else refuse(socket, something(code) ?? 401, message, headers);
      },
      failed: (error) => this.#callbackFailed(request, socket, error),
    });
  }

  /**
   * Called when a callback of the program has thrown, or its promise has rejected. In `ws` such an error ends the
   * process, so any client can end it. Here the program gets the event `wsClientError` and answers the client. Without
   * a listener for it, the client gets 500 and the process emits a warning.
   */
  #callbackFailed(request: InstanceType<R>, socket: Duplex, error: unknown): void {
    if (this.listenerCount('wsClientError') !== 0) {
      this.emit('wsClientError', error, socket, request);
      return;
    }
    refuse(socket, 500);
    const reason = errorOf(error);
    process.emitWarning(reason === error ? reason : new Error(`a callback threw ${reason.message}`));
  }

  /**
   * Checks a request. Returns null if the request is not valid: its answer has been sent, or is left to the program.
   */
  #check(request: InstanceType<R>, socket: Duplex): Accepted | null {
    const { headers } = request;
    const key = headers['sec-websocket-key'];
    const version = headers['sec-websocket-version'];
    const bad = (code: number, message: string, more?: OutgoingHttpHeaders): null => {
      this.#refuseOrTell(request, socket, code, message, more);
      return null;
    };
    if (request.method !== 'GET') return bad(405, 'Invalid HTTP method');
    if (headers.upgrade?.toLowerCase() !== 'websocket') return bad(400, 'Invalid Upgrade header');
    if (key === undefined || !KEY.test(key)) return bad(400, 'Missing or invalid Sec-WebSocket-Key header');
    if (version !== '8' && version !== '13') {
      return bad(400, 'Missing or invalid Sec-WebSocket-Version header', {
        'Sec-WebSocket-Version': '13, 8',
      });
    }
    // A subclass that overrides `shouldHandle` may return any value.
    const handles: unknown = this.shouldHandle(request);
    if (!handles) {
      refuse(socket, 400);
      return null;
    }
    const header = headers['sec-websocket-protocol'];
    let protocols: Set<string> | null = null;
    try {
      if (header !== undefined) protocols = parseSubprotocols(header);
    } catch {
      return bad(400, 'Invalid Sec-WebSocket-Protocol header');
    }
    const offer = this.#chooseOffer(headers['sec-websocket-extensions']);
    if (offer === null) return bad(400, 'Invalid or unacceptable Sec-WebSocket-Extensions header');
    return { protocols, offer };
  }

  /** Chooses an offer of the client. Undefined is no extension; null is offers that are malformed or not acceptable. */
  #chooseOffer(header: string | undefined): AcceptedOffer | undefined | null {
    const { extension } = this.#shared;
    if (extension === null || header === undefined) return undefined;
    const offers = parseExtensions(header);
    if (offers === null || offers.length === 0) return null;
    const own = offers.filter(({ name }) => name === extension.name);
    if (own.some(({ parameters, isAmbiguous }) => isAmbiguous || !isValidOffer(parameters))) return null;
    const { perMessageDeflate: options } = this.options;
    for (const { parameters } of own) {
      if (typeof options === 'object' && declines(options, parameters)) continue;
      const accepted = extension.accept(parameters);
      if (accepted !== undefined) return accepted;
    }
    return own.length === 0 ? undefined : null;
  }

  #chooseProtocol(protocols: Set<string> | null, request: InstanceType<R>): string {
    if (protocols === null || protocols.size === 0) return '';
    const { handleProtocols } = this.options;
    const chosen = handleProtocols ? handleProtocols(protocols, request) : [...protocols][0];
    return typeof chosen === 'string' ? chosen : '';
  }

  #complete(upgrade: Upgrade<S, R>): void {
    const { request, head, callback } = upgrade;
    const { protocols, offer } = upgrade.accepted;
    const socket: Transport = upgrade.socket;
    // The client may have disconnected while `verifyClient` was deciding.
    if (!socket.readable || !socket.writable) {
      socket.destroy();
      return;
    }
    if (socket[taken] === true) {
      throw new Error(
        'server.handleUpgrade() was called more than once with the same socket, possibly due to a misconfiguration',
      );
    }
    if (this._state !== State.Running) {
      refuse(socket, 503);
      return;
    }
    socket[taken] = true;
    let protocol: string;
    try {
      protocol = this.#chooseProtocol(protocols, request);
    } catch (error) {
      this.#callbackFailed(request, socket, error);
      return;
    }
    const {
      component,
      handle: properties,
      autoPong,
      maxPendingAutoPongs,
      allowSynchronousEvents,
    } = this.#shared;
    const handle = component.createServerHandle(properties);
    let headers: string[];
    try {
      headers = answerOf(handle, request, protocol, offer);
    } catch (error) {
      handle.delete();
      if (!this.emit('wsClientError', error, socket, request)) refuse(socket, 400, errorOf(error).message);
      return;
    }
    try {
      this.emit('headers', headers, request);
    } catch (error) {
      // The program gets the error. The transport is destroyed, so that the client does not wait for an answer.
      handle.delete();
      socket.destroy();
      throw error;
    }
    socket.write(`${headers.join('\r\n')}\r\n\r\n`);
    socket.off('error', destroyThis);
    const client = new this.options.WebSocket!(null, undefined, this.options) as InstanceType<S>;
    (socket as Partial<{ setTimeout(ms: number): void }>).setTimeout?.(0);
    (socket as Partial<{ setNoDelay(): void }>).setNoDelay?.();
    if (head.byteLength !== 0) socket.unshift(head);
    client[attach]({
      transport: socket,
      isServer: true,
      protocol,
      extension: offer === undefined ? '' : this.#shared.extension!.name,
      autoPong,
      maxPendingAutoPongs,
      allowSynchronousEvents,
      makeConnection: (callbacks) =>
        new Connection(socket, handle, this.#group, {
          protocol,
          url: request.url ?? '',
          side: 'server',
          callbacks,
          codec: offer?.codec(),
        }),
    });
    if (this.#clients !== null) {
      this.#clients.add(client);
      client.on('close', this.#onClientClose);
    }
    callback(client, request);
  }

  #untrack(client: InstanceType<S>): void {
    this.#clients!.delete(client);
    if (this.#closesWithClients && this.#clients!.size === 0) process.nextTick(() => this.#emitClose());
  }

  #refuseOrTell(
    request: InstanceType<R>,
    socket: Duplex,
    code: number,
    message: string,
    headers?: OutgoingHttpHeaders,
  ): void {
    if (this.listenerCount('wsClientError') !== 0)
      this.emit('wsClientError', new Error(message), socket, request);
    else refuse(socket, code, message, headers);
  }
}

function destroyThis(this: Duplex): void {
  this.destroy();
}
