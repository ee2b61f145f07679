/** The flags of a connection's state. */

export const CLOSE_SENT = 1 << 0;
export const CLOSE_RECEIVED = 1 << 1;
/** `close` has been called; a message in parts may still have to end. */
export const CLOSE_WANTED = 1 << 2;
/** The connection failed: data that still arrives is ignored. */
export const FAILED = 1 << 3;
/** This end of the transport has been ended. */
export const ENDED = 1 << 4;
/** The peer has ended its end. */
export const PEER_ENDED = 1 << 5;
export const TERMINATED = 1 << 6;
export const CLOSED = 1 << 7;
/** The inbox is full. */
export const FULL = 1 << 8;
/** `pause` has been called. */
export const PAUSED = 1 << 9;
/** A chunk is being parsed: its end writes the output. */
export const PARSING = 1 << 10;
/** The end of the tick writes the output. */
export const SCHEDULED = 1 << 11;
/** Messages are read in parts. */
export const STREAMING = 1 << 12;
/** The rest of the current message is skipped. */
export const SKIPPING = 1 << 13;
export const IS_SERVER = 1 << 14;
/** A close frame or a violation has arrived and is answered in the next turn. Until then this end may send. */
export const ANSWERING = 1 << 15;
/** The session is a `CodecSession`. */
export const HAS_CODEC = 1 << 16;
/** Callbacks get everything, in place of events and readers. */
export const HAS_CALLBACKS = 1 << 17;
/** The transport has been paused until the codec is done. */
export const DECODING = 1 << 18;
/** The transport is closed, but the codec still has data that arrived before. */
export const GONE = 1 << 19;
/** Output waits for `uncork`, or for a flush. */
export const CORKED = 1 << 20;
/** The transport is TLS, which takes and gives records. */
export const ENCRYPTED = 1 << 21;
/** The transport ended before the closing handshake, and nothing else has failed the connection. */
export const LOST = 1 << 22;
/**
 * The transport is a stream of HTTP/2. All streams of a connection are written together when its bytes have been read, and
 * only then does a stream tell that a write is done.
 */
export const MULTIPLEXED = 1 << 23;

/** The connection is not open any more. */
export const CLOSING =
  CLOSE_SENT | CLOSE_RECEIVED | CLOSE_WANTED | FAILED | ENDED | PEER_ENDED | TERMINATED | CLOSED;
/** Ends caused by the peer. While {@link ANSWERING} is set, they do not keep this end from sending. */
export const BY_PEER = CLOSE_RECEIVED | FAILED | PEER_ENDED;
/** Everything that arrives is ignored. */
export const DEAF = CLOSE_RECEIVED | FAILED | TERMINATED | CLOSED;
