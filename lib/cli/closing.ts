/** The closing handshake of the command line. It answers a peer as `listen` and `connect` do. */
import { isUtf8 } from 'node:buffer';

import { BufferType, CloseStatus, ComponentError } from '../component/index.js';
import type { CloseBuffer } from '../component/index.js';
import { ConnectionError, invalidCloseCode, invalidText, isCloseCode } from '../connection/index.js';
import type { Endpoint, Indication } from './endpoint.js';

/** Milliseconds that the other side has for its part of a close. */
export const CLOSE_PATIENCE = 5000;

/** Diagnostic of text that is not UTF-8; the DLL does not report it, so natively the status is 1002. */
const INVALID_UTF8 = 0x23;

/**
 * The close frame that answers one: the same status, or none if none was given (RFC 6455, section 5.5.1). The
 * component lets pass more than the RFC allows (B6-6, Q-P8).
 *
 * @throws ConnectionError the status may not be in a close frame, or the reason is not UTF-8.
 */
function answerTo(close: NonNullable<Indication['close']>): CloseBuffer | undefined {
  const { status, reason } = close;
  if (reason === null || status === CloseStatus.Empty) return undefined;
  if (!isCloseCode(status)) throw invalidCloseCode(status);
  if (!isUtf8(reason)) throw invalidText('a close reason');
  return { status };
}

/**
 * Answers the peer's close frame, unless this side has sent one before.
 *
 * @throws ConnectionError the close frame broke RFC 6455.
 */
export async function answerClose(endpoint: Endpoint, close: Indication['close']): Promise<void> {
  const answer = close === undefined ? undefined : answerTo(close);
  if (!endpoint.closeSent) await endpoint.send(BufferType.Close, answer);
}

/** Tells the peer what it did wrong, if the error is about that and no close frame has been sent. */
export async function complain(endpoint: Endpoint, error: unknown): Promise<void> {
  if (endpoint.closeSent) return;
  if (error instanceof ConnectionError) {
    await endpoint.send(BufferType.Close, { status: error.closeCode });
  } else if (error instanceof ComponentError) {
    const isText = error.diagnostic === INVALID_UTF8;
    const status = isText ? CloseStatus.InvalidPayload : CloseStatus.ProtocolError;
    await endpoint.send(BufferType.Close, { status });
  }
}
