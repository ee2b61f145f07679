/** An http server that `listen` or `listenHttp2` has made: how it starts, and how all of its transports end. */
import type { EventEmitter } from 'node:events';
import type { Server as NetServer, Socket } from 'node:net';
import { abortReason } from '../connection/index.js';
import type { ListenOptions } from './server-options.js';

/** Ends the transports that a server owns beside its connections. */
export interface Owner {
  /** Takes no more transports, and ends those without a request; resolves when every transport is closed. */
  close(): Promise<void>;
  /** All connections have ended: ends the remaining transports. */
  end(): void;
  /** Ends everything now. */
  cut(): void;
}

/** Stops a server of node:net; it is no error if the program has already closed it. */
export function stopListening(server: Pick<NetServer, 'close'>): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** The sockets of a server below TLS, where a handshake may be under way. */
export class RawSockets {
  readonly #sockets = new Set<Socket>();

  constructor(server: EventEmitter) {
    const sockets = this.#sockets;
    const onClose = function (this: Socket): void {
      sockets.delete(this);
    };
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', onClose);
    });
  }

  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/**
 * Starts to listen.
 *
 * @throws (in the promise) the error of node:net, such as `EADDRINUSE`; the signal's reason.
 */
export function start(
  server: NetServer,
  { port = 0, host, socketPath, backlog, signal }: Omit<ListenOptions, 'tls'>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      signal?.removeEventListener('abort', onAbort);
      server.off('error', onError);
      server.off('listening', onListening);
    };
    const onAbort = (): void => {
      settle();
      server.on('error', ignore);
      server.on('listening', () => server.close());
      server.close();
      reject(abortReason(signal!));
    };
    const onError = (error: Error): void => {
      settle();
      reject(error);
    };
    const onListening = (): void => {
      settle();
      resolve();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    server.on('error', onError);
    server.on('listening', onListening);
    try {
      server.listen({
        ...(socketPath === undefined ? { port: Number(port) } : { path: socketPath }),
        ...(host === undefined ? {} : { host }),
        ...(backlog === undefined ? {} : { backlog }),
      });
    } catch (error) {
      settle();
      throw error;
    }
  });
}

function ignore(): void {
  // The signal has aborted meanwhile.
}
