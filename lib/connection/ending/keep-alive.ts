/** Pings: those of the program, and keep-alive pings, which find out whether a silent peer is still there. */
import { BufferType } from '../../component/contract.js';
import { fail } from './closing.js';
import { quietDeferred, quietRejection, untilAborted } from '../state/deferred.js';
import { closedError, keepAliveError } from '../state/failures.js';
import { CLOSING, FULL, PAUSED } from '../state/flags.js';
import { abortReason } from '../payload/signals.js';
import type { ConnectionState } from '../state/state.js';
import { inNextTurn } from '../state/tick.js';
import { outputTaken } from './progress.js';
import { rejectedSend, sendFailed } from '../outgoing/refusals.js';
import { schedule } from '../outgoing/writing.js';

/** The most patience for a peer that takes output slowly, as a multiple of the usual patience. */
const MOST_PATIENCE = 10;

export function ping(connection: ConnectionState, signal: AbortSignal | undefined): Promise<number> {
  if (signal?.aborted === true) return Promise.reject(abortReason(signal));
  if ((connection._flags & CLOSING) !== 0) return quietRejection(closedError(connection));
  const rare = connection._ensureRare();
  if (rare.pingSince < 0) {
    try {
      sendPing(connection);
    } catch (error) {
      return rejectedSend(connection, error);
    }
  }
  rare.pinged ??= quietDeferred();
  return untilAborted(rare.pinged.promise, signal);
}

function sendPing(connection: ConnectionState): void {
  connection._session.send(BufferType.PingPong);
  const rare = connection._ensureRare();
  // The next pong is counted as the answer to the oldest ping.
  if (rare.pingSince < 0) rare.pingSince = performance.now();
  schedule(connection);
}

/** Sends a ping of keep-alive. If there is no memory for it, the next one is sent in its place. */
function keepAlive(connection: ConnectionState): void {
  try {
    sendPing(connection);
  } catch (error) {
    sendFailed(connection, error);
  }
}

/** A pong has arrived. */
export function settlePing(connection: ConnectionState): void {
  const rare = connection._rare;
  if (rare === null || rare.pingSince < 0) return;
  // A test runner may have replaced the clock meanwhile.
  rare.roundTrip = Math.max(0, performance.now() - rare.pingSince);
  rare.pingSince = -1;
  rare.pinged?.resolve(rare.roundTrip);
  rare.pinged = null;
}

/** Checks one connection. The group calls this every `period` milliseconds. */
export function lookAfter(connection: ConnectionState, period: number): void {
  if ((connection._flags & CLOSING) !== 0) return;
  const { interval, timeout } = connection._group.settings.keepAlive!;
  if ((connection._flags & (FULL | PAUSED)) !== 0) {
    probe(connection, period, interval);
    return;
  }
  const patience = outputTaken(connection, performance.now(), MOST_PATIENCE * (interval + timeout));
  if (patience !== 0) connection._silence = -Math.floor(patience / period);
  const silence = connection._silence++ * period;
  if (silence < interval) return;
  if (silence - period < interval) keepAlive(connection);
  // If this process was busy, the answer may still be in the transport. `setImmediate` lets it be read first.
  else if (silence >= interval + timeout) inNextTurn((waited) => giveUp(connection, waited), silence);
}

/**
 * Nothing can be received while this end has paused the transport, so the peer is not given up. But a ping written to a
 * peer that has gone makes the transport fail, which ends the connection. If output is waiting, the system is already
 * probing the peer, so no ping is needed.
 */
function probe(connection: ConnectionState, period: number, interval: number): void {
  if (++connection._silence * period < interval) return;
  connection._silence = 0;
  if (connection.socket.writableLength === 0) keepAlive(connection);
}

function giveUp(connection: ConnectionState, silence: number): void {
  if ((connection._flags & CLOSING) !== 0 || connection._silence === 0) return;
  fail(connection, keepAliveError(silence, connection._group.settings.keepAlive!.timeout));
}
