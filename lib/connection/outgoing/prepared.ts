/** Sends prepared messages: each session takes the memory of the message by reference if it can. */
import type { PreparedMessage } from '../payload/prepared.js';
import { quietRejection } from '../state/deferred.js';
import type { ConnectionError } from '../state/errors.js';
import { closedError } from '../state/failures.js';
import { CLOSE_WANTED } from '../state/flags.js';
import type { ConnectionState } from '../state/state.js';
import { RESOLVED } from './framing.js';
import { judgeMessage } from './queue-limit.js';
import { rejectedSend } from './refusals.js';
import { schedule, waitingBelow, whenFlushed } from './writing.js';

/** Sends a prepared message at once. Its promise is the same as for other sends, but does not wait for the memory. */
export function sendPrepared(connection: ConnectionState, message: PreparedMessage): Promise<void> {
  if (connection._isShut(CLOSE_WANTED)) return quietRejection(closedError(connection));
  const waiting = waitingBelow(connection);
  let error: ConnectionError | null;
  try {
    error = framePrepared(connection, message, waiting);
  } catch (thrown) {
    // The component refuses a message inside of another one.
    return rejectedSend(connection, thrown);
  }
  if (error !== null) return quietRejection(error);
  const buffered = connection._session.outputLength + waiting;
  return buffered < connection._group.settings.highWaterMark ? RESOLVED : whenFlushed(connection);
}

/**
 * Frames a prepared message on a connection that is open and makes sure that it is written.
 *
 * @param waiting - bytes that waited below the session before.
 * @returns the error with which the connection has failed, because too much waits; or null.
 */
export function framePrepared(
  connection: ConnectionState,
  message: PreparedMessage,
  waiting: number,
): ConnectionError | null {
  const { _session: session, _codec: codec } = connection;
  const { _plain: plain } = message;
  if (codec !== null) codec.sendPrepared(message);
  else if (session.sendShared !== undefined) session.sendShared(plain);
  else session.send(plain.type, plain.payload);
  connection._messagesSent++;
  const buffered = session.outputLength + waiting;
  const { length } = plain.payload;
  const { maxBufferedBytes } = connection._group.settings;
  if (buffered > maxBufferedBytes || length > maxBufferedBytes) {
    const error = judgeMessage(connection, Math.max(buffered, length), length);
    if (error !== null) {
      connection._fail(error);
      return error;
    }
  }
  schedule(connection);
  return null;
}
