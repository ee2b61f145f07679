import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

/** A server of the package ws with one client. */
export async function openHere(): Promise<{
  url: string;
  peer: () => Promise<WebSocket>;
  end: () => Promise<void>;
}> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const arrival = once(server, 'connection') as Promise<[WebSocket]>;
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    peer: async () => (await arrival)[0],
    end: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
