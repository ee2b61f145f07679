import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closed, same } from './as-ws.js';
import type { Library, Log, WebSocket, WebSocketServer } from './as-ws.js';

/** What is on the sockets of a server, by the paths of their clients. */
interface Scene {
  readonly log: Log;
  readonly wss: WebSocketServer;
  /** Opens one client after the other, and returns their sockets on the server. */
  open(...names: string[]): Promise<WebSocket[]>;
  /** The names of the sockets in `clients`. */
  names(): unknown;
}

async function run(library: Library, options: object, test: (scene: Scene) => Promise<void>): Promise<Log> {
  const log: Log = [];
  const http: Server = createServer();
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const wss = new library.WebSocketServer({ server: http, ...options });
  const known = new Map<WebSocket, string>();
  const clients: WebSocket[] = [];
  const open = async (...names: string[]): Promise<WebSocket[]> => {
    const sockets: WebSocket[] = [];
    for (const name of names) {
      const arrived = once(wss, 'connection') as Promise<[WebSocket]>;
      const client = new library.WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
      clients.push(client);
      const [[socket]] = await Promise.all([arrived, once(client, 'open')]);
      known.set(socket, name);
      sockets.push(socket);
    }
    return sockets;
  };
  const names = (): unknown => [...wss.clients].map((socket) => known.get(socket));
  await test({ log, wss, open, names });
  const left = clients.filter((client) => client.readyState !== client.CLOSED);
  for (const client of left) client.terminate();
  await Promise.all(left.map(closed));
  http.close();
  await once(http, 'close');
  return log;
}

describe('the clients of the drop-in, side by side with ws', () => {
  same('are all of them, if they are first read late, and change from then on', (library) =>
    run(library, {}, async ({ log, wss, open, names }) => {
      const [, second] = await open('first', 'second', 'third', 'fourth');
      const ended = closed(second!);
      second!.close();
      await ended;
      log.push(names());
      const { clients } = wss;
      const [fifth] = await open('fifth');
      log.push(names(), clients === wss.clients, clients instanceof Set, clients.size, clients.has(fifth!));
      const ended2 = closed(fifth!);
      // The listener of the server comes before this one.
      fifth!.on('close', () => log.push(clients.has(fifth!)));
      fifth!.terminate();
      log.push(clients.has(fifth!));
      await ended2;
      log.push(names());
    }),
  );

  same('are an enumerable property that the program may replace', (library) =>
    run(library, {}, async ({ log, wss, open, names }) => {
      log.push(
        Object.keys(wss).includes('clients'),
        JSON.stringify(Object.entries(wss).flat().includes(wss.clients)),
      );
      await open('first');
      wss.clients = new Set();
      await open('second');
      const { value, enumerable, writable, configurable } = Object.getOwnPropertyDescriptor(wss, 'clients')!;
      log.push(names(), value === wss.clients, enumerable, writable, configurable);
    }),
  );

  same('can be replaced before they have been read', (library) =>
    run(library, {}, async ({ log, wss, open, names }) => {
      await open('first');
      wss.clients = new Set();
      await open('second');
      log.push(names());
    }),
  );

  same('are not there without clientTracking', (library) =>
    run(library, { clientTracking: false }, async ({ log, wss, open }) => {
      await open('first');
      log.push(wss.clients);
      wss.close();
      await closed(wss);
    }),
  );

  for (const isRead of [false, true]) {
    same(`are waited for by close, ${isRead ? 'read' : 'never read'}`, (library) =>
      run(library, {}, async ({ log, wss, open }) => {
        const sockets = await open('first', 'second');
        if (isRead) log.push(wss.clients.size);
        wss.close(() => log.push('server'));
        const all = closed(wss);
        for (const socket of sockets) socket.on('close', () => log.push('socket'));
        for (const socket of sockets) {
          const ended = closed(socket);
          socket.close();
          await ended;
        }
        await all;
        log.push(wss.clients.size);
      }),
    );
  }
});
