/**
 * Calls of a transport. A transport that throws fails its own connection only. Most of these calls are made while many
 * connections are being served.
 */
import { errorOf } from '../../component/thrown.js';
import { lostError } from './failures.js';
import type { ConnectionState } from './state.js';

/** The transport has thrown. */
export function transportThrew(connection: ConnectionState, thrown: unknown): void {
  const error = errorOf(thrown);
  connection._ensureRare().cause ??= error;
  connection._fail(lostError(error));
}

export function pauseTransport(connection: ConnectionState): void {
  try {
    connection.socket.pause();
  } catch (error) {
    transportThrew(connection, error);
  }
}

export function resumeTransport(connection: ConnectionState): void {
  try {
    connection.socket.resume();
  } catch (error) {
    transportThrew(connection, error);
  }
}

/** Resumes the transport if it is paused, for whatever reason. */
export function resumePaused(connection: ConnectionState): void {
  try {
    if (connection.socket.isPaused()) connection.socket.resume();
  } catch (error) {
    transportThrew(connection, error);
  }
}

/** Ends this side of the transport. */
export function endTransport(connection: ConnectionState): void {
  try {
    connection.socket.end();
  } catch (error) {
    transportThrew(connection, error);
  }
}
