/** Pings: those of the program, and those that find out whether a silent peer is still there. */
import { BufferType } from '../../component/contract.js';
import { fail } from './closing.js';
import { quietDeferred, quietRejection, untilAborted } from '../state/deferred.js';
import { closedError, keepAliveError } from '../state/failures.js';
import { CLOSING, FULL, PAUSED } from '../state/flags.js';
import type { ConnectionState } from '../state/state.js';
import { schedule } from '../outgoing/writing.js';

export function ping(connection: ConnectionState, signal: AbortSignal | undefined): Promise<number> {
  if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
  if ((connection._flags & CLOSING) !== 0) return quietRejection(closedError(connection));
  const extras = connection._more();
  if (extras.pingSince === 0) sendPing(connection);
  extras.pinged ??= quietDeferred();
  return untilAborted(extras.pinged.promise, signal);
}

function sendPing(connection: ConnectionState): void {
  connection._session.send(BufferType.PingPong);
  const extras = connection._more();
  // The pong that comes next is taken for that of the oldest ping.
  if (extras.pingSince === 0) extras.pingSince = performance.now();
  schedule(connection);
}

/** A pong has arrived. */
export function settlePing(connection: ConnectionState): void {
  const extras = connection._extras;
  if (extras === null || extras.pingSince === 0) return;
  extras.roundTrip = performance.now() - extras.pingSince;
  extras.pingSince = 0;
  extras.pinged?.resolve(extras.roundTrip);
  extras.pinged = null;
}

/** One look of the group, `period` milliseconds after the one before. */
export function lookAfter(connection: ConnectionState, period: number): void {
  // A transport that this end has paused cannot be heard.
  if ((connection._flags & (CLOSING | FULL | PAUSED)) !== 0) return;
  const { interval, timeout } = connection._group.settings.keepAlive!;
  const silence = connection._silence++ * period;
  if (silence < interval) return;
  if (silence - period < interval) sendPing(connection);
  // When this process was busy, the answer may be waiting in the transport: it is read first.
  else if (silence >= interval + timeout) setImmediate(giveUp, connection, silence);
}

function giveUp(connection: ConnectionState, silence: number): void {
  if ((connection._flags & CLOSING) !== 0 || connection._silence === 0) return;
  fail(connection, keepAliveError(silence, connection._group.settings.keepAlive!.timeout));
}
