/** How a connection ends: by a close frame of either side, by a failure, or by the end of the transport. */
import { BufferType, CloseStatus, MAX_CLOSE_REASON_LENGTH } from '../../component/contract.js';
import type { CloseBuffer } from '../../component/contract.js';
import { ComponentError } from '../../component/errors.js';
import { errorOf } from '../../component/thrown.js';
import { Alarm } from '../state/alarm.js';
import { isSendableCloseCode } from '../state/close-code.js';
import { quietDeferred, untilAborted } from '../state/deferred.js';
import { channels, debug } from '../state/diagnostics.js';
import type { ConnectionError } from '../state/errors.js';
import { closedError, closingFailed, failureOf, isPeersFault } from '../state/failures.js';
import {
  ANSWERING,
  CLOSE_RECEIVED,
  CLOSE_SENT,
  CLOSE_WANTED,
  CLOSED,
  CLOSING,
  DEAF,
  ENDED,
  FAILED,
  GONE,
  HAS_CODEC,
  HAS_CALLBACKS,
  IS_SERVER,
  LOST,
  PARSING,
  PEER_ENDED,
  TERMINATED,
} from '../state/flags.js';
import { guarded } from '../state/emitter.js';
import { letFlow } from '../state/flow.js';
import { atEndOfTick, inNextTurn } from '../state/tick.js';
import { endTransport } from '../state/transport-calls.js';
import { bytesFrom } from '../payload/bytes.js';
import type { ConnectionState, RareState } from '../state/state.js';
import type { CloseInfo } from '../state/types.js';
import { flush, tellWritten, forgetOutput } from '../outgoing/writing.js';

/** Milliseconds that a destroyed transport has to report its end: some never do (`emitClose: false`). */
const LONGEST_DESTRUCTION = 1000;

const NO_REASON = new Uint8Array(0);

/** Resolves when the connection has ended. */
export function whenClosed(connection: ConnectionState): Promise<CloseInfo> {
  if ((connection._flags & CLOSED) !== 0) return Promise.resolve(closeInfoOf(connection));
  const rare = connection._ensureRare();
  rare.closed ??= quietDeferred();
  return rare.closed.promise;
}

/** How a closed connection has ended; made when it is first asked for. */
export function closeInfoOf(connection: ConnectionState): CloseInfo {
  const rare = connection._rare!;
  if (rare.closeInfo !== null) return rare.closeInfo;
  const { code, reason } = rare;
  const wasClean = isClean(connection);
  const error = failureOf(connection);
  rare.closeInfo = Object.freeze(
    error === null ? { code, reason, wasClean } : { code, reason, wasClean, error },
  );
  return rare.closeInfo;
}

/** Whether both sides have sent a close frame, and nothing has failed. */
function isClean({ _flags: flags }: ConnectionState): boolean {
  return (flags & (CLOSE_SENT | CLOSE_RECEIVED | FAILED)) === (CLOSE_SENT | CLOSE_RECEIVED);
}

// ---- By this end ----

export function close(
  connection: ConnectionState,
  code: number,
  reason: string | Uint8Array,
  signal: AbortSignal | undefined,
): Promise<CloseInfo> {
  const bytes = typeof reason === 'string' ? Buffer.from(reason) : bytesFrom(reason);
  if (typeof code !== 'number' || bytes === undefined) {
    return Promise.reject(new TypeError('code must be a number and reason a string or bytes'));
  }
  if (!isSendableCloseCode(code))
    return Promise.reject(new RangeError(`${code} is not a close code that can be sent`));
  if (bytes.byteLength > MAX_CLOSE_REASON_LENGTH || (code === CloseStatus.Empty && bytes.byteLength !== 0)) {
    return Promise.reject(new RangeError('a close reason needs a code and has at most 123 bytes'));
  }
  if ((connection._flags & CLOSING) === 0) {
    connection._flags |= CLOSE_WANTED;
    startTimer(connection);
    const turn = connection._rare === null ? null : connection._rare.turn;
    // The close frame may have to wait for the end of a message, and the caller may change the bytes meanwhile.
    const own = Buffer.from(bytes);
    if (turn === null) sendClose(connection, code, own);
    else void turn.then(() => sendClose(connection, code, own));
  }
  return untilAborted(whenClosed(connection), signal);
}

function sendClose(connection: ConnectionState, code: number, reason: Uint8Array): void {
  if ((connection._flags & (CLOSING & ~CLOSE_WANTED)) !== 0) return;
  connection._flags |= CLOSE_SENT;
  try {
    connection._session.send(
      BufferType.Close,
      code === CloseStatus.Empty ? undefined : { status: code, reason },
    );
  } catch (error) {
    // The caller may be a promise that nobody waits for, so the end of the connection reports the error.
    fail(connection, closingFailed(error));
    return;
  }
  if ((connection._flags & PARSING) === 0) flush(connection);
  // The peer's close frame comes after all data still in the transport, so nothing may pause the transport now.
  letFlow(connection);
}

export function terminate(connection: ConnectionState): void {
  if ((connection._flags & CLOSED) !== 0) return;
  connection._flags |= TERMINATED;
  destroyTransport(connection);
}

/** Destroys the transport. If even that throws, no event will follow, so the connection ends without one. */
function destroyTransport(connection: ConnectionState): void {
  try {
    connection.socket.destroy();
  } catch (error) {
    connection._ensureRare().cause ??= errorOf(error);
    atEndOfTick(finish, connection);
    return;
  }
  if ((connection._flags & CLOSED) !== 0) return;
  if ((connection._flags & GONE) !== 0) {
    // Nothing waits for the codec any more.
    atEndOfTick(finish, connection);
    return;
  }
  const rare = connection._ensureRare();
  rare.alarm?.stop();
  rare.alarm = Alarm.after(LONGEST_DESTRUCTION, finish, connection);
}

// ---- By a failure, or by the peer ----

/** Fails the connection: the peer, a limit of this end, or the transport made it impossible to go on. */
export function fail(connection: ConnectionState, error: ConnectionError): void {
  if ((connection._flags & (FAILED | TERMINATED | CLOSED)) !== 0) return;
  connection._flags |= FAILED;
  connection._assembly = null;
  connection._codec?.stopDecoding();
  report(connection, error);
  if (error.closeCode === CloseStatus.Aborted) {
    // No close frame can be sent, or the peer would not understand one.
    destroyTransport(connection);
    return;
  }
  if ((connection._flags & (CLOSE_SENT | ENDED)) === 0) {
    // The callbacks write their own close reason.
    const reason = (connection._flags & HAS_CALLBACKS) === 0 ? reasonOf(error) : NO_REASON;
    answerLater(connection, { status: error.closeCode, reason });
    if (!isPeersFault(error)) answer(connection);
    return;
  }
  flush(connection);
  end(connection);
}

/**
 * Answers the peer's close frame, or its violation, in the next turn. By then a reader has handled the messages before
 * it, and the reader's replies leave first, no matter how the transport cut the chunks. A reader that awaits the write of
 * each reply gets more turns.
 */
export function answerLater(connection: ConnectionState, close: CloseBuffer | undefined): void {
  connection._flags |= ANSWERING;
  connection._ensureRare().answer = close;
  inNextTurn(answer, connection);
}

function answer(connection: ConnectionState): void {
  if ((connection._flags & ANSWERING) === 0 || isPutOff(connection)) return;
  connection._flags &= ~ANSWERING;
  if ((connection._flags & (CLOSE_SENT | ENDED | TERMINATED | CLOSED)) !== 0) return;
  connection._flags |= CLOSE_SENT;
  try {
    connection._session.send(BufferType.Close, connection._rare!.answer);
  } catch (error) {
    // The handle accepts no more sends. The peer sees the transport end without a close frame.
    if (!(error instanceof ComponentError) && connection._rare!.error === null)
      report(connection, closingFailed(error));
  }
  flush(connection);
  afterAnswer(connection);
}

/**
 * Puts the answer off for a reader that waits until its reply has been written, if messages are left for it. It has to
 * read one each time, and `closeTimeout` limits all of it.
 *
 * @returns whether the answer has been put off.
 */
function isPutOff(connection: ConnectionState): boolean {
  const { _flags: flags, _inbox: inbox, _rare: rare, socket } = connection;
  if (inbox === null || rare === null || inbox.length === 0 || inbox.length >= rare.unread) return false;
  if ((flags & (FAILED | TERMINATED | CLOSED)) !== 0) return false;
  if ((flags & PEER_ENDED) !== 0 && !socket.allowHalfOpen) return false;
  const reply = rare.flushed === null ? rare.writing : rare.flushed.promise;
  if (reply === null) return false;
  rare.unread = inbox.length;
  if (rare.alarm === null) startTimer(connection);
  flush(connection);
  const again = (): void => inNextTurn(answer, connection);
  void reply.then(again, again);
  return true;
}

/** Continues after this end's close frame has been written, unless it still waits for the codec. */
export function afterAnswer(connection: ConnectionState): void {
  if (connection._codec?.isEncoding === true) return;
  if ((connection._flags & (FAILED | PEER_ENDED)) !== 0) end(connection);
  else afterCloseReceived(connection);
}

/**
 * Both close frames are sent. The server ends the transport; a client waits for the server (RFC 6455, section 7.1.1).
 */
export function afterCloseReceived(connection: ConnectionState): void {
  // This end's close frame waits for data that the codec still has.
  if (connection._codec?.isEncoding === true) return;
  if ((connection._flags & IS_SERVER) !== 0) end(connection);
  else startTimer(connection);
  letFlow(connection);
}

function report(connection: ConnectionState, error: ConnectionError): void {
  connection._ensureRare().error = error;
  const { callbacks } = connection._rare!;
  if (callbacks !== null) guarded(() => callbacks.failed(error));
  publish(connection, error);
}

/** Whether anybody listens to {@link publish}. */
function isPublished(): boolean {
  return debug.enabled || channels.error.hasSubscribers;
}

function publish(connection: ConnectionState, error: ConnectionError): void {
  if (debug.enabled) debug('failed %s: %s', connection.url, error.message);
  if (channels.error.hasSubscribers) channels.error.publish({ connection, error });
}

/** The error message, cut between two characters where a close frame can carry no more. */
function reasonOf({ message }: ConnectionError): Uint8Array {
  const bytes = Buffer.from(message);
  let end = Math.min(bytes.byteLength, MAX_CLOSE_REASON_LENGTH);
  // A byte of the form 10xxxxxx continues a character.
  while (end < bytes.byteLength && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

// ---- The transport ----

/** Ends this side of the transport, after the output that waits. The peer then has `closeTimeout` to end its side. */
export function end(connection: ConnectionState): void {
  if ((connection._flags & ENDED) !== 0) return;
  flush(connection);
  // The output may have failed the connection, which ends it as well.
  if ((connection._flags & ENDED) !== 0) return;
  connection._flags |= ENDED;
  endTransport(connection);
  startTimer(connection);
  letFlow(connection);
}

function startTimer(connection: ConnectionState): void {
  const rare = connection._ensureRare();
  rare.alarm?.stop();
  rare.alarm = Alarm.after(connection._group.settings.closeTimeout, onTimeout, connection);
}

function onTimeout(connection: ConnectionState): void {
  connection._rare!.alarm = null;
  destroyTransport(connection);
}

/** The peer has ended its side of the transport. */
export function peerEnded(connection: ConnectionState): void {
  connection._flags |= PEER_ENDED;
  if ((connection._flags & ANSWERING) === 0) end(connection);
  // Node ends this side too, before the next turn, if the transport may not be half open.
  else if (!connection.socket.allowHalfOpen) answer(connection);
}

/** The transport is closed: frees everything and notifies everybody. */
export function finish(connection: ConnectionState): void {
  if ((connection._flags & CLOSED) !== 0) return;
  if ((connection._flags & (DEAF | HAS_CODEC)) === HAS_CODEC && connection._codec!.isDecoding) {
    if ((connection._flags & GONE) !== 0) return;
    connection._flags |= GONE;
    // A codec may never answer.
    const { closeTimeout } = connection._group.settings;
    const rare = connection._ensureRare();
    rare.alarm?.stop();
    rare.alarm = Alarm.after(closeTimeout, terminate, connection);
    return;
  }
  const rare = connection._ensureRare();
  const isLost = !isClean(connection) && rare.error === null && (connection._flags & TERMINATED) === 0;
  connection._flags |= isLost ? CLOSED | LOST : CLOSED;
  rare.alarm?.stop();
  rare.alarm = null;
  connection._group.delete(connection);
  forgetOutput(connection);
  connection._codec?.abandon();
  connection._handle.delete();
  connection._assembly = null;
  if (isLost && isPublished()) publish(connection, failureOf(connection)!);
  tellEnd(connection, rare);
}

/** Rejects the sends that have not been written or wait for their parts, and the ping that has no answer. */
function refuseWhatWaits(connection: ConnectionState, rare: RareState): void {
  const { written, flushed, pinged, interrupt } = rare;
  if (written === null && flushed === null && pinged === null && interrupt === null) return;
  const error = closedError(connection);
  interrupt?.(error);
  if (written !== null) for (const callback of written) tellWritten(callback, error);
  flushed?.reject(error);
  pinged?.reject(error);
}

function tellEnd(connection: ConnectionState, rare: RareState): void {
  const { _flags: flags, _inbox: inbox } = connection;
  if (debug.enabled) debug('closed %s: %d %s', connection.url, rare.code, rare.reason);
  if (channels.close.hasSubscribers) channels.close.publish({ connection, ...closeInfoOf(connection) });
  // A program that called `close` knows why the connection ended, so its reader gets an error only if the connection
  // failed.
  const isExpected = (flags & CLOSE_WANTED) !== 0 && (flags & FAILED) === 0;
  if (inbox !== null) inbox.end(isExpected ? null : failureOf(connection));
  refuseWhatWaits(connection, rare);
  if (rare.closed !== null) rare.closed.resolve(closeInfoOf(connection));
  const { callbacks } = rare;
  if (callbacks !== null) {
    guarded(() => callbacks.closed(isClean(connection)));
    return;
  }
  const error = connection.listenerCount('error') === 0 ? null : failureOf(connection);
  if (error !== null) guarded(() => connection.emit('error', error));
  if (connection.listenerCount('close') !== 0)
    guarded(() => connection.emit('close', closeInfoOf(connection)));
}
