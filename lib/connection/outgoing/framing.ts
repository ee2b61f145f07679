/** Data of this end is framed at once; a promise tells when there is room for more. */
import { BufferType } from '../../component/contract.js';
import { isFinalType } from '../payload/assembly.js';
import { BY_REFERENCE } from '../payload/by-reference.js';
import { quietRejection } from '../state/deferred.js';
import { closedError } from '../state/failures.js';
import { CLOSE_WANTED } from '../state/flags.js';
import type { ConnectionState } from '../state/state.js';
import { judgeMessage, payloadLength } from './queue-limit.js';
import { schedule, waitingBelow, whenFlushed } from './writing.js';

/** There is room. */
export const RESOLVED = Promise.resolve();

/** Sends a binary message, now. */
export function sendBytes(connection: ConnectionState, bytes: Uint8Array): Promise<void> {
  return frame(connection, BufferType.BinaryMessage, bytes);
}

/** Sends a text, now: nothing of it is kept by reference. */
export function sendText(connection: ConnectionState, text: string): Promise<void> {
  if (connection._session.sendText === undefined)
    return frame(connection, BufferType.Utf8Message, Buffer.from(text));
  if (connection._isShut(CLOSE_WANTED)) return quietRejection(closedError(connection));
  const waiting = waitingBelow(connection);
  connection._session.sendText(text);
  connection._messagesSent++;
  return framed(connection, waiting, text);
}

/** Frames one part or message and says when there is room for more. */
export function frame(connection: ConnectionState, type: BufferType, bytes: Uint8Array): Promise<void> {
  if (connection._isShut(CLOSE_WANTED)) return quietRejection(closedError(connection));
  const waiting = waitingBelow(connection);
  try {
    connection._session.send(type, bytes);
  } catch (error) {
    // Memory that cannot be sent: shared, resizable, detached.
    const refusal = error as Error;
    return Promise.reject(refusal);
  }
  if (isFinalType(type)) connection._messagesSent++;
  return framed(connection, waiting, bytes);
}

/**
 * Sees to it that what has been framed is written.
 *
 * @param waiting - bytes that waited below the session before.
 * @param payload - what has been framed. Large bytes belong to the connection until they have been written.
 */
export function framed(
  connection: ConnectionState,
  waiting: number,
  payload: string | Uint8Array,
): Promise<void> {
  const { settings } = connection._group;
  const buffered = connection._session.outputLength + waiting;
  // A codec may still have the message, so its length is looked at besides what waits.
  if (buffered > settings.maxBufferedBytes || payload.length > settings.maxBufferedBytes) {
    const length = payloadLength(payload);
    const error = judgeMessage(connection, Math.max(buffered, length), length);
    if (error !== null) {
      connection._fail(error);
      return quietRejection(error);
    }
  }
  schedule(connection);
  if (buffered < settings.highWaterMark && (typeof payload === 'string' || payload.length < BY_REFERENCE))
    return RESOLVED;
  return whenFlushed(connection);
}
