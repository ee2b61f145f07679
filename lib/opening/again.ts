/** Decides which failures another attempt can mend, and when it is made. */
import { ConnectionError, delayOption, numberOption } from '../connection/index.js';
import { HandshakeError } from './errors.js';

/** Statuses below 500 that mean "later". */
const MENDABLE_STATUSES = [408, 425, 429];

/**
 * Whether another attempt may succeed where this one failed. A certificate that was refused will be refused again, and so
 * will most requests. A peer that speaks another protocol will speak it again.
 */
export function isMendable(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  if (!(error instanceof HandshakeError)) return false;
  const { code, statusCode = 0, cause } = error;
  if (code === 'ERR_CONNECT_FAILED') return !isAboutProtocol(cause);
  if (code === 'ERR_HANDSHAKE_TIMEOUT') return true;
  return code === 'ERR_UNEXPECTED_RESPONSE' && (statusCode >= 500 || MENDABLE_STATUSES.includes(statusCode));
}

/**
 * The codes of Node for a failure of TLS: the results of OpenSSL's check of a certificate (`X509_V_ERR_*` without its
 * prefix), and errors of the TLS of Node and OpenSSL. `OUT_OF_MEM` is left out, because memory may be there later.
 */
const TLS_CODES =
  /CERT|CRL|^UNABLE_TO_|^INVALID_(?:CA|PURPOSE)$|^PATH_LENGTH_|^HOSTNAME_MISMATCH$|^UNSPECIFIED$|^ERR_(?:SSL|OSSL|TLS|CRYPTO)_/;

/** The codes of Node's HTTP parser, without those of an answer that the end of the transport cut off. */
const HTTP_CODES = /^HPE_(?!INVALID_EOF_STATE$|CLOSED_CONNECTION$)/;

/**
 * Whether the content of TLS or HTTP ended the opening: a certificate, a peer that speaks no TLS or no HTTP, or one that
 * has no TLS version in common with this side. A transport that is lost meanwhile may last the next time.
 */
function isAboutProtocol(cause: unknown): boolean {
  const { code, message } = (cause ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code !== 'string' || code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return false;
  // The request waits for the TLS handshake, so Node reports the error of OpenSSL as the failure of that write.
  if (code === 'EPROTO') return String(message).includes(':SSL routines:');
  return TLS_CODES.test(code) || HTTP_CODES.test(code);
}

/** Milliseconds that the server asks for in `Retry-After` (RFC 9110, section 10.2.3); 0 if it asks for none. */
function askedDelay(error: unknown): number {
  const value = error instanceof HandshakeError ? error.response?.headers['retry-after'] : undefined;
  if (value === undefined) return 0;
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return milliseconds > 0 ? milliseconds : 0;
}

/** The pauses between attempts that a program asks for; see `ConnectionsOptions`. */
export interface Pauses {
  readonly firstDelay?: number | undefined;
  readonly maxDelay?: number | undefined;
  readonly factor?: number | undefined;
  readonly jitter?: number | undefined;
}

/** The pauses between attempts. */
export class Pace {
  readonly #first: number;
  readonly #most: number;
  readonly #factor: number;
  readonly #jitter: number;

  /** @throws TypeError, RangeError: an option of the wrong type or out of range. */
  constructor(options: Pauses) {
    this.#first = delayOption('firstDelay', options.firstDelay, 500, 0);
    this.#most = delayOption('maxDelay', options.maxDelay, 30_000, 0);
    this.#factor = numberOption('factor', options.factor, 2, 1, 1000);
    this.#jitter = numberOption('jitter', options.jitter, 0.5, 0, 1);
  }

  /**
   * Milliseconds to wait after a number of failures in a row. If the server asks for a pause, the pause for the failures
   * comes on top of it. The random part is there in a pause that `maxDelay` shortens too, so that the clients do not all
   * come back at the same moment; such a pause is shorter than the server asks for only if `maxDelay` is.
   */
  delayAfter(failures: number, error: unknown): number {
    // The power is Infinity after many failures, and 0 * Infinity is no number.
    const grown = this.#first === 0 ? 0 : this.#first * this.#factor ** (failures - 1);
    const longest = Math.min(this.#most, grown);
    const asked = askedDelay(error);
    const upper = Math.min(this.#most, asked + longest);
    const lower = Math.max(asked < this.#most ? asked : 0, upper - longest * this.#jitter);
    return Math.round(upper - (upper - lower) * Math.random());
  }
}
