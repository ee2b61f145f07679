/** This package on one end, and a hand-made peer that behaves badly on the other. */
import { once } from 'node:events';
import type net from 'node:net';
import { connect, listen } from '../../lib/index.js';
import type { Connection, ConnectionOptions } from '../../lib/index.js';

import { rawClient, rawServer } from '../support/raw-peer.js';
import type { RawPeer } from '../support/raw-peer.js';

export type Options = ConnectionOptions;

export interface Attacked {
  readonly connection: Connection;
  readonly peer: RawPeer;
  readonly stop: () => Promise<void>;
}

/** The end that is under test. */
export type Role = 'server' | 'client';
export const ROLES: readonly Role[] = ['server', 'client'];

export async function attacked(role: Role, options: Options = {}): Promise<Attacked> {
  return role === 'server' ? attackedServer(options) : attackedClient(options);
}

async function attackedServer(options: Options): Promise<Attacked> {
  const server = await listen({ host: '127.0.0.1', ...options });
  const arrived = once(server, 'connection') as Promise<[Connection]>;
  const peer = await rawClient(portOf(server), { endsByItself: true });
  const [connection] = await arrived;
  return {
    connection,
    peer,
    stop: async () => {
      peer.socket.destroy();
      await server.close();
    },
  };
}

async function attackedClient(options: Options): Promise<Attacked> {
  const server = await rawServer({ endsByItself: true });
  const [connection, peer] = await Promise.all([
    connect(`ws://127.0.0.1:${server.port}`, options),
    server.next(),
  ]);
  return {
    connection,
    peer,
    stop: async () => {
      peer.socket.destroy();
      connection.terminate();
      await connection.closed;
      await server.close();
    },
  };
}

export function portOf(server: { address(): ReturnType<net.Server['address']> }): number {
  return (server.address() as net.AddressInfo).port;
}

/**
 * The status in the close frame that this package sent; null for a frame without a status, undefined for no frame.
 */
export function statusSent(peer: RawPeer): number | null | undefined {
  const close = peer.frames.find((frame) => frame.opcode === 8);
  if (close === undefined) return undefined;
  return close.payload.length === 0 ? null : close.payload.readUInt16BE();
}

/** Writes one chunk after the other while the transport is open. Waits while the other side does not read. */
export async function flood(peer: RawPeer, chunk: Buffer, times = Infinity): Promise<number> {
  let written = 0;
  while (written < times && !peer.socket.destroyed && peer.socket.writable) {
    await peer.pour(chunk);
    written++;
    if (written % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return written;
}
