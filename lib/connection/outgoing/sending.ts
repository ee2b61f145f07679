/** Sends all data of programs, and of other APIs on a connection, one after the other. */
import { keptBytes } from '../../component/arguments.js';
import type { BulkDriver } from '../../component/bulk.js';
import { BufferType } from '../../component/contract.js';
import { isFinalType } from '../payload/assembly.js';
import { isBlob } from '../payload/brands.js';
import { BY_REFERENCE } from '../payload/by-reference.js';
import { bytesFrom, detachedError } from '../payload/bytes.js';
import { PreparedMessage } from '../payload/prepared.js';
import { CodecSession } from '../codec/codec-session.js';
import { quietIfLost, quietRejection, rejecting, untilAborted } from '../state/deferred.js';
import { closedError, outputDetached } from '../state/failures.js';
import { CLOSE_WANTED } from '../state/flags.js';
import { hasTurn, sendBytes, sendText } from './framing.js';
import { sendPrepared } from './prepared.js';
import { abortReason, throwIfAborted } from '../payload/signals.js';
import { sendBlob, sendParts, typeOf } from './parts.js';
import type { ConnectionState } from '../state/state.js';
import type { Sendable, WriteCallback } from '../state/types.js';
import { sendFailed } from './refusals.js';
import { isParts } from './source.js';
import { flush, schedule, tellWritten, write } from './writing.js';

/** Sends data of any supported type, after the sends before it. */
export function send(
  connection: ConnectionState,
  data: Sendable,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (signal?.aborted === true) return Promise.reject(abortReason(signal));
  if (connection._isShut(0)) return quietRejection(closedError(connection));
  if (typeof data === 'string') return sendWhole(connection, () => sendText(connection, data), signal);
  if (data instanceof PreparedMessage)
    return sendWhole(connection, () => sendPrepared(connection, data), signal);
  const bytes = bytesFrom(data);
  if (bytes !== undefined) {
    if (!hasTurn(connection)) return sendWhole(connection, () => sendBytes(connection, bytes), signal);
    const error = detachedError(bytes);
    if (error !== null) return Promise.reject(error);
    // The caller may reuse a short buffer at once, so it is copied, because it has to wait.
    const { byteLength } = bytes;
    const kept = byteLength < BY_REFERENCE ? new Uint8Array(bytes) : keptBytes(bytes);
    const sendKept = (): Promise<void> => {
      if (kept.byteLength === byteLength) return sendBytes(connection, kept);
      const lost = outputDetached(undefined);
      connection._fail(lost);
      return quietRejection(lost);
    };
    return inTurn(connection, sendKept, signal);
  }
  if (isBlob(data)) return inTurn(connection, () => sendBlob(connection, data, signal), signal);
  if (isParts(data))
    return inTurn(connection, () => sendParts(connection, data, typeOf(data), signal), signal);
  const kinds = 'a string, bytes, a Blob, a prepared message or an iterable of strings or bytes';
  const { then } = ((data as unknown) ?? {}) as { readonly then?: unknown };
  const isPromise = typeof then === 'function';
  return Promise.reject(
    new TypeError(`data must be ${kinds}${isPromise ? ', not a promise: await it first' : ''}`),
  );
}

/**
 * Sends a message that is framed at once. Later sends need not wait until it is written: the answers to messages before a
 * close frame must be framed in the turn of that frame.
 */
function sendWhole(
  connection: ConnectionState,
  task: () => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (hasTurn(connection)) return inTurn(connection, task, signal);
  const run = rejecting(task);
  return signal === undefined ? quietIfLost(run) : untilAborted(run, signal);
}

/**
 * Runs a send after the earlier sends are done. Runs it at once if there are none. Code of the program that runs
 * meanwhile, such as an iterator, may send: these messages wait, too.
 */
function inTurn(
  connection: ConnectionState,
  task: () => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const rare = connection._ensureRare();
  const before = rare.turn;
  let isDone!: () => void;
  const turn = new Promise<void>((resolve) => (isDone = resolve));
  rare.turn = turn;
  const run =
    before === null
      ? rejecting(task)
      : before.then(() => {
          throwIfAborted(signal);
          return connection._isShut(CLOSE_WANTED) ? Promise.reject(closedError(connection)) : task();
        });
  const end = (): void => {
    if (rare.turn === turn) rare.turn = null;
    isDone();
  };
  // The sender is told first, so that it can end the connection before the next message is sent.
  void run.then(nothing, nothing).then(end);
  return signal === undefined ? quietIfLost(run) : untilAborted(run, signal);
}

function nothing(): void {
  // Only the sender needs the result. The next send only waits for this one to end.
}

// ---- for other APIs on a connection ----

export function sendFrame(
  connection: ConnectionState,
  type: BufferType,
  bytes: Uint8Array,
  compress: boolean | undefined,
  written: WriteCallback | undefined,
): void {
  if (connection._isShut(CLOSE_WANTED)) {
    if (written !== undefined) tellWritten(written, closedError(connection));
    return;
  }
  const whenFramed = written === undefined ? undefined : (): void => whenWritten(connection, written);
  try {
    frameNow(connection._session, type, bytes, compress, whenFramed);
  } catch (error) {
    const told = sendFailed(connection, error);
    if (told === error) throw error;
    if (written !== undefined) tellWritten(written, told as Error);
    return;
  }
  if (isFinalType(type)) connection._messagesSent++;
  schedule(connection);
}

function frameNow(
  session: BulkDriver,
  type: BufferType,
  bytes: Uint8Array,
  compress: boolean | undefined,
  whenFramed: (() => void) | undefined,
): void {
  const isControl = type === BufferType.PingPong || type === BufferType.UnsolicitedPong;
  if (!isControl && session instanceof CodecSession) {
    session.send(type, bytes, compress, whenFramed);
    return;
  }
  if (!isControl) session.send(type, bytes);
  else if (bytes.byteLength !== 0 && session.sendControl !== undefined) session.sendControl(type, bytes);
  else session.send(type);
  whenFramed?.();
}

/** Calls back when the output framed so far has been written, or could not be. */
export function whenWritten(connection: ConnectionState, written: WriteCallback): void {
  (connection._ensureRare().written ??= []).push(written);
}

/**
 * Sends a frame that the caller has made, in parts. It leaves with the other output of the tick, before the messages
 * that the codec still has. Large parts must not change until they have been written.
 */
export function sendFramed(
  connection: ConnectionState,
  chunks: readonly Uint8Array[],
  written: WriteCallback | undefined,
): void {
  if (connection._isShut(CLOSE_WANTED)) {
    if (written !== undefined) tellWritten(written, closedError(connection));
    return;
  }
  connection._messagesSent++;
  const session = connection._session;
  if (session.sendFramed === undefined) {
    flush(connection);
    const length = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
    write(connection, chunks, length, written);
    return;
  }
  for (const chunk of chunks) session.sendFramed(chunk, chunk.byteLength >= BY_REFERENCE);
  if (written !== undefined) whenWritten(connection, written);
  schedule(connection);
}
