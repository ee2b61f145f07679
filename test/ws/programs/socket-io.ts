/** socket.io over its engine.io, server and client: websocket from the start and by upgrade from polling. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { load, ours, report } from './redirected.js';

interface Socket {
  on(event: string, listener: (...args: never[]) => void): this;
  emit(event: string, ...args: unknown[]): void;
  emitWithAck(event: string, ...args: unknown[]): Promise<unknown>;
  join(room: string): void;
  close(): void;
  readonly connected: boolean;
  readonly conn: { readonly transport: { readonly name: string; readonly socket: unknown } };
  readonly io: { readonly engine: EventTargetOfEngine };
}
interface EventTargetOfEngine {
  once(event: string, listener: (transport: { name: string }) => void): void;
  readonly transport: { readonly name: string; readonly ws?: unknown };
}
interface Server {
  on(event: 'connection', listener: (socket: Socket) => void): void;
  to(room: string): { emit(event: string, ...args: unknown[]): void };
  emit(event: string, ...args: unknown[]): void;
  close(): Promise<void>;
}

const { Server } = load('socket.io') as { Server: new (http: HttpServer, options: object) => Server };
const { io } = load('socket.io-client') as { io: (url: string, options: object) => Socket };

const arrival = (socket: Socket, event: string): Promise<unknown[]> =>
  new Promise((resolve) => socket.on(event, (...args: never[]) => resolve(args)));

report(async () => {
  const did: unknown[] = [];
  const http = createServer();
  const server = new Server(http, { wsEngine: ours.WebSocketServer, perMessageDeflate: { threshold: 0 } });
  const transports: unknown[] = [];
  server.on('connection', (socket) => {
    transports.push(socket);
    socket.on('echo', (data: unknown, done: (data: unknown) => void) => done(data));
    socket.join('room');
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;

  const direct = io(url, { transports: ['websocket'], forceNew: true });
  await arrival(direct, 'connect');
  const { name, ws } = direct.io.engine.transport;
  did.push([name, ws instanceof ours.WebSocket]);

  const upgraded = io(url, { forceNew: true });
  const connected = arrival(upgraded, 'connect');
  const upgrade = new Promise<string>((resolve) => {
    upgraded.io.engine.once('upgrade', (transport) => resolve(transport.name));
  });
  await connected;
  did.push(['upgrade', await upgrade, upgraded.io.engine.transport.ws instanceof ours.WebSocket]);

  for (const data of ['text', { object: [1, null] }, 'x'.repeat(200_000)])
    did.push((await direct.emitWithAck('echo', data)) === data || (await upgraded.emitWithAck('echo', data)));
  const bytes = Buffer.alloc(100_000, 7);
  did.push(bytes.equals((await upgraded.emitWithAck('echo', bytes)) as Buffer));

  const heard = Promise.all([arrival(direct, 'news'), arrival(upgraded, 'news')]);
  server.to('room').emit('news', 1, 'two');
  did.push(await heard);
  const all = Promise.all([arrival(direct, 'all'), arrival(upgraded, 'all')]);
  server.emit('all', Buffer.from('binary'));
  did.push((await all).map(([data]) => String(data)));
  did.push(
    (transports as Socket[]).map(({ conn }) => [
      conn.transport.name,
      conn.transport.socket instanceof ours.WebSocket,
    ]),
  );

  direct.close();
  const gone = arrival(upgraded, 'disconnect');
  await server.close();
  did.push((await gone)[0]);
  upgraded.close();
  return did;
});
