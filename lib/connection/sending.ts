/** Messages of this end: framed at once, one after the other, each promise telling when there is room for more. */
import { BufferType, CloseStatus } from '../component/contract.js';
import { isFinalType } from './assembly.js';
import { close, fail } from './closing.js';
import { CodecSession } from './codec-session.js';
import { quietRejection, untilAborted } from './deferred.js';
import { closedError, tooMuchBuffered } from './failures.js';
import { CLOSE_WANTED } from './flags.js';
import type { ConnectionState } from './state.js';
import type { Sendable, SendableParts, WriteCallback } from './types.js';
import { BY_REFERENCE, flush, schedule, whenFlushed, write } from './writing.js';

const RESOLVED = Promise.resolve();

// ---- Whole messages ----

/** Sends whatever can be sent, in its turn. */
export function send(
  connection: ConnectionState,
  data: Sendable,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
  if (connection._isShut(0)) return quietRejection(closedError(connection));
  if (typeof data === 'string') return inTurn(connection, () => sendText(connection, data), signal);
  if (data instanceof Uint8Array) return inTurn(connection, () => sendBytes(connection, data), signal);
  if (data instanceof ArrayBuffer) return send(connection, new Uint8Array(data), signal);
  if (data instanceof Blob) {
    return inTurn(
      connection,
      async () => sendBytes(connection, new Uint8Array(await data.arrayBuffer())),
      signal,
    );
  }
  if (isParts(data)) return inTurn(connection, () => sendParts(connection, data, signal), undefined);
  return Promise.reject(
    new TypeError('data must be a string, bytes, a Blob or an iterable of strings or bytes'),
  );
}

/** Runs a send when those before it are done; at once, where there is none. */
function inTurn(
  connection: ConnectionState,
  task: () => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const extras = connection._more();
  const run =
    extras.turn === null
      ? task()
      : extras.turn.then(() => {
          if (signal?.aborted === true) throw signal.reason;
          return connection._isShut(CLOSE_WANTED) ? Promise.reject(closedError(connection)) : task();
        });
  const turn = run.then(nothing, nothing).then(() => {
    if (extras.turn === turn) extras.turn = null;
  });
  extras.turn = turn;
  return untilAborted(run, signal);
}

function nothing(): void {
  // The sender has the result; the next send only waits for it.
}

/** Sends a binary message, now. */
export function sendBytes(connection: ConnectionState, bytes: Uint8Array): Promise<void> {
  return frame(connection, BufferType.BinaryMessage, bytes);
}

/** Sends a text, now: nothing of it is kept by reference. */
export function sendText(connection: ConnectionState, text: string): Promise<void> {
  if (connection._session.sendText === undefined)
    return frame(connection, BufferType.Utf8Message, Buffer.from(text));
  if (connection._isShut(CLOSE_WANTED)) return quietRejection(closedError(connection));
  const waiting = connection.socket.writableLength + connection._waitingBytes;
  connection._session.sendText(text);
  connection._messagesSent++;
  return framed(connection, waiting, false);
}

/** Frames one part or message and says when there is room for more. */
function frame(connection: ConnectionState, type: BufferType, bytes: Uint8Array): Promise<void> {
  if (connection._isShut(CLOSE_WANTED)) return quietRejection(closedError(connection));
  const waiting = connection.socket.writableLength + connection._waitingBytes;
  try {
    connection._session.send(type, bytes);
  } catch (error) {
    // Memory that cannot be sent: shared, resizable, detached.
    const refusal = error as Error;
    return Promise.reject(refusal);
  }
  if (isFinalType(type)) connection._messagesSent++;
  return framed(connection, waiting, bytes.byteLength >= BY_REFERENCE);
}

/**
 * Sees to it that what has been framed is written.
 *
 * @param waiting - bytes that waited below the session before.
 * @param keepsMemory - the sender has to leave memory alone until it has been written.
 */
function framed(connection: ConnectionState, waiting: number, keepsMemory: boolean): Promise<void> {
  const { settings } = connection._group;
  const buffered = connection._session.outputLength + waiting;
  if (buffered > settings.maxBufferedBytes) {
    const error = tooMuchBuffered(buffered, settings);
    fail(connection, error);
    return quietRejection(error);
  }
  schedule(connection);
  if (buffered < settings.highWaterMark && !keepsMemory) return RESOLVED;
  return whenFlushed(connection);
}

// ---- Messages in parts ----

function isParts(data: unknown): data is SendableParts {
  return (
    typeof data === 'object' && data !== null && (Symbol.asyncIterator in data || Symbol.iterator in data)
  );
}

async function sendParts(
  connection: ConnectionState,
  parts: SendableParts,
  signal: AbortSignal | undefined,
): Promise<void> {
  let type = 0;
  let surrogate = '';
  try {
    for await (const part of parts) {
      signal?.throwIfAborted();
      let bytes: Uint8Array;
      if (typeof part === 'string') {
        const text = surrogate + part;
        const last = text.charCodeAt(text.length - 1);
        // Half of a character waits for the other half, or it would be sent as U+FFFD.
        const split = last >= 0xd800 && last <= 0xdbff;
        surrogate = split ? text.slice(-1) : '';
        bytes = Buffer.from(split ? text.slice(0, -1) : text);
      } else {
        if (!(part instanceof Uint8Array))
          throw new TypeError('the parts of a message must be strings or bytes');
        bytes = part;
      }
      const partType = typeof part === 'string' ? BufferType.Utf8Fragment : BufferType.BinaryFragment;
      if (type === 0) type = partType;
      else if (type !== partType)
        throw new TypeError('the parts of a message must be all strings or all bytes');
      await untilAborted(frame(connection, type, bytes), signal);
    }
  } catch (error) {
    // A message that has begun cannot be taken back; only the end of the connection ends it.
    if (type !== 0)
      void close(connection, CloseStatus.ServerError, 'a message could not be completed', undefined);
    throw error;
  }
  const isText = type !== BufferType.BinaryFragment;
  await frame(connection, isText ? BufferType.Utf8Message : BufferType.BinaryMessage, Buffer.from(surrogate));
}

// ---- Single frames, for faces ----

export function sendFrame(
  connection: ConnectionState,
  type: BufferType,
  bytes: Uint8Array,
  compress: boolean | undefined,
  written: WriteCallback | undefined,
): void {
  if (connection._isShut(CLOSE_WANTED)) {
    written?.(closedError(connection));
    return;
  }
  const session = connection._session;
  const whenFramed = written === undefined ? undefined : (): void => whenWritten(connection, written);
  if (type === BufferType.PingPong || type === BufferType.UnsolicitedPong) {
    if (bytes.byteLength !== 0 && session.sendControl !== undefined) session.sendControl(type, bytes);
    else session.send(type);
    whenFramed?.();
  } else {
    if (session instanceof CodecSession) session.send(type, bytes, compress, whenFramed);
    else {
      session.send(type, bytes);
      whenFramed?.();
    }
    if (isFinalType(type)) connection._messagesSent++;
  }
  schedule(connection);
}

/** Calls back when what has been framed so far has been written, or could not be. */
export function whenWritten(connection: ConnectionState, written: WriteCallback): void {
  (connection._more().written ??= []).push(written);
}

export function sendFramed(
  connection: ConnectionState,
  chunks: readonly Uint8Array[],
  written: WriteCallback | undefined,
): void {
  if (connection._isShut(CLOSE_WANTED)) {
    written?.(closedError(connection));
    return;
  }
  flush(connection);
  const length = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  connection._messagesSent++;
  write(connection, chunks, length, written);
}
