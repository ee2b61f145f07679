/** The types of a connection's public surface. */
import type { BulkDriver } from '../../component/bulk.js';
import type { MessageCodec } from '../codec/codec.js';
import type { PreparedMessage } from '../payload/prepared.js';
import type { ConnectionError } from './errors.js';

/** How a connection ended. */
export interface CloseInfo {
  /** The code of the peer's close frame; 1005 if it had none, 1006 if there was no close frame. */
  readonly code: number;
  /** The reason of the peer's close frame. */
  readonly reason: string;
  /** Whether both sides sent a close frame. */
  readonly wasClean: boolean;
  /** Why the connection failed; absent if it was closed by either side. */
  readonly error?: ConnectionError;
}

/** Counts of transferred messages and bytes. Bytes are those of the transport, after the opening handshake. */
export interface Counters {
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Whole messages; those read as streams count when their last part arrives. */
  readonly messagesReceived: number;
  readonly messagesSent: number;
  /** Milliseconds from the latest answered ping to its pong; undefined before. */
  readonly roundTrip: number | undefined;
  /** Bytes of messages divided by bytes of frames; undefined without compression. */
  readonly compressionRatio: number | undefined;
}

/** A message to send: whole, prepared, or in parts that are sent as they come. All parts are strings, or all are bytes. */
export type Sendable = string | ArrayBufferView | ArrayBufferLike | Blob | PreparedMessage | SendableParts;

/** Parts of one message, each sent as a frame of its own. */
export type SendableParts = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/**
 * A signal that ends the wait.
 *
 * @since 0.1.0
 */
export interface Abortable {
  /**
   * Its abort ends the wait with the signal's reason. Data already queued for the network is not taken back.
   *
   * @defaultValue none
   */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Results of the opening handshake, for `Connection`.
 *
 * @since 0.1.0
 */
export interface ConnectionInit {
  /**
   * The chosen subprotocol.
   *
   * @defaultValue ''
   */
  readonly protocol?: string | undefined;
  /**
   * The target of the request, such as `/chat?room=1`, or the URL connected to.
   *
   * @defaultValue ''
   */
  readonly url?: string | undefined;
  /**
   * The role: the server ends the transport first (RFC 6455, section 7.1.1).
   *
   * @defaultValue 'client'
   */
  readonly side?: 'client' | 'server' | undefined;
  /**
   * The session that frames and parses.
   *
   * @defaultValue the session of the handle
   */
  readonly session?: BulkDriver | undefined;
  /**
   * The codec of the agreed extension; needs the portable backend.
   *
   * @defaultValue none
   */
  readonly codec?: MessageCodec | undefined;
  /**
   * The extension agreed on, as in the answer's header.
   *
   * @defaultValue ''
   */
  readonly extensions?: string | undefined;
  /**
   * Get all events, in place of listeners and readers.
   *
   * @defaultValue none
   */
  readonly callbacks?: ConnectionCallbacks | undefined;
}

/**
 * The callbacks of another API over a connection, such as the drop-in for `ws`. They replace the events and readers.
 * They get bytes, and are called as each event happens.
 */
export interface ConnectionCallbacks {
  /** A whole message. The bytes may be kept. */
  message(data: Uint8Array, isText: boolean): void;
  /** Portable backend only. */
  ping(payload: Uint8Array): void;
  pong(payload: Uint8Array): void;
  /** The peer's close frame; this end answers it. */
  closing(code: number, reason: Uint8Array | null): void;
  /**
   * The connection fails; the close frame for it has not been written yet. Not called if the transport ends by itself:
   * then only {@link closed} is called.
   */
  failed(error: ConnectionError): void;
  /** @param wasClean - whether both sides have sent a close frame, and nothing has failed. */
  closed(wasClean: boolean): void;
}

/** Events of a connection. */
export interface ConnectionEvents {
  /** A whole message: text is a string, binary a Uint8Array. */
  message: [data: string | Uint8Array];
  /** An answer to a ping, or an unsolicited pong. */
  pong: [payload: Uint8Array];
  /** The connection has ended; the last event. */
  close: [info: CloseInfo];
  /** The connection failed; `close` follows. An `error` without a listener is not thrown. */
  error: [error: ConnectionError];
}

/** Called when a write has been done, or could not be. */
export type WriteCallback = (error?: Error | null) => void;
