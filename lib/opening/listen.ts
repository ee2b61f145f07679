/** Servers over HTTP/1.1: on an http(s) server that this package makes, or on one of the program. */
import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { notOptions } from '../component/not-options.js';
import { delayOption, throwIfAborted } from '../connection/index.js';
import { show } from './answer.js';
import { createServer, upgradesOf } from './http1/server.js';
import { ATTACH_OPTIONS, checkOptions, LISTEN_OPTIONS, optionsWith } from './known-options.js';
import { checkCertificate, isPortText } from './option-values.js';
import { start } from './owner.js';
import { Server } from './server.js';
import type { ConnectionHandler, Ground } from './server.js';
import type { AttachOptions, ListenOptions } from './server-options.js';

/** @throws TypeError something that is no http server of the right kind. */
export function checkHttpServer(where: 'attach' | 'attachHttp2', server: unknown): void {
  const { on, off, address, updateSettings } = (server ?? {}) as Record<string, unknown>;
  if (typeof server === 'function' || ![on, off, address].every((one) => typeof one === 'function'))
    throw new TypeError(
      `${where} needs the http server itself: that of an application is what app.listen(...) returns ` +
        `(Express, Koa), app.server (fastify), or http.createServer(app)`,
    );
  if (server instanceof Server)
    throw new TypeError(`${where} needs an http server; a Server of this package has one as httpServer`);
  const given = server as Record<string, unknown>;
  // Servers of node:net and node:tls emit no upgrades, and have no limits of time.
  if (typeof given['getConnections'] === 'function' && !('timeout' in given))
    throw new TypeError(
      `${where} needs a server of node:http or node:https, not one of node:net or node:tls`,
    );
  const isHttp2 = typeof updateSettings === 'function';
  if (where === 'attach' && isHttp2 && !('headersTimeout' in given))
    throw new TypeError('attach needs a server that speaks HTTP/1.1: use attachHttp2');
  if (where === 'attachHttp2' && !isHttp2)
    throw new TypeError('attachHttp2 needs a server of node:http2: use attach');
}

/**
 * The arguments of `attach`: options and handler, or the handler alone.
 *
 * @throws TypeError arguments that are neither.
 */
export function attachArguments(
  where: string,
  second: AttachOptions | ConnectionHandler = {},
  third: ConnectionHandler | undefined,
): { options: AttachOptions; handler: ConnectionHandler | undefined } {
  if (typeof second === 'function') {
    if (third !== undefined) throw new TypeError(`${where} takes (server, options, handler)`);
    return { options: {}, handler: second };
  }
  if (typeof second === 'string')
    throw new TypeError(`the options of ${where} must be an object: use { path: '${String(second)}' }`);
  // The check of the options refuses null.
  return { options: second, handler: third };
}

/**
 * Adds an endpoint to an http(s) server. Any number of endpoints may share one server. An upgrade that no endpoint
 * takes gets a 404, unless the server has other listeners for upgrades.
 *
 * @throws TypeError, RangeError, HandshakeError: an option that cannot be used.
 */
export function attach(
  httpServer: HttpServer | HttpsServer,
  options?: AttachOptions,
  handler?: ConnectionHandler,
): Server;
/** The same, without options. */
export function attach(httpServer: HttpServer | HttpsServer, handler: ConnectionHandler): Server;
export function attach(
  httpServer: HttpServer | HttpsServer,
  second?: AttachOptions | ConnectionHandler,
  third?: ConnectionHandler,
): Server {
  checkHttpServer('attach', httpServer);
  const { options, handler } = attachArguments('attach', second, third);
  checkOptions('attach', options, ATTACH_OPTIONS);
  return new Server({ httpServer, endpoints: [upgradesOf(httpServer)], owner: null }, options, handler);
}

/**
 * The arguments of `listen`: (options, handler), or as in node:net (port, options, handler), (port, host, handler).
 *
 * @throws TypeError arguments that are neither. The check of the options refuses options that are no object.
 */
export function listenArguments(
  where: string,
  args: readonly unknown[],
): { options: unknown; handler: ConnectionHandler | undefined } {
  const [first, ...rest] = args;
  const isPort = typeof first === 'number' || typeof first === 'string';
  if (typeof first === 'string' && !isPortText(first))
    throw new TypeError(
      `${where} takes options or a port first; the path of a socket is the option socketPath`,
    );
  if (typeof (first as Partial<HttpServer> | null | undefined)?.listen === 'function')
    throw new TypeError(`${where} makes a server of its own: use attach(server, options)`);
  if (typeof first === 'function')
    throw new TypeError(`${where} takes (options, handler) or (port, handler), not a handler alone`);
  const place: { port?: number; host?: unknown } = isPort ? { port: Number(first) } : {};
  if (isPort && typeof rest[0] === 'string') place.host = rest.shift();
  if (isPort && typeof rest[0] === 'number')
    throw new TypeError(`${where} takes (port, host, handler) or (options, handler); backlog is an option`);
  const given = !isPort ? first : typeof rest[0] === 'function' ? undefined : rest.shift();
  const [handler, ...more] = rest;
  if (handler !== undefined && typeof handler !== 'function')
    throw new TypeError(`the handler must be a function, not ${show(handler)}`);
  if (more.some((one) => one !== undefined)) throw new TypeError(`${where} takes nothing after the handler`);
  const options = given === undefined ? {} : given;
  // The check of the options refuses a value that is no object, or no options. A copy of it would be an object.
  const isMerged =
    isPort && typeof options === 'object' && options !== null && notOptions(options) === undefined;
  return {
    options: isMerged ? optionsWith(options, LISTEN_OPTIONS, place) : options,
    handler: handler as ConnectionHandler | undefined,
  };
}

/**
 * Starts a server that serves WebSocket connections only; other requests get 426.
 *
 * @throws (in the promise) TypeError, RangeError, HandshakeError: an option that cannot be used; the error of node:net,
 *   such as `EADDRINUSE`; the signal's reason.
 */
export async function listen(options?: ListenOptions, handler?: ConnectionHandler): Promise<Server>;
/** The same, with the port and perhaps the host before the options, as in node:net. */
export async function listen(
  port: number | string,
  options?: ListenOptions | string | ConnectionHandler,
  handler?: ConnectionHandler,
): Promise<Server>;
/** The same, with port and host before the options. */
export async function listen(
  port: number | string,
  host: string,
  options: ListenOptions | ConnectionHandler,
  handler?: ConnectionHandler,
): Promise<Server>;
export async function listen(...args: readonly unknown[]): Promise<Server> {
  const { options: given, handler } = listenArguments('listen', args);
  checkOptions('listen', given, LISTEN_OPTIONS);
  const options = given as ListenOptions;
  checkCertificate(options.tls);
  throwIfAborted(options.signal);
  const timeout = delayOption('handshakeTimeout', options.handshakeTimeout, 30_000, 0);
  const { httpServer, owner } = createServer(options.tls, timeout);
  return serve({ httpServer, endpoints: [upgradesOf(httpServer)], owner }, options, handler);
}

/** Starts a server that has already been made. */
export async function serve(
  ground: Ground,
  options: Omit<ListenOptions, 'tls'>,
  handler: ConnectionHandler | undefined,
): Promise<Server> {
  const { httpServer } = ground;
  const server = new Server(ground, options, handler);
  await start(httpServer, options);
  httpServer.on('error', (error) => server.emit('error', error));
  return server;
}
