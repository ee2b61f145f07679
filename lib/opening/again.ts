/** Decides which failures another attempt can mend, and when it is made. */
import { ConnectionError, delayOption, numberOption } from '../connection/index.js';
import { HandshakeError } from './errors.js';

/** Statuses below 500 that mean "later". */
const MENDABLE_STATUSES = [408, 425, 429];

/**
 * Whether another attempt may succeed where this one failed. A certificate that was refused will be refused again, and so
 * will most requests.
 */
export function isMendable(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  if (!(error instanceof HandshakeError)) return false;
  const { code, statusCode = 0, cause } = error;
  if (code === 'ERR_CONNECT_FAILED') return !isAboutTls((cause as NodeJS.ErrnoException | undefined)?.code);
  if (code === 'ERR_HANDSHAKE_TIMEOUT') return true;
  return code === 'ERR_UNEXPECTED_RESPONSE' && (statusCode >= 500 || MENDABLE_STATUSES.includes(statusCode));
}

/** Whether TLS failed for its content: a certificate, or a peer that speaks no TLS. A lost transport is not meant. */
function isAboutTls(code: unknown): boolean {
  return (
    typeof code === 'string' && /CERT|SELF_SIGNED|ERR_TLS_(?!HANDSHAKE_TIMEOUT)|ERR_SSL|UNABLE_TO_/.test(code)
  );
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
   * comes on top of it, so that the clients do not all come back at the same moment.
   */
  delayAfter(failures: number, error: unknown): number {
    const longest = Math.min(this.#most, this.#first * this.#factor ** (failures - 1));
    const own = Math.round(longest * (1 - this.#jitter * Math.random()));
    return Math.min(this.#most, askedDelay(error) + own);
  }
}
