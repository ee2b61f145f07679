/** The server's side of RFC 8441, on servers of node:http2, and one server that speaks both versions. */
import type {
  Http2SecureServer,
  Http2Server,
  IncomingHttpHeaders,
  SecureServerOptions,
  ServerHttp2Session,
  ServerHttp2Stream,
} from 'node:http2';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { answering, answerWith } from '../accept.js';
import type { Answering } from '../accept.js';
import { Server } from '../index.js';
import type { AttachOptions, ConnectionHandler, ListenOptions, ServerCloseOptions } from '../index.js';
import { flatHeaders, headersForHttp2, requestHeaders } from './handshake.js';

/** Options of {@link listenHttp2}. */
export interface Http2ListenOptions extends Omit<ListenOptions, 'tls'> {
  /**
   * Certificate and key, and whatever else http2.createSecureServer takes: then clients choose HTTP/2 or HTTP/1.1.
   * Without, the server speaks HTTP/2 to those who know that it does.
   */
  readonly tls?: SecureServerOptions;
}

class WebSocketServerOfBoth extends Server {
  readonly #server: Http2Server | Http2SecureServer;
  readonly #owns: boolean;
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(
    server: Http2Server | Http2SecureServer,
    options: AttachOptions,
    owns: boolean,
    handler: ConnectionHandler | undefined,
  ) {
    // A server of node:http2 has the events and the address of one of node:http.
    super(server as unknown as HttpServer, options, false, handler);
    this.#server = server;
    this.#owns = owns;
    endpointsOf(server).add(this);
    server.on('session', this.#onSession);
  }

  readonly #onSession = (session: ServerHttp2Session): void => {
    this.#sessions.add(session);
    session.on('close', () => this.#sessions.delete(session));
    session.on('error', () => {
      // It ends its streams, whose connections tell it.
    });
  };

  override async close(options?: ServerCloseOptions): Promise<void> {
    endpointsOf(this.#server).delete(this);
    await super.close(options);
    this.#server.off('session', this.#onSession);
    if (!this.#owns || !this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const session of this.#sessions) session.close();
    await closed;
  }
}

/** The endpoints of one server of node:http2; they share its event 'stream'. */
class Endpoints {
  readonly #endpoints = new Set<WebSocketServerOfBoth>();
  readonly #server: Http2Server | Http2SecureServer;

  constructor(server: Http2Server | Http2SecureServer) {
    this.#server = server;
  }

  add(endpoint: WebSocketServerOfBoth): void {
    if (this.#endpoints.size === 0) {
      this.#server.on('stream', this.#onStream);
      this.#server.on('connect', refuseOldConnect);
    }
    this.#endpoints.add(endpoint);
  }

  delete(endpoint: WebSocketServerOfBoth): void {
    this.#endpoints.delete(endpoint);
    if (this.#endpoints.size !== 0) return;
    this.#server.off('stream', this.#onStream);
    this.#server.off('connect', refuseOldConnect);
  }

  readonly #onStream = (stream: ServerHttp2Stream, received: IncomingHttpHeaders): void => {
    if (received[':method'] !== 'CONNECT' || received[':protocol'] !== 'websocket') return;
    Object.defineProperty(stream, answering, { value: answeringOn(stream) });
    const headers = flatHeaders(received);
    const url = headers[':path'] ?? '/';
    const query = url.indexOf('?');
    const path = query < 0 ? url : url.slice(0, query);
    const endpoints = [...this.#endpoints];
    const endpoint =
      endpoints.find((one) => one.matches(path) === 'exactly') ??
      endpoints.find((one) => one.matches(path) === 'any');
    if (endpoint === undefined)
      answerWith(stream, { status: 404, message: 'There is no WebSocket endpoint here' });
    else endpoint.upgrade(requestOf(stream, url, headers), stream, Buffer.alloc(0));
  };
}

const endpointsOfServers = new WeakMap<Http2Server | Http2SecureServer, Endpoints>();

function endpointsOf(server: Http2Server | Http2SecureServer): Endpoints {
  let known = endpointsOfServers.get(server);
  if (known === undefined) endpointsOfServers.set(server, (known = new Endpoints(server)));
  return known;
}

/** Keeps node:http2 from answering extended CONNECTs with 405; a CONNECT of HTTP/1.1 is none of ours. */
function refuseOldConnect(request: { httpVersionMajor: number }, transport: { destroy?: () => void }): void {
  if (request.httpVersionMajor < 2) transport.destroy?.();
}

function answeringOn(stream: ServerHttp2Stream): Answering {
  return {
    open(headers) {
      stream.respond({ ...headersForHttp2(headers), ':status': 200 });
    },
    refuse({ status, headers }, body) {
      stream.on('error', () => stream.destroy());
      const more = Object.entries(headers ?? {}).map(([name, value]) => ({ name, value }));
      stream.respond({
        'content-type': 'text/plain; charset=utf-8',
        ...headersForHttp2(more),
        ':status': status,
      });
      stream.end(body);
      // The client may go on sending; nobody reads it.
      stream.resume();
    },
  };
}

/** The request as verifyClient and the others know it. */
function requestOf(
  stream: ServerHttp2Stream,
  url: string,
  received: Record<string, string>,
): IncomingMessage {
  const headers = requestHeaders(received[':authority'] ?? received['host'] ?? '', received);
  const request = {
    method: 'GET',
    url,
    httpVersion: '2.0',
    httpVersionMajor: 2,
    httpVersionMinor: 0,
    headers: Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value])),
    rawHeaders: headers.flatMap(({ name, value }) => [name, value]),
    socket: stream.session?.socket,
    stream,
  };
  return request as unknown as IncomingMessage;
}

/**
 * Adds an endpoint to a server of node:http2, for WebSockets over HTTP/2 and, where the server allows HTTP/1.1, for
 * upgrades as well. The server has to be made with `settings: { enableConnectProtocol: true }`.
 *
 * @throws TypeError, RangeError, HandshakeError: an option that cannot be used.
 */
export function attachHttp2(
  server: Http2Server | Http2SecureServer,
  options: AttachOptions = {},
  handler?: ConnectionHandler,
): Server {
  return new WebSocketServerOfBoth(server, options, false, handler);
}

/**
 * Starts a server for WebSockets over HTTP/2, and over HTTP/1.1 where there is TLS to choose by.
 *
 * @throws (in the promise) TypeError, RangeError, HandshakeError: an option; the error of node:net, such as
 *   `EADDRINUSE`; the signal's reason.
 */
export async function listenHttp2(
  options: Http2ListenOptions = {},
  handler?: ConnectionHandler,
): Promise<Server> {
  const { tls, port = 0, host, socketPath, backlog, signal } = options;
  // Loaded when it is used: who stays with HTTP/1.1 does without.
  const { createSecureServer, createServer } = await import('node:http2');
  signal?.throwIfAborted();
  const settings = { ...tls?.settings, enableConnectProtocol: true };
  const http =
    tls === undefined
      ? createServer({ settings })
      : createSecureServer({ allowHTTP1: true, ...tls, settings });
  const server = new WebSocketServerOfBoth(http, options, true, handler);
  http.on('request', (_, response) => {
    response.writeHead(426, { 'content-type': 'text/plain' });
    response.end('This server speaks WebSocket only');
  });
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      http.close();
      reject(signal!.reason as Error);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    http.once('error', reject);
    http.listen(
      {
        ...(socketPath === undefined ? { port } : { path: socketPath }),
        ...(host === undefined ? {} : { host }),
        ...(backlog === undefined ? {} : { backlog }),
      },
      () => {
        signal?.removeEventListener('abort', onAbort);
        http.off('error', reject);
        resolve();
      },
    );
  });
  http.on('error', (error: Error) => server.emit('error', error));
  return server;
}
