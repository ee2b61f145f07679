/** How a request is answered: an interface that HTTP/1.1 and HTTP/2 each implement. */
import type { Duplex } from 'node:stream';
import type { HttpHeader } from '../component/index.js';
import { debug } from '../connection/index.js';
import type { Answer } from './answer.js';

export interface Exchange {
  /** The transport of the connection, after the request is accepted. */
  readonly stream: Duplex;
  /** Accepts the request; the headers are those of a 101 answer of HTTP/1.1. */
  open(headers: readonly HttpHeader[]): void;
  /** Refuses the request, and ends the transport as soon as the answer has been written. */
  refuse(answer: Answer): void;
}

/** Whether the transport has ended, for any reason. A transport reports its end once, maybe before this call. */
export function isGone(stream: Duplex): boolean {
  if (stream.destroyed || stream.readableEnded || !stream.writable || stream.errored !== null) return true;
  // The end of the peer's output has arrived, but the bytes before it have not been read.
  const { _readableState: state } = stream as { _readableState?: { ended?: boolean } };
  return state?.ended === true;
}

/**
 * Destroys a transport or a request that is no longer needed; its later errors are ignored. A transport of the program
 * may throw even here.
 */
export function discard(
  stream: { on(event: 'error', listener: () => void): unknown; destroy(): unknown } | null | undefined,
): void {
  if (stream === null || stream === undefined) return;
  attempt(() => stream.on('error', ignore));
  attempt(() => stream.destroy());
}

function attempt(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    debug('a transport could not be destroyed: %s', error);
  }
}

function ignore(): void {
  // The stream is no longer needed, so its errors are ignored.
}
