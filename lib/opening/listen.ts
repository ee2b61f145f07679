/** Servers over HTTP/1.1: on an http(s) server that this package makes, or on one of the program. */
import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { delayOption } from '../connection/index.js';
import { createServer, upgradesOf } from './http1/server.js';
import { ATTACH_OPTIONS, checkOptions, LISTEN_OPTIONS } from './known-options.js';
import { start } from './owner.js';
import { Server } from './server.js';
import type { ConnectionHandler, Ground } from './server.js';
import type { AttachOptions, ListenOptions } from './server-options.js';

/** @throws TypeError something that is no http server. */
export function checkHttpServer(where: string, server: unknown): void {
  const { on, off, address } = (server ?? {}) as Record<string, unknown>;
  if (typeof server !== 'function' && [on, off, address].every((one) => typeof one === 'function')) return;
  throw new TypeError(
    `${where} needs the http server itself: that of an application is what app.listen(...) returns ` +
      `(Express), app.server (fastify), or http.createServer(app)`,
  );
}

/**
 * Adds an endpoint to an http(s) server. Any number of endpoints may share one server. An upgrade that no endpoint
 * takes gets a 404, unless the server has other listeners for upgrades.
 *
 * @throws TypeError, RangeError, HandshakeError: an option that cannot be used.
 */
export function attach(
  httpServer: HttpServer | HttpsServer,
  options: AttachOptions = {},
  handler?: ConnectionHandler,
): Server {
  checkHttpServer('attach', httpServer);
  checkOptions('attach', options, ATTACH_OPTIONS);
  return new Server({ httpServer, endpoints: [upgradesOf(httpServer)], owner: null }, options, handler);
}

/**
 * The arguments of `listen`: options, or a port as in node:net.
 *
 * @throws TypeError arguments that are neither.
 */
export function listenArguments<T extends { readonly port?: number | undefined }>(
  first: T | number | undefined,
  second: T | ConnectionHandler | string | undefined,
  third: ConnectionHandler | undefined,
): { options: T; handler: ConnectionHandler | undefined } {
  if (typeof first !== 'number')
    return { options: first ?? ({} as T), handler: second as ConnectionHandler | undefined };
  if (typeof second === 'function') return { options: { port: first } as T, handler: second };
  const more = typeof second === 'string' ? { host: second } : second;
  return { options: { ...more, port: first } as T, handler: third };
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
  port: number,
  options?: ListenOptions | string | ConnectionHandler,
  handler?: ConnectionHandler,
): Promise<Server>;
export async function listen(
  first?: ListenOptions | number,
  second?: ListenOptions | string | ConnectionHandler,
  third?: ConnectionHandler,
): Promise<Server> {
  const { options, handler } = listenArguments(first, second, third);
  checkOptions('listen', options, LISTEN_OPTIONS);
  options.signal?.throwIfAborted();
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
