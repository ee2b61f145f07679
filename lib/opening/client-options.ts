/** Options of clients. */
import type { Agent } from 'node:http';
import type { ClientHttp2Session, SecureClientSessionOptions } from 'node:http2';
import type { TcpNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { ConnectionOptions } from '../connection/index.js';
import type { ComponentOptions } from './component-options.js';
import type { HeaderSource } from './header-list.js';

/**
 * Options of `connect`.
 *
 * @since 0.1.0
 */
export interface ConnectOptions extends ConnectionOptions, ComponentOptions {
  /**
   * Subprotocols, the preferred one first; the server chooses one or none.
   *
   * @defaultValue none
   */
  readonly protocols?: string | readonly string[] | undefined;
  /**
   * Whether the handshake fails with `ERR_NO_SUBPROTOCOL` if the server chooses none of the offered subprotocols,
   * as in browsers; `false` opens the connection, with `connection.protocol` ''.
   *
   * @defaultValue true
   */
  readonly protocolRequired?: boolean | undefined;
  /**
   * Request headers. The headers of the handshake itself cannot be replaced.
   *
   * @defaultValue none
   */
  readonly headers?: HeaderSource | undefined;
  /**
   * The header `Origin`.
   *
   * @defaultValue none
   */
  readonly origin?: string | undefined;
  /**
   * Milliseconds from the call to the open connection, redirects included; 0 is no limit.
   *
   * @unit milliseconds
   * @defaultValue 30000
   */
  readonly handshakeTimeout?: number | undefined;
  /**
   * Stops the opening: the promise rejects with the signal's reason. Without effect on an open connection.
   *
   * @defaultValue none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * TLS options for `wss:`, such as `ca`, `cert`, `rejectUnauthorized`, `servername`.
   *
   * @defaultValue Node's
   */
  readonly tls?: TlsOptions | undefined;
  /**
   * An agent, such as one of `https-proxy-agent`.
   *
   * @defaultValue a transport of its own for each connection
   */
  readonly agent?: Agent | undefined;
  /**
   * Makes the transport: any Duplex of bytes, or a promise of one. The function adds TLS itself, if needed.
   *
   * @defaultValue `net.connect`, `tls.connect`
   */
  readonly createConnection?:
    ((options: { readonly host: string; readonly port: number }) => Duplex | Promise<Duplex>) | undefined;
  /**
   * A unix socket, or a named pipe of Windows, to connect to instead of the URL's host.
   *
   * @defaultValue none
   */
  readonly socketPath?: string | undefined;
  /**
   * Further options of net.connect, such as `family`, `localAddress`, `lookup`.
   *
   * @defaultValue Node's
   */
  readonly net?: Omit<TcpNetConnectOpts, 'host' | 'port'> | undefined;
  /**
   * Follow redirects. Credentials, client certificates and `Host` do not go to another origin; no redirect leads
   * from `wss:` to `ws:`, or to or from a unix socket.
   *
   * @defaultValue false
   */
  readonly followRedirects?: boolean | undefined;
  /**
   * The largest number of redirects.
   *
   * @unit redirects
   * @defaultValue 10
   */
  readonly maxRedirects?: number | undefined;
}

/**
 * Options of `connectHttp2`: the options of `connect` that make sense on a shared HTTP/2 connection.
 *
 * @since 0.1.0
 */
export interface Http2ConnectOptions extends Omit<
  ConnectOptions,
  'agent' | 'createConnection' | 'followRedirects' | 'maxRedirects' | 'net' | 'socketPath' | 'tls' | 'driver'
> {
  /**
   * The HTTP/2 connection to use; it stays open afterwards.
   *
   * Its flow control window is widened to 16 MiB, unless `session.setLocalWindowSize` has set another one.
   *
   * @defaultValue a new one for this WebSocket
   */
  readonly session?: ClientHttp2Session | undefined;
  /**
   * Options of http2.connect for a new HTTP/2 connection, such as `ca`.
   *
   * @defaultValue Node's
   */
  readonly tls?: SecureClientSessionOptions | undefined;
}
