/**
 * Pauses the transport: while the program has called `pause`, while the inbox is full, and while the codec is busy with
 * earlier data.
 */
import { CLOSE_SENT, DEAF, DECODING, FULL, PAUSED } from './flags.js';
import type { ConnectionState } from './state.js';
import { pauseTransport, resumePaused, resumeTransport } from './transport-calls.js';

/** Something has been put into the inbox. */
export function afterStore(connection: ConnectionState): void {
  if ((connection._flags & (FULL | CLOSE_SENT)) !== 0) return;
  if (connection._inbox!.weight < connection._group.settings.highWaterMark) return;
  connection._flags |= FULL;
  pauseTransport(connection);
}

/** Something has been taken out of the inbox. */
export function afterTake(connection: ConnectionState): void {
  if ((connection._flags & FULL) === 0) return;
  if (connection._inbox!.weight * 2 >= connection._group.settings.highWaterMark) return;
  connection._flags &= ~FULL;
  if ((connection._flags & PAUSED) === 0) letFlow(connection);
}

/** Lets the transport flow, whatever the reason for its pause was. */
export function letFlow(connection: ConnectionState): void {
  connection._flags &= ~FULL;
  resumePaused(connection);
}

export function pause(connection: ConnectionState): void {
  connection._flags |= PAUSED;
  pauseTransport(connection);
}

/** Pauses the transport until the codec is done with the earlier data. */
export function waitForCodec(connection: ConnectionState): void {
  const isBusy = connection._codec!.isDecoding && (connection._flags & DEAF) === 0;
  if (isBusy === ((connection._flags & DECODING) !== 0)) return;
  if (isBusy) {
    connection._flags |= DECODING;
    pauseTransport(connection);
  } else {
    connection._flags &= ~DECODING;
    if ((connection._flags & (FULL | PAUSED)) === 0) resumeTransport(connection);
  }
}
