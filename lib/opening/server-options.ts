/** Options of servers: of `accept`, `attach` and `listen`. */
import type { IncomingMessage } from 'node:http';
import type { SecureServerOptions } from 'node:http2';
import type { ServerOptions as HttpsOptions } from 'node:https';
import type { Connection, ConnectionOptions, SlowPolicy } from '../connection/index.js';
import type { Refusal } from './answer.js';
import type { ComponentOptions } from './component-options.js';
import type { OriginFilter, PathFilter } from './filters.js';
import type { HeaderSource } from './header-list.js';

/** Options by which the program decides about a request. */
export interface PolicyOptions {
  /**
   * Decides about a request. `true` accepts, a falsy value answers 401, a {@link Refusal} gives the answer itself. An
   * error that the function throws, or any other value, answers 500 and is the `cause` of the event `refused`.
   */
  readonly verifyClient?: ((request: IncomingMessage) => Verdict | Promise<Verdict>) | undefined;
  /**
   * Origins of web pages that may connect; others get 403. A request without `Origin` passes, since it is not from a
   * browser. Default: all.
   */
  readonly origins?: OriginFilter | undefined;
  /** Subprotocols that this server speaks; the first that the client offers as well is chosen. Default: none. */
  readonly protocols?: string | readonly string[] | undefined;
  /** Chooses one of the offered subprotocols, in place of `protocols`; `false` for none. */
  readonly handleProtocols?:
    ((offered: readonly string[], request: IncomingMessage) => string | false | null | undefined) | undefined;
  /**
   * Further headers of the 101 answer, such as `Set-Cookie`; a list makes one line for each element. The headers of the
   * handshake itself cannot be replaced.
   */
  readonly headers?: ((request: IncomingMessage) => HeaderSource | null | undefined) | undefined;
}

/** The values that `verifyClient` may return. */
export type Verdict = boolean | Refusal | null | undefined;

/** Options of `accept`. */
export interface AcceptOptions extends ConnectionOptions, ComponentOptions, PolicyOptions {
  /**
   * The largest number of connections at a time, including requests that are being decided; further ones get 503.
   * Default: no limit.
   */
  readonly maxConnections?: number | undefined;
  /**
   * Milliseconds in which `verifyClient` has to decide; after that the client gets 503. 0 is no limit. For `listen` the
   * client also has this time to send its request, TLS handshake included; after that it gets 408. With `attach`, the
   * http server's own limits apply to the request (`headersTimeout`). Default: 30000.
   */
  readonly handshakeTimeout?: number | undefined;
}

/** Options of `attach`. */
export interface AttachOptions extends AcceptOptions {
  /** The endpoint's path. Default: every path that no other endpoint of the same http server has. */
  readonly path?: PathFilter | undefined;
  /**
   * What becomes of published messages for a connection that does not read, that is while more than
   * `slowSubscriberBytes` wait for it. The event `slow` tells of each such connection.
   *
   * - `'wait'`: they wait as any other send does, until `maxBufferedBytes` ends the connection.
   * - `'drop'`: they are dropped until half of the bytes have been taken; the event `caughtUp` tells how many.
   * - `'close'`: the connection is closed with 1008, `ERR_TOO_MUCH_BUFFERED`.
   *
   * Default: `'wait'`.
   */
  readonly slowSubscribers?: SlowPolicy | undefined;
  /**
   * Bytes that may wait for a connection before it is slow. They are those that its transport has not taken in earlier
   * ticks, and 512 for each write. At least 1. Default: 1048576 (1 MiB).
   */
  readonly slowSubscriberBytes?: number | undefined;
}

/** Options of `listen`. */
export interface ListenOptions extends AttachOptions {
  /** A number, or its digits, such as `process.env.PORT`. Default: 0, a free port; `server.address()` tells which. */
  readonly port?: number | string | undefined;
  /** Default: as node:net, all interfaces. */
  readonly host?: string | undefined;
  /** A unix socket, or a named pipe of Windows, to listen on instead of a port. */
  readonly socketPath?: string | undefined;
  /** Certificate and key, and any other option of https.createServer. If given, the server speaks `wss:`. */
  readonly tls?: HttpsOptions | undefined;
  /** Longest queue of transports that the operating system keeps. Default: as node:net. */
  readonly backlog?: number | undefined;
  /** Stops the start of the server: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `listenHttp2`. */
export interface Http2ListenOptions extends Omit<ListenOptions, 'tls'> {
  /**
   * Certificate and key, and any other option of http2.createSecureServer. If given, clients choose HTTP/2 or HTTP/1.1.
   * If not, the server speaks HTTP/2 without TLS, to clients with prior knowledge.
   */
  readonly tls?: SecureServerOptions | undefined;
}

/** Options of `publish` and `broadcast` of a server. */
export interface PublishOptions {
  /** The connection, or the connections, that do not get the message, such as its author. Default: none. */
  readonly except?: Connection | Iterable<Connection> | undefined;
}

/** How a server closes. */
export interface ServerCloseOptions {
  /** The code that the clients get. Default: 1001. */
  readonly code?: number | undefined;
  /** The reason that the clients get. Default: ''. */
  readonly reason?: string | undefined;
  /** Stops waiting: all remaining connections and requests are ended at once, then the promise rejects. */
  readonly signal?: AbortSignal | undefined;
}
