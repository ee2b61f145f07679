/** Errors of the session when it is given something to send. */
import { quietRejection } from '../state/deferred.js';
import { unforeseen } from '../state/failures.js';
import type { ConnectionState } from '../state/state.js';

/**
 * Takes an error that a session threw for a send. If the session has broken, the connection fails. Otherwise the data was
 * refused, or there was no memory for it; nothing was sent, and the connection goes on.
 *
 * @returns the error for the sender: the session's own, or that of the failed connection.
 */
export function sendFailed(connection: ConnectionState, error: unknown): unknown {
  if (connection._session.isBroken !== true) return error;
  const failure = unforeseen('sending', error);
  connection._fail(failure);
  return failure;
}

/** The same, as a rejection. One that tells of a failed connection may be ignored. */
export function rejectedSend(connection: ConnectionState, error: unknown): Promise<never> {
  const told = sendFailed(connection, error) as Error;
  return told === error ? Promise.reject(told) : quietRejection(told);
}
