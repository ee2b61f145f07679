/** Frames outgoing data at once. A promise tells the caller when there is room for more. */
import { BufferType } from '../../component/contract.js';
import { isFinalType } from '../payload/assembly.js';
import { BY_REFERENCE } from '../payload/by-reference.js';
import { detachedError } from '../payload/bytes.js';
import { quietRejection } from '../state/deferred.js';
import { closedError } from '../state/failures.js';
import { CLOSE_WANTED, HAS_CODEC } from '../state/flags.js';
import type { ConnectionState } from '../state/state.js';
import { judgeMessage, payloadLength } from './queue-limit.js';
import { rejectedSend } from './refusals.js';
import { schedule, waitingBelow, whenFlushed } from './writing.js';

/** The result of a send when there is room for more already. */
export const RESOLVED = Promise.resolve();

/** Sends a binary message, now. */
export function sendBytes(connection: ConnectionState, bytes: Uint8Array): Promise<void> {
  if (bytes.byteLength === 0) {
    const error = detachedError(bytes);
    if (error !== null) return Promise.reject(error);
  }
  return frame(connection, BufferType.BinaryMessage, bytes);
}

/** Sends a text, now. It keeps no reference to the caller's memory. */
export function sendText(connection: ConnectionState, text: string): Promise<void> {
  // Compressing a long text may take time, and the promise is to say when it is written.
  const isLate = (connection._flags & HAS_CODEC) !== 0 && text.length >= BY_REFERENCE;
  if (isLate || connection._session.sendText === undefined)
    return frame(connection, BufferType.Utf8Message, Buffer.from(text));
  if (connection._isShut(CLOSE_WANTED)) return quietRejection(closedError(connection));
  const waiting = waitingBelow(connection);
  try {
    connection._session.sendText(text);
  } catch (error) {
    return rejectedSend(connection, error);
  }
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
    // The component refuses memory that cannot be sent: shared, resizable or detached memory.
    return rejectedSend(connection, error);
  }
  if (isFinalType(type)) connection._messagesSent++;
  return framed(connection, waiting, bytes);
}

/**
 * Makes sure that the framed output is written.
 *
 * @param waiting - bytes that waited below the session before.
 * @param payload - the data just framed. Large bytes must not change until they have been written.
 */
export function framed(
  connection: ConnectionState,
  waiting: number,
  payload: string | Uint8Array,
): Promise<void> {
  const { settings } = connection._group;
  const buffered = connection._session.outputLength + waiting;
  // A codec may still have the message. So its length is checked as well as the bytes that wait.
  if (buffered > settings.maxBufferedBytes || payload.length > settings.maxBufferedBytes) {
    const length = payloadLength(payload);
    const error = judgeMessage(connection, Math.max(buffered, length), length);
    if (error !== null) {
      connection._fail(error);
      return quietRejection(error);
    }
  }
  schedule(connection);
  if (
    buffered < settings.highWaterMark &&
    (typeof payload === 'string' || isCopied(connection, payload.length))
  )
    return RESOLVED;
  return whenFlushed(connection);
}

/** Whether the session copies a payload of this length before `send` returns. */
function isCopied(connection: ConnectionState, length: number): boolean {
  return length < BY_REFERENCE || connection._session.copiesPayloads === true;
}

/** Whether a message has to wait for the end of an earlier one. */
export function hasTurn(connection: ConnectionState): boolean {
  return connection._rare !== null && connection._rare.turn !== null;
}

/** Whether a send copies data of this length before it returns, so that the caller may change the data at once. */
export function copiesAtOnce(connection: ConnectionState, length: number): boolean {
  return !hasTurn(connection) && isCopied(connection, length);
}
