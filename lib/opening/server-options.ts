/** Options of servers: of `accept`, `attach` and `listen`. */
import type { IncomingMessage } from 'node:http';
import type { SecureServerOptions } from 'node:http2';
import type { ServerOptions as HttpsOptions } from 'node:https';
import type { ConnectionOptions } from '../connection/index.js';
import type { Refusal } from './answer.js';
import type { ComponentOptions } from './component-options.js';
import type { OriginFilter, PathFilter } from './filters.js';
import type { HeaderSource } from './header-list.js';

/** What the program decides itself. */
export interface PolicyOptions {
  /**
   * Decides about a request: `true` accepts, what is falsy answers 401, a {@link Refusal} answers as it says. What it
   * throws, and every other value, answers 500 and is the `cause` of the event `refused`.
   */
  readonly verifyClient?: ((request: IncomingMessage) => Verdict | Promise<Verdict>) | undefined;
  /**
   * Origins of web pages that may connect; others get 403. Requests without `Origin`, which are not from a browser,
   * pass. Default: all.
   */
  readonly origins?: OriginFilter | undefined;
  /** Subprotocols that this server speaks; the first that the client offers as well is chosen. Default: none. */
  readonly protocols?: string | readonly string[] | undefined;
  /** Chooses one of the offered subprotocols, in place of `protocols`; `false` for none. */
  readonly handleProtocols?:
    ((offered: readonly string[], request: IncomingMessage) => string | false | null | undefined) | undefined;
  /**
   * Further headers of the 101 answer, such as `Set-Cookie`; a list makes one line for each element. Those of the
   * handshake itself cannot be replaced.
   */
  readonly headers?: ((request: IncomingMessage) => HeaderSource | null | undefined) | undefined;
}

/** What `verifyClient` may say. */
export type Verdict = boolean | Refusal | null | undefined;

/** Options of `accept`. */
export interface AcceptOptions extends ConnectionOptions, ComponentOptions, PolicyOptions {
  /** Most connections at a time, with those that are being decided about; others get 503. Default: no limit. */
  readonly maxConnections?: number | undefined;
  /**
   * Milliseconds in which `verifyClient` has to decide; then the client gets 503. 0 is no limit. For `listen` it is
   * also the time in which a client has to send its request, TLS handshake included; then it gets 408. An http server
   * that is attached to has limits of its own for that (`headersTimeout`). Default: 30000.
   */
  readonly handshakeTimeout?: number | undefined;
}

/** Options of `attach`. */
export interface AttachOptions extends AcceptOptions {
  /** The endpoint's path. Default: every path that no other endpoint of the same http server has. */
  readonly path?: PathFilter | undefined;
}

/** Options of `listen`. */
export interface ListenOptions extends AttachOptions {
  /** Default: 0, a free port; `server.address()` tells which. */
  readonly port?: number | undefined;
  /** Default: as node:net, all interfaces. */
  readonly host?: string | undefined;
  /** A unix socket, or a named pipe of Windows, to listen on instead of a port. */
  readonly socketPath?: string | undefined;
  /** Certificate and key, and whatever else https.createServer takes: then the server speaks `wss:`. */
  readonly tls?: HttpsOptions | undefined;
  /** Longest queue of transports that the operating system keeps. Default: as node:net. */
  readonly backlog?: number | undefined;
  /** Gives up waiting to listen. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of `listenHttp2`. */
export interface Http2ListenOptions extends Omit<ListenOptions, 'tls'> {
  /**
   * Certificate and key, and whatever else http2.createSecureServer takes: then clients choose HTTP/2 or HTTP/1.1.
   * Without, the server speaks HTTP/2 to those who know that it does.
   */
  readonly tls?: SecureServerOptions | undefined;
}

/** How a server closes. */
export interface ServerCloseOptions {
  /** The code that the clients get. Default: 1001. */
  readonly code?: number | undefined;
  /** The reason that the clients get. Default: ''. */
  readonly reason?: string | undefined;
  /** Stops waiting: everything that is left is ended at once, and then the promise rejects. */
  readonly signal?: AbortSignal | undefined;
}
