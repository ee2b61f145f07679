/** Options of servers: of `accept`, `attach` and `listen`. */
import type { IncomingMessage } from 'node:http';
import type { SecureServerOptions } from 'node:http2';
import type { ServerOptions as HttpsOptions } from 'node:https';
import type { Connection, ConnectionOptions, SlowPolicy } from '../connection/index.js';
import type { Refusal } from './answer.js';
import type { ComponentOptions } from './component-options.js';
import type { OriginFilter, PathFilter } from './filters.js';
import type { HeaderSource } from './header-list.js';

/**
 * Options by which the program decides about a request.
 *
 * @since 0.1.0
 */
export interface PolicyOptions {
  /**
   * Decides about a request. `true` accepts, a falsy value answers 401, a {@link Refusal} gives the answer itself. An
   * error that the function throws, or any other value, answers 500 and is the `cause` of the event `refused`.
   *
   * @defaultValue all are accepted
   */
  readonly verifyClient?: ((request: IncomingMessage) => Verdict | Promise<Verdict>) | undefined;
  /**
   * Origins of web pages that may connect; others get 403. A request without `Origin` passes, since it is not from
   * a browser.
   *
   * @defaultValue all
   */
  readonly origins?: OriginFilter | undefined;
  /**
   * Subprotocols that this server speaks; the first that the client offers as well is chosen.
   *
   * @defaultValue none
   */
  readonly protocols?: string | readonly string[] | undefined;
  /**
   * Chooses one of the offered subprotocols, in place of `protocols`; `false` for none.
   *
   * @defaultValue the choice by `protocols`
   */
  readonly handleProtocols?:
    ((offered: readonly string[], request: IncomingMessage) => string | false | null | undefined) | undefined;
  /**
   * Further headers of the 101 answer, such as `Set-Cookie`; a list makes one line for each element. The headers of the
   * handshake itself cannot be replaced.
   *
   * @defaultValue none
   */
  readonly headers?: ((request: IncomingMessage) => HeaderSource | null | undefined) | undefined;
}

/** The values that `verifyClient` may return. */
export type Verdict = boolean | Refusal | null | undefined;

/**
 * Options of `accept`.
 *
 * @since 0.1.0
 */
export interface AcceptOptions extends ConnectionOptions, ComponentOptions, PolicyOptions {
  /**
   * The largest number of connections at a time, including requests that are being decided; further ones get 503.
   *
   * @unit connections
   * @defaultValue no limit
   */
  readonly maxConnections?: number | undefined;
  /**
   * Milliseconds in which `verifyClient` has to decide; after that the client gets 503. 0 is no limit. For
   * `listen` the client also has this time to send its request, TLS handshake included; after that it gets 408.
   * With `attach`, the http server's own limits apply to the request (`headersTimeout`).
   *
   * @unit milliseconds
   * @defaultValue 30000
   */
  readonly handshakeTimeout?: number | undefined;
}

/**
 * Options of `attach`.
 *
 * @since 0.1.0
 */
export interface AttachOptions extends AcceptOptions {
  /**
   * The endpoint's path.
   *
   * @defaultValue every path that no other endpoint of the same http server has
   */
  readonly path?: PathFilter | undefined;
  /**
   * What becomes of published messages for a connection that does not read, that is while more than
   * `slowSubscriberBytes` wait for it. The event `slow` tells of each such connection.
   *
   * - `'wait'`: they wait as any other send does, until `maxBufferedBytes` ends the connection.
   * - `'drop'`: they are dropped until half of the bytes have been taken; the event `caughtUp` tells how many.
   * - `'close'`: the connection is closed with 1008, `ERR_TOO_MUCH_BUFFERED`.
   *
   * @defaultValue `'wait'`
   */
  readonly slowSubscribers?: SlowPolicy | undefined;
  /**
   * Bytes that may wait for a connection before it is slow. They are those that its transport has not taken in
   * earlier ticks, and 512 for each write. At least 1.
   *
   * @unit bytes
   * @defaultValue 1048576 (1 MiB)
   */
  readonly slowSubscriberBytes?: number | undefined;
}

/**
 * Options of `listen`.
 *
 * @since 0.1.0
 */
export interface ListenOptions extends AttachOptions {
  /**
   * The port to listen on: a number, or its digits, such as `process.env.PORT`; `server.url` tells which one a free
   * port is.
   *
   * @defaultValue 0, a free port
   */
  readonly port?: number | string | undefined;
  /**
   * The address to listen on, such as `'127.0.0.1'`.
   *
   * @defaultValue as node:net, all interfaces
   */
  readonly host?: string | undefined;
  /**
   * A unix socket, or a named pipe of Windows, to listen on instead of a port.
   *
   * @defaultValue none
   */
  readonly socketPath?: string | undefined;
  /**
   * Certificate and key, and any other option of https.createServer. If given, the server speaks `wss:`.
   *
   * @defaultValue none: the server speaks `ws:`
   */
  readonly tls?: HttpsOptions | undefined;
  /**
   * Longest queue of transports that the operating system keeps.
   *
   * @unit transports
   * @defaultValue as node:net
   */
  readonly backlog?: number | undefined;
  /**
   * Stops the start of the server: the promise rejects with the signal's reason.
   *
   * @defaultValue none
   */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Options of `listenHttp2`.
 *
 * @since 0.1.0
 */
export interface Http2ListenOptions extends Omit<ListenOptions, 'tls'> {
  /**
   * Certificate and key, and any other option of http2.createSecureServer. If given, clients choose HTTP/2 or HTTP/1.1.
   * If not, the server speaks HTTP/2 without TLS, to clients with prior knowledge.
   *
   * @defaultValue none: HTTP/2 without TLS
   */
  readonly tls?: SecureServerOptions | undefined;
}

/**
 * Options of `publish` and `broadcast` of a server.
 *
 * @since 0.1.0
 */
export interface PublishOptions {
  /**
   * The connection, or the connections, that do not get the message, such as its author.
   *
   * @defaultValue none
   */
  readonly except?: Connection | Iterable<Connection> | undefined;
}

/**
 * How a server closes.
 *
 * @since 0.1.0
 */
export interface ServerCloseOptions {
  /**
   * The code that the clients get.
   *
   * @defaultValue 1001
   */
  readonly code?: number | undefined;
  /**
   * The reason that the clients get.
   *
   * @defaultValue ''
   */
  readonly reason?: string | undefined;
  /**
   * Stops waiting: all remaining connections and requests are ended at once, then the promise rejects.
   *
   * @defaultValue none
   */
  readonly signal?: AbortSignal | undefined;
}
