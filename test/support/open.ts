import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, listen } from '../../lib/opening/index.js';
import type { ConnectionHandler, ConnectOptions, ListenOptions, Server } from '../../lib/opening/index.js';
import type { Connection } from '../../lib/connection/index.js';
import { rawClient, rawServer } from './raw-peer.js';
import type { RawPeer } from './raw-peer.js';
import type { Way } from './ways.js';

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** A server of this machine. */
export function listenHere(options: ListenOptions = {}, handler?: ConnectionHandler): Promise<Server> {
  return listen({ host: '127.0.0.1', ...options }, handler);
}

/** Both ends of a connection. */
export interface Ends {
  readonly client: Connection;
  readonly server: Connection;
  /** Closes both ends and the listener. */
  readonly end: () => Promise<void>;
}

export async function openEnds(
  serverOptions: ListenOptions = {},
  clientOptions: ConnectOptions = {},
): Promise<Ends> {
  const listener = await listenHere(serverOptions);
  const arrival = once(listener, 'connection') as Promise<[Connection]>;
  const client = await connect(`ws://127.0.0.1:${portOf(listener)}/`, clientOptions);
  const [server] = await arrival;
  return {
    client,
    server,
    async end() {
      client.terminate();
      server.terminate();
      await listener.close();
    },
  };
}

/** A connection of this package with a raw peer at its other end. */
export interface HalfRaw {
  readonly connection: Connection;
  readonly peer: RawPeer;
  readonly end: () => Promise<void>;
}

export type Side = 'client' | 'server';
export const SIDES: readonly Side[] = ['server', 'client'];

/** Opens a connection to a raw peer. */
export async function openHalfRaw(
  side: Side,
  way: Way,
  options: ListenOptions & ConnectOptions = {},
): Promise<HalfRaw> {
  const { component, driver } = way;
  const all = { ...options, component, driver };
  if (side === 'server') {
    const listener = await listenHere(all);
    const arrival = once(listener, 'connection') as Promise<[Connection]>;
    const peer = await rawClient(portOf(listener));
    const [connection] = await arrival;
    return {
      connection,
      peer,
      async end() {
        peer.socket.destroy();
        connection.terminate();
        await listener.close();
      },
    };
  }
  const listener = await rawServer();
  const [connection, peer] = await Promise.all([
    connect(`ws://127.0.0.1:${listener.port}/`, all),
    listener.next(),
  ]);
  return {
    connection,
    peer,
    async end() {
      peer.socket.destroy();
      connection.terminate();
      await connection.closed;
      await listener.close();
    },
  };
}
