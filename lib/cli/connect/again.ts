/** Decides which failures are temporary, and when to try again. */
import { HandshakeError } from '../../opening/index.js';
import type { CloseInfo } from '../../connection/index.js';

/** Statuses of HTTP that mean "later". */
const PASSING_STATUSES = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Close codes of a server that stops or is overloaded, and 1006: the connection was lost. */
const PASSING_CODES = new Set([1001, 1006, 1012, 1013]);
/** Seconds before the first attempt, and the longest pause. */
const FIRST = 0.5;
const MOST = 30;

/** Whether the same opening may succeed later. A refused certificate will be refused again. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof HandshakeError)) return false;
  switch (error.code) {
    case 'ERR_CONNECT_FAILED':
      return !isAboutCertificate((error.cause as NodeJS.ErrnoException | undefined)?.code ?? '');
    case 'ERR_HANDSHAKE_TIMEOUT':
      return true;
    case 'ERR_UNEXPECTED_RESPONSE':
      return PASSING_STATUSES.has(error.statusCode ?? 0);
    default:
      return false;
  }
}

function isAboutCertificate(code: string): boolean {
  return /CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|UNABLE_TO_/.test(code);
}

/** Whether a new connection may succeed. If the server has refused the client's frames, it will refuse them again. */
export function mayComeBack({ code, error }: CloseInfo): boolean {
  if (error !== undefined) return error.code === 'ERR_CONNECTION_LOST' || error.code === 'ERR_KEEP_ALIVE';
  return PASSING_CODES.has(code);
}

/** Seconds before an attempt, from 1: twice as many each time, or the time that the server names. */
export function delayBefore(attempt: number, error: unknown): number {
  const after = error instanceof HandshakeError ? Number(error.response?.headers['retry-after']) : NaN;
  return Math.min(MOST, after >= 0 ? after : FIRST * 2 ** (attempt - 1));
}
