/** The server's side of RFC 8441, on servers of node:http2, and one server that speaks both versions. */
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type {
  Http2SecureServer,
  Http2Server,
  Http2ServerRequest,
  Http2ServerResponse,
  IncomingHttpHeaders,
  ServerHttp2Stream,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import { delayOption, throwIfAborted } from '../../connection/index.js';
import { Endpoints } from '../endpoints.js';
import { fieldsOf } from '../fields.js';
import { limitsOf, upgradesOf } from '../http1/server.js';
import { ATTACH_OPTIONS, checkOptions, LISTEN_OPTIONS } from '../known-options.js';
import { attachArguments, checkHttpServer, listenArguments, serve } from '../listen.js';
import { checkCertificate } from '../option-values.js';
import { requestOf } from '../request.js';
import type { OpeningRequest } from '../request.js';
import { Server } from '../server.js';
import type { ConnectionHandler } from '../server.js';
import type { AttachOptions, Http2ListenOptions } from '../server-options.js';
import { StreamExchange } from './exchange.js';
import { requestHeaders } from './headers.js';
import { Http2Owner } from './owner.js';
import { socketView } from './socket-view.js';

type AnyHttp2Server = Http2Server | Http2SecureServer;

const isWebSocket = (headers: IncomingHttpHeaders): boolean =>
  headers[':method'] === 'CONNECT' && String(headers[':protocol']).toLowerCase() === 'websocket';

/** Servers whose extended CONNECTs go to endpoints. */
const known = new WeakMap<object, Endpoints>();

/** The endpoints that share the event 'stream' of a server. */
function streamsOf(server: AnyHttp2Server): Endpoints {
  let endpoints = known.get(server);
  if (endpoints !== undefined) return endpoints;
  const onStream = (
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    _: number,
    rawHeaders: readonly string[],
  ): void => {
    if (isWebSocket(headers))
      endpoints!.dispatch(streamRequest(stream, headers, rawHeaders), new StreamExchange(stream), true);
    // There is no other listener for streams or requests.
    else if (server.listenerCount('stream') === 1) answerOther(stream, headers);
  };
  // If there is a listener for requests, node:http2 emits an event for every CONNECT, and answers it if nobody listens.
  const onConnect = (
    request: Http2ServerRequest | IncomingMessage,
    answer: Http2ServerResponse | Duplex,
  ): void => {
    if (server.listenerCount('connect') !== 1) return;
    if (request.httpVersionMajor < 2) (answer as Duplex).destroy();
    else if (!isWebSocket(request.headers))
      answerOther((answer as Http2ServerResponse).stream, request.headers);
  };
  endpoints = new Endpoints(
    () => server.on('stream', onStream).on('connect', onConnect),
    () => server.off('stream', onStream).off('connect', onConnect),
  );
  known.set(server, endpoints);
  return endpoints;
}

/** 405 for a CONNECT, 501 for a CONNECT with an unknown protocol (RFC 9220, section 3), 404 for other requests. */
function answerOther(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  stream.on('error', () => stream.destroy());
  if (stream.destroyed || stream.headersSent) return;
  const isConnect = headers[':method'] === 'CONNECT';
  const status = !isConnect ? 404 : headers[':protocol'] === undefined ? 405 : 501;
  stream.respond({ ':status': status }, { endStream: true });
  stream.resume();
  stream.close();
}

/** The request as `verifyClient` and the other callbacks get it. */
function streamRequest(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
): OpeningRequest {
  const raw = requestHeaders(headers[':authority'] ?? headers.host ?? '', rawHeaders);
  const own = Object.assign(Object.create(null) as Record<string, unknown>, headers);
  for (const name of Object.keys(own)) if (name.startsWith(':')) delete own[name];
  for (let index = 0; index < 8; index += 2) own[raw[index]!.toLowerCase()] = raw[index + 1];
  const version = { httpVersion: '2.0', httpVersionMajor: 2, httpVersionMinor: 0 };
  const what = { method: 'GET', url: headers[':path'] ?? '/', headers: own, rawHeaders: raw };
  const request = { ...version, ...what, socket: socketView(stream), stream };
  return requestOf(request as unknown as IncomingMessage, fieldsOf(raw));
}

/** A server of node:http2 has the events and the address of one of node:http. */
const asHttp = (server: AnyHttp2Server): HttpServer => server as unknown as HttpServer;

/**
 * Adds an endpoint to a server of node:http2: for WebSockets over HTTP/2 and, if the server allows HTTP/1.1, for
 * upgrades too. The server has to be made with `settings: { enableConnectProtocol: true }`.
 *
 * @throws TypeError, RangeError, HandshakeError: an option that cannot be used; TypeError: a server of HTTP/1.1, for which
 *   there is `attach`.
 */
export function attachHttp2(
  server: AnyHttp2Server,
  options?: AttachOptions,
  handler?: ConnectionHandler,
): Server;
/** The same, without options. */
export function attachHttp2(server: AnyHttp2Server, handler: ConnectionHandler): Server;
export function attachHttp2(
  server: AnyHttp2Server,
  second?: AttachOptions | ConnectionHandler,
  third?: ConnectionHandler,
): Server {
  checkHttpServer('attachHttp2', server);
  const { options, handler } = attachArguments('attachHttp2', second, third);
  checkOptions('attachHttp2', options, ATTACH_OPTIONS);
  const httpServer = asHttp(server);
  const endpoints = [upgradesOf(httpServer), streamsOf(server)];
  return new Server({ httpServer, endpoints, owner: null }, options, handler);
}

/**
 * Starts a server for WebSockets over HTTP/2. With TLS, clients may choose HTTP/1.1 instead.
 *
 * @throws (in the promise) TypeError, RangeError, HandshakeError: an option; the error of node:net, such as
 *   `EADDRINUSE`; the signal's reason.
 */
export async function listenHttp2(options?: Http2ListenOptions, handler?: ConnectionHandler): Promise<Server>;
/** The same, with the port and perhaps the host before the options, as in node:net. */
export async function listenHttp2(
  port: number | string,
  options?: Http2ListenOptions | string | ConnectionHandler,
  handler?: ConnectionHandler,
): Promise<Server>;
/** The same, with port and host before the options. */
export async function listenHttp2(
  port: number | string,
  host: string,
  options: Http2ListenOptions | ConnectionHandler,
  handler?: ConnectionHandler,
): Promise<Server>;
export async function listenHttp2(...args: readonly unknown[]): Promise<Server> {
  const { options: given, handler } = listenArguments('listenHttp2', args);
  checkOptions('listenHttp2', given, LISTEN_OPTIONS);
  const options = given as Http2ListenOptions;
  const { tls, signal } = options;
  checkCertificate(tls);
  // Loaded when it is first used: programs that use only HTTP/1.1 never load it.
  const { createSecureServer, createServer } = await import('node:http2');
  throwIfAborted(signal);
  const timeout = delayOption('handshakeTimeout', options.handshakeTimeout, 30_000, 0);
  const settings = { ...tls?.settings, enableConnectProtocol: true };
  const limits = timeout === 0 ? {} : { handshakeTimeout: timeout };
  const http =
    tls === undefined
      ? createServer({ settings })
      : createSecureServer({ allowHTTP1: true, ...limits, ...tls, settings });
  http.on('request', (request, response) => {
    const close = request.httpVersionMajor < 2 ? { connection: 'close' } : {};
    response.writeHead(426, { 'content-type': 'text/plain', ...close });
    response.end('This server speaks WebSocket only');
  });
  // Time limits of HTTP/1.1, which are no options of createSecureServer.
  if (timeout !== 0) Object.assign(http, limitsOf(timeout));
  const endpoints = [upgradesOf(asHttp(http)), streamsOf(http)];
  const owner = new Http2Owner(http, timeout);
  return serve({ httpServer: asHttp(http), endpoints, owner }, options, handler);
}
