/** Decides whether a connection that has ended may come back, and when another attempt is made. */
import type { CloseInfo } from '../../connection/index.js';
import { Pace } from '../../opening/again.js';

/** Close codes of a server that stops or is overloaded, and 1006: the connection was lost. */
const PASSING_CODES = new Set([1001, 1006, 1012, 1013]);
/** The pauses of `connections()`, without chance: a person reads them. */
const PACE = new Pace({ jitter: 0 });

/** Whether a new connection may succeed. If the server has refused the client's frames, it will refuse them again. */
export function mayComeBack({ code, error }: CloseInfo): boolean {
  if (error !== undefined) return error.code === 'ERR_CONNECTION_LOST' || error.code === 'ERR_KEEP_ALIVE';
  return PASSING_CODES.has(code);
}

/** Seconds before an attempt, from 1. */
export function delayBefore(attempt: number, error: unknown): number {
  return PACE.delayAfter(attempt, error) / 1000;
}
