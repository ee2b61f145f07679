/** Endpoints on servers of node:http and node:https. */
import type { IncomingMessage, Server as HttpServer, ServerOptions as HttpOptions } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import * as onDemand from '../../component/on-demand.js';
import { Endpoints } from '../endpoints.js';
import { RawSockets, stopListening } from '../owner.js';
import type { Owner } from '../owner.js';
import { requestOf } from '../request.js';
import type { ListenOptions } from '../server-options.js';
import { SocketExchange } from './exchange.js';

/** Servers whose upgrades go to endpoints. */
const known = new WeakMap<object, Endpoints>();

/** The endpoints that share the event 'upgrade' of an http server. */
export function upgradesOf(httpServer: HttpServer | HttpsServer): Endpoints {
  let endpoints = known.get(httpServer);
  if (endpoints !== undefined) return endpoints;
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const isAlone = httpServer.listenerCount('upgrade') === 1;
    endpoints!.dispatch(requestOf(request), new SocketExchange(socket, head), isAlone);
  };
  endpoints = new Endpoints(
    () => httpServer.on('upgrade', onUpgrade),
    () => httpServer.off('upgrade', onUpgrade),
  );
  known.set(httpServer, endpoints);
  return endpoints;
}

/** Node checks the pending requests at intervals: the interval here is at most half of their time limit. */
export function limitsOf(timeout: number): HttpOptions {
  return {
    headersTimeout: timeout,
    requestTimeout: timeout,
    connectionsCheckingInterval: timeout === 0 ? 30_000 : Math.ceil(Math.min(timeout, 60_000) / 2),
  };
}

/** Makes a server that answers everything but upgrades with 426. */
export function createServer(
  tls: ListenOptions['tls'],
  timeout: number,
): { httpServer: HttpServer | HttpsServer; owner: Owner } {
  const limits = limitsOf(timeout);
  const httpServer =
    tls === undefined
      ? onDemand.http().createServer(limits)
      : onDemand
          .https()
          .createServer({ ...limits, ...(timeout === 0 ? {} : { handshakeTimeout: timeout }), ...tls });
  httpServer.on('request', (_, response) => {
    response.writeHead(426, {
      Upgrade: 'websocket',
      Connection: 'close, Upgrade',
      'Content-Type': 'text/plain',
    });
    response.end('This server speaks WebSocket only');
  });
  const raw = tls === undefined ? null : new RawSockets(httpServer);
  return {
    httpServer,
    owner: {
      close() {
        const closed = stopListening(httpServer);
        // Sockets with an upgrade are connections, or are being answered.
        httpServer.closeAllConnections();
        return closed;
      },
      end: () => raw?.destroy(),
      cut() {
        httpServer.closeAllConnections();
        raw?.destroy();
      },
    },
  };
}
