/**
 * The Duplex under a connection. The connection is found through the socket, so that the listeners are the same
 * functions for all and an idle connection owns no closures.
 */
import type { Duplex } from 'node:stream';
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
  // A transport that died during the handshake tells so once, and has told it.
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

/** Stays when the connection has gone: a transport may fail late, and nobody else listens. */
function onError(this: OwnedSocket, error: Error): void {
  const connection = this[owner];
  if (connection !== undefined) connection._ensureRare().cause = error;
}

function onClose(this: OwnedSocket): void {
  const connection = this[owner];
  if (connection === undefined) return;
  this.off('data', onData);
  this.off('end', onEnd);
  this.off('close', onClose);
  this[owner] = undefined;
  finish(connection);
}
