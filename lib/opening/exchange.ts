/** How a request is answered: what HTTP/1.1 and HTTP/2 each translate. */
import type { Duplex } from 'node:stream';
import type { HttpHeader } from '../component/index.js';
import { debug } from '../connection/index.js';
import type { Answer } from './answer.js';

export interface Exchange {
  /** The transport of the connection, once there is one. */
  readonly stream: Duplex;
  /** Accepts; the headers are those of a 101 of HTTP/1.1. */
  open(headers: readonly HttpHeader[]): void;
  /** Refuses, and ends the transport as soon as the answer has been written. */
  refuse(answer: Answer): void;
}

/** Whether the peer, or anybody else, has ended the transport. A transport tells so once, perhaps before this call. */
export function isGone(stream: Duplex): boolean {
  if (stream.destroyed || stream.readableEnded || !stream.writable || stream.errored !== null) return true;
  // The end of the peer's output has been read, and what came before it has not.
  const { _readableState: state } = stream as { _readableState?: { ended?: boolean } };
  return state?.ended === true;
}

/**
 * Destroys a transport, or a request, that is of no use any more; why it fails then is of no interest. A transport of
 * the program may throw even here.
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
  // It is being thrown away.
}
