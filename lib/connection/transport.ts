/**
 * The Duplex under a connection. The socket refers to its connection, so all sockets can share the same listener
 * functions and an idle connection owns no closures.
 */
import type { Duplex } from 'node:stream';
import { errorOf } from '../component/thrown.js';
import { finish, peerEnded } from './ending/closing.js';
import { receive } from './incoming/receiving.js';
import type { ConnectionState } from './state/state.js';
import { atEndOfTick } from './state/tick.js';

const owner: unique symbol = Symbol('connection');

interface OwnedSocket extends Duplex {
  [owner]?: ConnectionState | undefined;
}

/** From now on the transport's bytes, errors and end are the connection's. */
export function takeOver(socket: OwnedSocket, connection: ConnectionState): void {
  socket[owner] = connection;
  socket.on('data', onData);
  socket.on('end', onEnd);
  socket.on('error', onError);
  socket.on('close', onClose);
  // A transport that failed during the handshake has already emitted its events.
  if (socket.destroyed) atEndOfTick(closedBefore, socket);
}

function closedBefore(socket: OwnedSocket): void {
  onClose.call(socket);
}

function onData(this: OwnedSocket, chunk: Buffer): void {
  receive(this[owner]!, chunk);
}

function onEnd(this: OwnedSocket): void {
  peerEnded(this[owner]!);
}

/** This listener stays after the connection has ended, because a transport may still fail and nothing else listens. */
function onError(this: OwnedSocket, error: unknown): void {
  const connection = this[owner];
  if (connection !== undefined) connection._ensureRare().cause = errorOf(error);
}

function onClose(this: OwnedSocket): void {
  const connection = this[owner];
  if (connection === undefined) return;
  this[owner] = undefined;
  finish(connection);
  this.off('data', onData);
  this.off('end', onEnd);
  this.off('close', onClose);
}
