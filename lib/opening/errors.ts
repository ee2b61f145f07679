/** Failures before a connection is open. */
import type { IncomingHttpHeaders } from 'node:http';

/**
 * Stable names of failures of the opening handshake.
 *
 * - `ERR_CONNECT_FAILED`: no transport; `cause` says why (`cause.code`, such as `ECONNREFUSED`).
 * - `ERR_HANDSHAKE_TIMEOUT`: no answer, or on a server no decision, within `handshakeTimeout`.
 * - `ERR_UNEXPECTED_RESPONSE`: the server answered, but not with 101; `response` has the answer.
 * - `ERR_INVALID_HANDSHAKE`: the headers of the other side are not acceptable; `cause` is the component's error.
 * - `ERR_NO_SUBPROTOCOL`: subprotocols were offered, and the server chose none; see `protocolRequired`.
 * - `ERR_TOO_MANY_REDIRECTS`, `ERR_UNSAFE_REDIRECT`: a redirect that is not followed.
 * - `ERR_REFUSED`: this server refused a request; `statusCode` says how.
 * - `ERR_UNSUPPORTED_OPTION`: an option that the chosen backend cannot provide, such as `perMessageDeflate`.
 */
export type HandshakeErrorCode =
  | 'ERR_CONNECT_FAILED'
  | 'ERR_HANDSHAKE_TIMEOUT'
  | 'ERR_UNEXPECTED_RESPONSE'
  | 'ERR_INVALID_HANDSHAKE'
  | 'ERR_NO_SUBPROTOCOL'
  | 'ERR_TOO_MANY_REDIRECTS'
  | 'ERR_UNSAFE_REDIRECT'
  | 'ERR_REFUSED'
  | 'ERR_UNSUPPORTED_OPTION';

/** An HTTP answer that did not open a connection. */
export interface HandshakeResponse {
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as far as it arrived within a quarter of a second: at most 65536 bytes. */
  readonly body: Buffer;
}

/** The opening handshake failed. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError';
  readonly code: HandshakeErrorCode;
  /** On a client: the server's answer, if there was one. */
  readonly response: HandshakeResponse | undefined;
  /** The HTTP status of the answer, received or sent; undefined if there was no answer. */
  readonly statusCode: number | undefined;

  constructor(
    code: HandshakeErrorCode,
    message: string,
    detail: {
      readonly cause?: unknown;
      readonly response?: HandshakeResponse;
      readonly statusCode?: number;
    } = {},
  ) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.response = detail.response;
    this.statusCode = detail.statusCode ?? detail.response?.statusCode;
  }
}

/** The transport could not be made, or has ended. */
export function connectFailed(why: string, cause?: unknown): HandshakeError {
  return new HandshakeError(
    'ERR_CONNECT_FAILED',
    why,
    cause === undefined || cause === null ? {} : { cause },
  );
}
