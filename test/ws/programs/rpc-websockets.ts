/** rpc-websockets (JSON-RPC 2.0), server and client, both with their `ws` redirected. */
import { once } from 'node:events';
import type { EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import { load, ours, report } from './redirected.js';

interface Server extends EventEmitter {
  register(name: string, method: (params: number[]) => unknown): void;
  event(name: string): void;
  emit(name: string, ...args: unknown[]): boolean;
  close(): Promise<void>;
  readonly wss: InstanceType<typeof ours.WebSocketServer>;
}
interface Client {
  on(event: string, listener: (...args: unknown[]) => void): void;
  once(event: string, listener: (...args: unknown[]) => void): void;
  call(name: string, params?: unknown): Promise<unknown>;
  notify(name: string, params?: unknown): Promise<void>;
  subscribe(event: string): Promise<unknown>;
  close(): void;
  readonly socket: { readonly socket?: unknown };
}

const { Client, Server } = load('rpc-websockets') as {
  Client: new (address: string, options?: object) => Client;
  Server: new (options: object) => Server;
};

report(async () => {
  const did: unknown[] = [];
  const server = new Server({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  did.push(server.wss instanceof ours.WebSocketServer);
  const notified = new Promise((resolve) => server.register('tell', resolve));
  server.register('sum', (params) => params.reduce((sum, one) => sum + one, 0));
  server.event('news');
  const client = new Client(`ws://127.0.0.1:${(server.wss.address() as AddressInfo).port}`);
  await new Promise<void>((resolve) => client.once('open', () => resolve()));
  did.push([...server.wss.clients].map((one) => one instanceof ours.WebSocket));
  did.push(await client.call('sum', [1, 2, 3]));
  did.push(await client.call('nothing').catch((error: unknown) => (error as { code: number }).code));
  await client.notify('tell', ['something']);
  did.push(await notified);
  await client.subscribe('news');
  const heard = new Promise((resolve) => client.on('news', (...args) => resolve(args)));
  server.emit('news', 'one', { two: 2 });
  did.push(await heard);
  const closed = new Promise((resolve) => client.once('close', resolve));
  client.close();
  did.push(await closed);
  await server.close();
  return did;
});
