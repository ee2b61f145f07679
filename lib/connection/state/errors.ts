/** The errors of a connection: stable codes, the close code of each, and a message. */

/**
 * Stable names of failures of a connection.
 *
 * - `ERR_PROTOCOL`: the peer broke the protocol (1002).
 * - `ERR_INVALID_TEXT`: the peer sent text, or a close reason, that is not UTF-8 (1007).
 * - `ERR_INVALID_COMPRESSION`: the peer sent what the agreed extension cannot decode (1007).
 * - `ERR_COMPRESSION_FAILED`: this end could not encode a message (1011).
 * - `ERR_MESSAGE_TOO_BIG`: the peer sent a message longer than `maxPayload` (1009).
 * - `ERR_TOO_MANY_FRAGMENTS`: the peer cut a message into more than `maxFragments` frames (1008).
 * - `ERR_TOO_MUCH_BUFFERED`: more than `maxBufferedBytes` wait for a peer that does not read (1008).
 * - `ERR_MEMORY_DETACHED`: this program has transferred memory that held unread received messages (1011), or data that
 *   it was sending (1006).
 * - `ERR_INTERNAL`: this end failed in an unforeseen way, such as a lack of memory (1011); `cause` has the reason.
 * - `ERR_KEEP_ALIVE`: the peer did not answer a keep-alive ping in time (1006).
 * - `ERR_CONNECTION_LOST`: the transport failed or ended without a close frame (1006).
 * - `ERR_CLOSED`: an operation needs an open connection, and it is closing or closed (the close code, or 1006).
 * - `ERR_READER_ACTIVE`: the messages are already being read by somebody else.
 */
export type ConnectionErrorCode =
  | 'ERR_PROTOCOL'
  | 'ERR_INVALID_TEXT'
  | 'ERR_INVALID_COMPRESSION'
  | 'ERR_COMPRESSION_FAILED'
  | 'ERR_MESSAGE_TOO_BIG'
  | 'ERR_TOO_MANY_FRAGMENTS'
  | 'ERR_TOO_MUCH_BUFFERED'
  | 'ERR_MEMORY_DETACHED'
  | 'ERR_INTERNAL'
  | 'ERR_KEEP_ALIVE'
  | 'ERR_CONNECTION_LOST'
  | 'ERR_CLOSED'
  | 'ERR_READER_ACTIVE';

/** A connection failed, or cannot do what was asked of it. `cause` has the error below it, where there is one. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly code: ConnectionErrorCode;
  /** The close code that was sent to the peer because of it, or 1006 if none could be sent. */
  readonly closeCode: number;

  constructor(code: ConnectionErrorCode, closeCode: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.closeCode = closeCode;
  }
}
