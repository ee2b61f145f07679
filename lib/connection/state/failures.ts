/** The failures of a connection: the error code, close code and message of each. */
import { CloseStatus } from '../../component/contract.js';
import { Diagnostic } from '../../component/diagnostics.js';
import type { ComponentError } from '../../component/errors.js';
import { errorOf } from '../../component/thrown.js';
import type { DecodingError } from '../codec/codec-session.js';
import { ConnectionError } from './errors.js';
import { CLOSE_SENT, CLOSE_WANTED, CLOSED, LOST, PEER_ENDED } from './flags.js';
import type { Settings } from './options.js';
import type { ConnectionState } from './state.js';

/**
 * The failure of the connection, or null. The error of a lost transport is made when it is first asked for: to make it
 * costs as much as the whole rest of the end, and many programs never read it.
 */
export function failureOf(connection: ConnectionState): ConnectionError | null {
  const { _rare: rare, _flags: flags } = connection;
  if (rare === null) return null;
  if ((flags & LOST) !== 0) rare.error ??= endError(connection);
  return rare.error;
}

/** The error of an operation that needs an open connection: the failure that ended the connection, if there was one. */
export function closedError(connection: ConnectionState): ConnectionError {
  const failure = failureOf(connection);
  if (failure !== null) return failure;
  const { _rare: rare, _flags: flags } = connection;
  const state = (flags & CLOSED) !== 0 ? 'closed' : 'closing';
  return new ConnectionError('ERR_CLOSED', rare?.code ?? CloseStatus.Aborted, `the connection is ${state}`);
}

export function lostError(cause: Error | null): ConnectionError {
  const why =
    cause === null
      ? 'the peer ended the transport without a close frame'
      : `the transport failed: ${cause.message}`;
  return lost(why, cause ?? undefined);
}

/**
 * Makes the error without a stack, because an event of the transport caused it, not a call of the program. A stack
 * would be most of the cost of ending a connection, and peers may cut off any number of connections.
 */
function lost(why: string, cause?: Error): ConnectionError {
  const limit = Error.stackTraceLimit;
  // This has no effect if the intrinsics are frozen.
  Reflect.set(Error, 'stackTraceLimit', 0);
  try {
    return new ConnectionError('ERR_CONNECTION_LOST', CloseStatus.Aborted, why, cause);
  } finally {
    Reflect.set(Error, 'stackTraceLimit', limit);
  }
}

/** The transport is closed, and the closing handshake was not complete. */
function endError({ _rare: rare, _flags: flags, _group: group }: ConnectionState): ConnectionError {
  const { cause } = rare!;
  if ((flags & CLOSE_WANTED) === 0 || cause !== null) return lostError(cause);
  const { closeTimeout } = group.settings;
  if ((flags & (CLOSE_SENT | PEER_ENDED)) === 0)
    return lost(
      `the message that was being sent did not end within ${closeTimeout} ms, so no close frame was sent`,
    );
  const why =
    (flags & PEER_ENDED) !== 0
      ? 'the peer ended the transport'
      : `the peer did not answer within ${closeTimeout} ms`;
  return lost(`${why} after a close frame was sent`);
}

export function keepAliveError(silence: number, timeout: number): ConnectionError {
  return new ConnectionError(
    'ERR_KEEP_ALIVE',
    CloseStatus.Aborted,
    `the peer has sent nothing for ${silence} ms and has not answered a ping within ${timeout} ms`,
  );
}

export function tooMuchBuffered(bytes: number, allowed: number): ConnectionError {
  return new ConnectionError(
    'ERR_TOO_MUCH_BUFFERED',
    CloseStatus.PolicyViolation,
    `the peer does not read: ${bytes} bytes of output wait, ${allowed} are allowed`,
  );
}

export function tooBig(length: number, { maxPayload }: Settings): ConnectionError {
  return new ConnectionError(
    'ERR_MESSAGE_TOO_BIG',
    CloseStatus.MessageTooBig,
    `the peer sent a message of ${length} bytes or more, ${maxPayload} are allowed`,
  );
}

export function tooManyFragments({ maxFragments }: Settings): ConnectionError {
  return new ConnectionError(
    'ERR_TOO_MANY_FRAGMENTS',
    CloseStatus.PolicyViolation,
    `the peer cut a message into more than ${maxFragments} fragments`,
  );
}

export function invalidText(what: 'text' | 'a close reason' = 'text'): ConnectionError {
  return new ConnectionError(
    'ERR_INVALID_TEXT',
    CloseStatus.InvalidPayload,
    `the peer sent ${what} that is not UTF-8`,
  );
}

export function invalidCloseCode(code: number): ConnectionError {
  return new ConnectionError(
    'ERR_PROTOCOL',
    CloseStatus.ProtocolError,
    `the peer sent the invalid close code ${code}`,
  );
}

/** The error for data that the component refused. */
export function violation(cause: ComponentError): ConnectionError {
  const isText = cause.diagnostic === Diagnostic.InvalidUtf8;
  return new ConnectionError(
    isText ? 'ERR_INVALID_TEXT' : 'ERR_PROTOCOL',
    isText ? CloseStatus.InvalidPayload : CloseStatus.ProtocolError,
    sentenceOf(cause),
    cause,
  );
}

/** The error for an exception that no code here is known to throw. */
export function unforeseen(task: 'reading' | 'sending', cause: unknown): ConnectionError {
  const { message } = errorOf(cause);
  return new ConnectionError('ERR_INTERNAL', CloseStatus.ServerError, `${task} failed: ${message}`, cause);
}

export function cannotDecode({ message, cause }: DecodingError): ConnectionError {
  return new ConnectionError(
    'ERR_INVALID_COMPRESSION',
    CloseStatus.InvalidPayload,
    `the peer sent a message that cannot be decoded: ${message}`,
    cause,
  );
}

export function cannotEncode(cause: Error): ConnectionError {
  return new ConnectionError(
    'ERR_COMPRESSION_FAILED',
    CloseStatus.ServerError,
    `a message could not be encoded: ${cause.message}`,
    cause,
  );
}

/**
 * The error for received messages whose memory was detached, by `ArrayBuffer.prototype.transfer` and the like; see
 * {@link partOf}.
 */
export function memoryDetached(): ConnectionError {
  return new ConnectionError(
    'ERR_MEMORY_DETACHED',
    CloseStatus.ServerError,
    'the memory of a message was detached that had messages in it which had not been read',
  );
}

/**
 * The error for outgoing data whose memory was detached. Half of a frame has been written, so nothing can follow it.
 */
export function outputDetached(cause: unknown): ConnectionError {
  return new ConnectionError(
    'ERR_MEMORY_DETACHED',
    CloseStatus.Aborted,
    'the memory of a message was detached before it had been written',
    cause,
  );
}

export function readerActive(): ConnectionError {
  return new ConnectionError('ERR_READER_ACTIVE', CloseStatus.Aborted, 'the messages are already being read');
}

/** Whether bytes of the peer caused the failure. Messages before those bytes may still be answered. */
export function isPeersFault(error: ConnectionError): boolean {
  return error.code !== 'ERR_TOO_MUCH_BUFFERED' && error.code !== 'ERR_MEMORY_DETACHED';
}

/** The error message without the function's name, which means nothing to the peer. */
function sentenceOf(error: ComponentError): string {
  return error.message.slice(error.operation.length + 2, -(error.code.length + 3));
}

/** The component refused the close frame, for instance because there is no memory for it. */
export function closingFailed(cause: unknown): ConnectionError {
  const { message } = errorOf(cause);
  return new ConnectionError(
    'ERR_INTERNAL',
    CloseStatus.Aborted,
    `the close frame could not be sent: ${message}`,
    cause,
  );
}
