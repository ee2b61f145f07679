/**
 * `maxBufferedBytes`: how much output may queue up for a peer that does not read. A message may be larger than that when
 * nothing queues up before it: a peer that has not been given anything yet cannot have failed to read it.
 */
import type { ConnectionError } from '../state/errors.js';
import { tooMuchBuffered } from '../state/failures.js';
import { Backlog } from '../state/state.js';
import type { ConnectionState } from '../state/state.js';

/** Bytes of the longest header of a frame (RFC 6455, section 5.2). */
const LONGEST_HEADER = 14;

/** Bytes of the large message that is still being written; they do not count. */
function largeMessageOf({ _rare: rare, _bytesSent: sent, socket }: ConnectionState): number {
  const backlog = rare === null ? null : rare.backlog;
  if (backlog === null || sent - socket.writableLength >= backlog.largeMessageEnd) return 0;
  return backlog.largeMessage;
}

/** Whether next to nothing waits: less than `highWaterMark`, up to which `send` does not ask anybody to wait. */
function isNearlyEmpty(connection: ConnectionState, waiting: number): boolean {
  const { highWaterMark, maxBufferedBytes } = connection._group.settings;
  return waiting <= LONGEST_HEADER || (waiting < highWaterMark && highWaterMark < maxBufferedBytes);
}

/**
 * A message has been framed, and more waits than `maxBufferedBytes`.
 *
 * @param waiting - bytes that wait with it.
 * @param length - its own bytes.
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
  return queued > settings.maxBufferedBytes ? tooMuchBuffered(queued, settings) : null;
}

/** Output has been handed to the transport; a large message that was framed is a part of it, unless a codec has it yet. */
export function noteLargeMessage(connection: ConnectionState, backlog: Backlog): void {
  if (backlog.largeMessageEnd === Infinity && connection._codec?.isEncoding !== true)
    backlog.largeMessageEnd = connection._bytesSent;
}

/**
 * Output has been handed to the transport, where now more waits than `maxBufferedBytes`.
 *
 * @param waiting - bytes that wait with it.
 * @param length - its own bytes.
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
  return queued > settings.maxBufferedBytes ? tooMuchBuffered(queued, settings) : null;
}

/** Bytes of the payload of a message. */
export function payloadLength(payload: string | Uint8Array): number {
  return typeof payload === 'string' ? Buffer.byteLength(payload) : payload.byteLength;
}
