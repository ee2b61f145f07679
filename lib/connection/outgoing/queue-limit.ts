/**
 * `maxBufferedBytes`: how much output may queue up for a peer that does not read. One message may be larger than this
 * limit when nothing queues up before it, because the peer has not yet had a chance to read.
 */
import type { ConnectionError } from '../state/errors.js';
import { tooMuchBuffered } from '../state/failures.js';
import { Backlog } from '../state/state.js';
import type { ConnectionState } from '../state/state.js';

/** Bytes of the longest header of a frame (RFC 6455, section 5.2). */
const LONGEST_HEADER = 14;

/** Bytes of the large message that is still being written. They do not count towards the limit. */
function largeMessageOf({ _rare: rare, _bytesSent: sent, socket }: ConnectionState): number {
  const backlog = rare === null ? null : rare.backlog;
  if (backlog === null || sent - socket.writableLength >= backlog.largeMessageEnd) return 0;
  return backlog.largeMessage;
}

/** Whether almost nothing waits: less than `highWaterMark`. Below that, `send` does not make callers wait either. */
function isNearlyEmpty(connection: ConnectionState, waiting: number): boolean {
  const { highWaterMark, maxBufferedBytes } = connection._group.settings;
  return waiting <= LONGEST_HEADER || (waiting < highWaterMark && highWaterMark < maxBufferedBytes);
}

/**
 * Checks the limit after a message has been framed and more waits than `maxBufferedBytes`.
 *
 * @param waiting - bytes that wait, the message included.
 * @param length - bytes of the message.
 * @returns the error of a queue that is too long, or null.
 */
export function judgeMessage(
  connection: ConnectionState,
  waiting: number,
  length: number,
): ConnectionError | null {
  const { settings } = connection._group;
  if (isNearlyEmpty(connection, waiting - length)) {
    const backlog = (connection._ensureRare().backlog ??= new Backlog());
    backlog.largeMessage = length;
    backlog.largeMessageEnd = Infinity;
    return null;
  }
  const queued = waiting - largeMessageOf(connection);
  return queued > settings.maxBufferedBytes ? tooMuchBuffered(queued, settings.maxBufferedBytes) : null;
}

/**
 * Output has been handed to the transport. It includes a large message that was framed, unless a codec still has it.
 */
export function noteLargeMessage(connection: ConnectionState, backlog: Backlog): void {
  if (backlog.largeMessageEnd === Infinity && connection._codec?.isEncoding !== true)
    backlog.largeMessageEnd = connection._bytesSent;
}

/**
 * Checks the limit after output has been handed to the transport and more waits than `maxBufferedBytes`.
 *
 * @param waiting - bytes that wait, this output included.
 * @param length - bytes of this output.
 * @returns the error of a queue that is too long, or null.
 */
export function judgeOutput(
  connection: ConnectionState,
  waiting: number,
  length: number,
): ConnectionError | null {
  const { settings } = connection._group;
  const backlog = (connection._ensureRare().backlog ??= new Backlog());
  if (backlog.largeMessageEnd !== Infinity && isNearlyEmpty(connection, waiting - length)) {
    backlog.largeMessage = length;
    backlog.largeMessageEnd = connection._bytesSent;
  }
  const queued = waiting - largeMessageOf(connection);
  return queued > settings.maxBufferedBytes ? tooMuchBuffered(queued, settings.maxBufferedBytes) : null;
}

/** Bytes of the payload of a message. */
export function payloadLength(payload: string | Uint8Array): number {
  return typeof payload === 'string' ? Buffer.byteLength(payload) : payload.byteLength;
}
