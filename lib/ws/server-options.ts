/**
 * Options and events of `WebSocketServer`. The type parameters are those of `@types/ws`: the class of the sockets and
 * the class of the requests.
 */
import type { IncomingMessage, OutgoingHttpHeaders, Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { SharedOptions } from './options.js';
import type { WebSocket } from './websocket.js';

/** The class of the sockets of a server: `WebSocket`, or a class that extends it. */
export type SocketClass = typeof WebSocket;
/** The class of the requests of a server: `IncomingMessage`, or a class that extends it. */
export type RequestClass = typeof IncomingMessage;

/** The argument of `verifyClient`. */
export interface ClientInfo<R extends IncomingMessage = IncomingMessage> {
  origin: string;
  secure: boolean;
  req: R;
}

/** Accepts or refuses a request by its return value. */
export type VerifyClientSync<R extends IncomingMessage = IncomingMessage> = (info: ClientInfo<R>) => boolean;
/** Accepts or refuses a request later: it calls the callback. */
export type VerifyClientAsync<R extends IncomingMessage = IncomingMessage> = (
  info: ClientInfo<R>,
  callback: (verified: boolean, code?: number, message?: string, headers?: OutgoingHttpHeaders) => void,
) => void;

/**
 * Options of a server.
 *
 * @since 0.1.0
 */
export interface ServerOptions<
  S extends SocketClass = SocketClass,
  R extends RequestClass = RequestClass,
> extends SharedOptions {
  /**
   * Largest number of transports that may wait to be accepted.
   *
   * @unit transports
   * @defaultValue 511
   */
  backlog?: number | undefined;
  /**
   * Keep the open sockets in `clients`.
   *
   * @defaultValue true
   */
  clientTracking?: boolean | undefined;
  /**
   * Returns one of the subprotocols that the client offers, or `false` for none.
   *
   * @defaultValue the first
   */
  handleProtocols?:
    ((protocols: Set<string>, request: InstanceType<R>) => string | false | undefined) | null | undefined;
  /**
   * The address to listen on.
   *
   * @defaultValue as node:net, all interfaces
   */
  host?: string | undefined;
  /**
   * The server does not listen; the program calls `handleUpgrade` itself.
   *
   * @defaultValue false
   */
  noServer?: boolean | undefined;
  /**
   * The only path that is accepted; a request for another path gets 400.
   *
   * @defaultValue every path is accepted
   */
  path?: string | null | undefined;
  /**
   * The port to listen on; 0 is a free one.
   *
   * @defaultValue none
   */
  port?: number | null | undefined;
  /**
   * The HTTP or HTTPS server of the program. The WebSocket server takes its upgrade requests.
   *
   * @defaultValue none
   */
  server?: HttpServer<R> | HttpsServer<R> | null | undefined;
  /**
   * Accepts or refuses a request: at once by its return value, or later by a callback.
   *
   * @defaultValue all are accepted
   */
  verifyClient?: VerifyClientSync<InstanceType<R>> | VerifyClientAsync<InstanceType<R>> | null | undefined;
  /**
   * The class of the sockets.
   *
   * @defaultValue `WebSocket`
   */
  WebSocket?: S | undefined;
}

/** The events of the emitter `WebSocketServer`, with their arguments. */
export interface ServerEvents<S extends SocketClass = SocketClass, R extends RequestClass = RequestClass> {
  /** A connection is open. */
  connection: [websocket: InstanceType<S>, request: InstanceType<R>];
  /** The lines of the 101 answer, before they are sent; the listener may change them. */
  headers: [headers: string[], request: InstanceType<R>];
  /** A request is refused. With a listener the program has to answer and end the transport. */
  wsClientError: [error: Error, socket: Duplex, request: InstanceType<R>];
  /** The http server failed. */
  error: [error: Error];
  /** The server listens. */
  listening: [];
  /** The server is closed. Its connections are not. */
  close: [];
}
