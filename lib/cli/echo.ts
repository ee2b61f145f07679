/** An echo server on the action loop: node:http, a server handle for each connection, and every message sent back. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';

import { BufferType, CloseStatus } from '../component/index.js';
import type { Component, HttpHeader } from '../component/index.js';
import { answerClose, CLOSE_PATIENCE, complain } from './closing.js';
import { ConnectionLost, Endpoint } from './endpoint.js';
import type { PerformedAction } from './endpoint.js';
import { answer } from './upgrade.js';

/** Serves one connection, from the opened session to the end of the stream. */
export type Conversation = (endpoint: Endpoint, url: string) => Promise<void>;

/** Milliseconds that clients have for their part of a close when the server stops. */
const STOP_PATIENCE = 2000;

/** Is called with what happens. `who` is the name of the connection. */
export interface EchoWatcher {
  headers?(who: string, direction: 'request' | 'response', headers: readonly HttpHeader[]): void;
  opened?(who: string, url: string, subprotocol: string | undefined): void;
  action?(who: string, performed: PerformedAction): void;
  /** The connection has ended, with an error or without one. */
  closed?(who: string, error: Error | undefined): void;
}

export interface EchoServer {
  readonly port: number;
  /** Takes no more connections, closes the open ones with 1001, and resolves when all have ended. */
  close(): Promise<void>;
  /** Resolves when the connections that are open now have ended. */
  idle(): Promise<void>;
}

/**
 * Sends back every message, in the pieces it came in, until the closing handshake is done and the stream has ended.
 *
 * @throws ComponentError the peer broke the protocol; it has been told with 1002 or 1007.
 * @throws ConnectionError the peer's close frame broke RFC 6455; it has been told likewise.
 * @throws ConnectionLost the stream ended without a closing handshake.
 */
export async function echo(endpoint: Endpoint): Promise<void> {
  try {
    for (;;) {
      const { type, data, close } = await endpoint.receive();
      if (type === BufferType.Close) {
        await answerClose(endpoint, close);
        break;
      }
      if (type !== BufferType.PingPong && !endpoint.closeSent) await endpoint.send(type, data);
    }
  } catch (error) {
    await complain(endpoint, error);
    throw error;
  } finally {
    await endpoint.finish(CLOSE_PATIENCE);
  }
}

export interface ListenOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Subprotocols of the server, the preferred one first. Default: none. */
  readonly subprotocols?: readonly string[];
  /** Serves each connection. Default: {@link echo}. */
  readonly conversation?: Conversation;
}

/** Listens on a TCP port. */
export async function listenForEcho(
  component: Component,
  options: ListenOptions,
  watcher: EchoWatcher = {},
): Promise<EchoServer> {
  const conversation = options.conversation ?? echo;
  const connections = new Map<Endpoint, Promise<void>>();
  let accepted = 0;

  const server = http.createServer((_request, response) => {
    response.writeHead(426, { Connection: 'close', Upgrade: 'websocket', 'Content-Type': 'text/plain' });
    response.end('This is a WebSocket server.\n');
  });

  server.on('upgrade', (request, stream, head) => {
    const who = `server ${++accepted}`;
    stream.on('error', () => {});
    let opened;
    try {
      opened = answer(component, request, stream, head, {
        ...(options.subprotocols && { subprotocols: options.subprotocols }),
        onHeaders: (direction, headers) => watcher.headers?.(who, direction, headers),
      });
    } catch (error) {
      watcher.closed?.(who, error as Error);
      return;
    }
    watcher.opened?.(who, request.url ?? '', opened.subprotocol);
    const endpoint = new Endpoint(opened.handle, opened.stream, (performed) =>
      watcher.action?.(who, performed),
    );
    const end = (error?: Error): void => {
      connections.delete(endpoint);
      watcher.closed?.(who, error);
    };
    connections.set(
      endpoint,
      conversation(endpoint, request.url ?? '').then(() => end(), end),
    );
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });

  const idle = async (): Promise<void> => {
    await Promise.all(connections.values());
  };
  return {
    port: (server.address() as AddressInfo).port,
    idle,
    async close() {
      server.close();
      // Sockets that have sent nothing, or half a request, would keep the process alive.
      server.closeAllConnections();
      for (const endpoint of connections.keys()) {
        if (endpoint.closeSent) continue;
        const closing = endpoint.send(BufferType.Close, { status: CloseStatus.EndpointUnavailable });
        closing.catch((error: unknown) => {
          // The peer ended the connection first; the echo loop reports that.
          if (!(error instanceof ConnectionLost)) throw error;
        });
        setTimeout(() => endpoint.destroy(), STOP_PATIENCE).unref();
      }
      await idle();
    },
  };
}
