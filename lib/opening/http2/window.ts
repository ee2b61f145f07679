/** The flow control of a whole HTTP/2 connection (RFC 9113, section 6.9). */
import type { Http2Session } from 'node:http2';

/** Bytes that a peer may send before it hears of this end, as long as nobody has chosen another number. */
const INITIAL_WINDOW = 65_535;

/** Bytes that a peer may have under way to all WebSockets of a session together. */
const WIDE_WINDOW = 16 << 20;

/**
 * Widens the window of a session on which a WebSocket opens. The window is for all streams together, and the initial one
 * is as wide as that of a single stream: with some hundred WebSockets a message each would fill it, and each round would
 * wait for a frame of this end. The window bounds no memory, because node:http2 counts bytes as taken when they arrive.
 * What a WebSocket does not read is bounded by the window of its own stream. A window that the program has chosen stays.
 */
export function widenWindow(session: Http2Session | undefined): void {
  if (session === undefined || session.destroyed) return;
  if (session.state.effectiveLocalWindowSize === INITIAL_WINDOW) session.setLocalWindowSize(WIDE_WINDOW);
}
