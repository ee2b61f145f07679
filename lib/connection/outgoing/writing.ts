/** Moves the session's output to the transport, in one write at the end of the chunk, of the tick, or of the turn. */
import { HEADER_ROOM } from '../../component/shared-message.js';
import { BY_REFERENCE } from '../payload/by-reference.js';
import { quietDeferred } from '../state/deferred.js';
import { rethrowLater } from '../state/emitter.js';
import { closedError, lostError, outputDetached } from '../state/failures.js';
import {
  CLOSED,
  CORKED,
  ENCRYPTED,
  ENDED,
  MULTIPLEXED,
  PARSING,
  SCHEDULED,
  TERMINATED,
} from '../state/flags.js';
import type { ConnectionState } from '../state/state.js';
import { atEndOfTick, inNextTurn } from '../state/tick.js';
import { transportThrew } from '../state/transport-calls.js';
import type { WriteCallback } from '../state/types.js';
import { judgeOutput, noteLargeMessage } from './queue-limit.js';

/** Bytes that a waiting write costs besides its data: the views, the entry in the stream's queue, the callback. */
export const WRITE_OVERHEAD = 512;

/**
 * While node:http2 reads, it calls the kernel for a stream that has more than this many bytes to write. The output of all
 * other streams leaves together, after the read.
 */
const LEAST_EAGER = 4096;
/**
 * Most streams of HTTP/2 that are written in one turn. A write touches the memory of its stream three times: when it is
 * made, when node:http2 takes it, and when it is done. The memory of more streams would leave the cache meanwhile. And the
 * peers can read while the other streams are written.
 */
const MOST_STREAMS = 256;

/** Connections with output, which is written together. */
class Batch {
  #connections: ConnectionState[] = [];
  readonly #flushLater: () => void;
  readonly #flush: (connection: ConnectionState) => void;
  readonly #most: number;

  /** @param most - most connections that are written together; the others follow in another turn. */
  constructor(
    soon: (task: () => void, argument: undefined) => void,
    flush: (connection: ConnectionState) => void,
    most: number,
  ) {
    this.#flush = flush;
    this.#most = most;
    const flushAll = (): void => this.#flushAll();
    this.#flushLater = (): void => soon(flushAll, undefined);
  }

  add(connection: ConnectionState): void {
    connection._flags |= SCHEDULED;
    if (this.#connections.push(connection) === 1) this.#flushLater();
  }

  #flushAll(): void {
    const connections = this.#connections;
    this.#connections = connections.splice(this.#most);
    if (this.#connections.length !== 0) this.#flushLater();
    for (const connection of connections) {
      connection._flags &= ~SCHEDULED;
      try {
        this.#flush(connection);
      } catch (error) {
        // An error of one connection must not keep the connections behind it from being written.
        rethrowLater(error);
      }
    }
  }
}

/** To be written at the end of the tick. */
const ofTick = new Batch(atEndOfTick, flushScheduled, Infinity);
/**
 * To be written when the event loop has read all sockets. Each TLS record comes in a tick of its own, so the ends of
 * ticks would make a record, and a call of the kernel, for each answer.
 */
const ofTurn = new Batch(inNextTurn, flush, Infinity);
/**
 * Streams of HTTP/2, to be written when their connection has been read. Each chunk of a stream comes in a tick of its own,
 * and node:http2 writes nothing before it has passed on the chunks of all streams.
 */
const streamsOfTurn = new Batch(inNextTurn, flush, MOST_STREAMS);
/** The connection whose output was written last, or waits to be written, among those over HTTP/2. */
let lastStream: ConnectionState | null = null;

/** Bytes that wait below the session's output: with the codec, and in the transport. */
export function waitingBelow(connection: ConnectionState): number {
  return connection._waitingBytes + connection.socket.writableLength;
}

/** All bytes that wait. */
export function buffered(connection: ConnectionState): number {
  return connection._session.outputLength + waitingBelow(connection);
}

/**
 * Makes sure that the output is written: after the chunk that is being parsed, at the end of the tick, or over TLS and
 * HTTP/2 at the end of the turn.
 */
export function schedule(connection: ConnectionState): void {
  if ((connection._flags & (PARSING | SCHEDULED | CORKED)) !== 0) return;
  if ((connection._flags & ENCRYPTED) === 0) ofTick.add(connection);
  else ofTurn.add(connection);
}

/** Makes the output of the following sends wait for {@link uncork}, over several ticks if need be. */
export function cork(connection: ConnectionState): void {
  connection._flags |= CORKED;
}

/** Undoes {@link cork} and writes the output. */
export function uncork(connection: ConnectionState): void {
  connection._flags &= ~CORKED;
  if ((connection._flags & PARSING) === 0) flush(connection);
}

/** Writes the output that came of a chunk. */
export function flushParsed(connection: ConnectionState): void {
  if ((connection._flags & ENCRYPTED) === 0) flushScheduled(connection);
  else schedule(connection);
}

/** Writes the waiting output of a chunk or a tick; over HTTP/2, perhaps at the end of the turn. */
function flushScheduled(connection: ConnectionState): void {
  if ((connection._flags & MULTIPLEXED) === 0 || (connection._flags & CLOSED) !== 0) {
    flush(connection);
    return;
  }
  const isEager = wasLastToWrite(connection);
  lastStream = connection;
  if (isEager) flush(connection);
  else if ((connection._flags & (SCHEDULED | CORKED)) === 0) streamsOfTurn.add(connection);
}

/**
 * Whether the other streams of HTTP/2 have been silent: the output of a stream that speaks alone is written at once. A
 * stream whose last write is still under way waits for the end of the turn. Its write is done by then, so the output needs
 * no copy (see {@link writeBehind}).
 */
function wasLastToWrite(connection: ConnectionState): boolean {
  return (
    connection === lastStream &&
    connection.socket.writableLength === 0 &&
    connection._session.outputLength <= LEAST_EAGER
  );
}

/** Forgets a connection that has ended, so that its memory can be freed. */
export function forgetOutput(connection: ConnectionState): void {
  if (lastStream === connection) lastStream = null;
}

/** Writes the waiting output, in one write. A transport that throws fails its connection. */
export function flush(connection: ConnectionState): void {
  const { socket, _session: session } = connection;
  const length = session.outputLength;
  if (length === 0) return;
  let chunks: Uint8Array[];
  try {
    chunks = session.takeOutput();
  } catch (error) {
    connection._fail(outputDetached(error));
    return;
  }
  let written: WriteCallback | undefined;
  if (connection._rare !== null && connection._rare.written !== null) written = takeCallbacks(connection);
  write(connection, chunks, length, written);
  // Pongs count as well: a peer that sends pings and does not read must not fill this end's memory.
  let waiting = socket.writableLength;
  if (connection._rare !== null) {
    waiting += connection._rare.waitingWrites * WRITE_OVERHEAD;
    if (connection._rare.backlog !== null) noteLargeMessage(connection, connection._rare.backlog);
  }
  if (waiting <= connection._group.settings.maxBufferedBytes) return;
  const error = judgeOutput(connection, waiting, length);
  if (error !== null) connection._fail(error);
}

function takeCallbacks(connection: ConnectionState): WriteCallback {
  const callbacks = connection._rare!.written!;
  connection._rare!.written = null;
  return (error) => {
    for (const callback of callbacks) tellWritten(callback, error);
  };
}

/** Calls a callback of the program. If it throws, the other callbacks are still called. */
export function tellWritten(callback: WriteCallback, error: Error | null | undefined): void {
  try {
    callback(error);
  } catch (thrown) {
    rethrowLater(thrown);
  }
}

/** Writes chunks after the output that the transport already has. */
export function write(
  connection: ConnectionState,
  chunks: readonly Uint8Array[],
  length: number,
  written: WriteCallback | undefined,
): void {
  const { socket } = connection;
  if ((connection._flags & (ENDED | TERMINATED | CLOSED)) !== 0 || !socket.writable) {
    if (written !== undefined) tellWritten(written, closedError(connection));
    return;
  }
  connection._bytesSent += length;
  const callback = connection._rare === null ? written : settlingFlushed(connection, written);
  try {
    if (socket.writableLength !== 0) {
      writeBehind(connection, chunks, callback);
    } else if (chunks.length === 1) {
      socket.write(chunks[0]!, callback);
    } else {
      socket.cork();
      for (let index = 0; index < chunks.length - 1; index++) socket.write(chunks[index]!);
      socket.write(chunks[chunks.length - 1]!, callback);
      socket.uncork();
    }
  } catch (error) {
    transportThrew(connection, error);
    callback?.(closedError(connection));
  }
}

/** Makes the callback of a write. It calls `written` and settles the promise of {@link whenFlushed}. */
function settlingFlushed(
  connection: ConnectionState,
  written: WriteCallback | undefined,
): WriteCallback | undefined {
  const rare = connection._rare!;
  const { flushed } = rare;
  // Output that the codec still has is not written yet.
  if (flushed === null || connection._codec?.isEncoding === true) return written;
  rare.flushed = null;
  rare.writing = flushed.promise;
  return (error) => {
    if (rare.writing === flushed.promise) rare.writing = null;
    if (written !== undefined) tellWritten(written, error);
    // Node reports success for a write that a destroyed socket has dropped, so the socket is checked as well.
    const isDropped =
      error === undefined || error === null ? connection.socket.destroyed : isCancellation(error);
    if (isDropped) flushed.reject(closedError(connection));
    else if (error !== undefined && error !== null) flushed.reject(lostError(error));
    else flushed.resolve();
  };
}

/** Whether a write failed because its transport was destroyed. That is a result of the end, and not its cause. */
function isCancellation(error: NodeJS.ErrnoException): boolean {
  // `ECANCELED` comes from Windows, where a write that the system has can be cancelled.
  return error.code === 'ECANCELED' || error.code === 'ERR_STREAM_DESTROYED';
}

/** Resolves when the output that waits now has been written. */
export function whenFlushed(connection: ConnectionState): Promise<void> {
  return (connection._ensureRare().flushed ??= quietDeferred()).promise;
}

/** Rejects the promise of {@link whenFlushed}: the output will not be written. */
export function dropFlushed(connection: ConnectionState, error: Error): void {
  const rare = connection._ensureRare();
  rare.flushed?.reject(error);
  rare.flushed = null;
}

/**
 * Writes to a transport that is behind. Short chunks lie in memory that all connections share, so they are copied: a
 * peer that does not read then keeps only its own bytes in memory. A prepared message has memory of its own, of which
 * any number of peers keep none. The writes are counted, because each one costs more than its bytes.
 */
function writeBehind(
  connection: ConnectionState,
  chunks: readonly Uint8Array[],
  callback: WriteCallback | undefined,
): void {
  const rare = connection._ensureRare();
  const { socket } = connection;
  const last = chunks.length - 1;
  for (let index = 0; index <= last; index++) {
    const chunk = chunks[index]!;
    const { byteLength } = chunk;
    const mayStay = byteLength >= BY_REFERENCE || chunk.buffer.byteLength - byteLength < HEADER_ROOM;
    const own = mayStay ? chunk : new Uint8Array(chunk);
    rare.waitingWrites++;
    socket.write(own, (error) => {
      rare.waitingWrites--;
      if (index === last) callback?.(error);
    });
  }
}
