/**
 * Finds out whether the peer takes this end's output. A ping waits behind the output, so a slow peer cannot answer it
 * in time; but a peer that takes bytes is still there. Only output that had to wait proves this: output that fits into
 * the free buffers of the system leaves this process whether there is a peer or not.
 */
import type { Duplex } from 'node:stream';
import { Backlog } from '../state/state.js';
import type { ConnectionState, OutputMark } from '../state/state.js';

/**
 * The fields of Node's transports that show how far a large write is. Other transports show nothing until the write is
 * done.
 */
interface Measurable extends Duplex {
  readonly _handle?: { readonly writeQueueSize?: number } | null;
  readonly session?: {
    readonly socket?: { readonly bytesWritten: number; readonly bytesRead: number };
  };
}

function carriedBy({ session }: Measurable): number {
  const socket = session?.socket;
  return socket === undefined ? 0 : socket.bytesWritten + socket.bytesRead;
}

function markOf(connection: ConnectionState, waiting: number, since: number): OutputMark {
  const socket: Measurable = connection.socket;
  return {
    done: connection._bytesSent - waiting,
    queued: socket._handle?.writeQueueSize ?? 0,
    carried: carriedBy(socket),
    since,
  };
}

/**
 * Whether the peer has taken output since the previous check. Returns the milliseconds of patience that it gets, or 0
 * if it has taken nothing. When the transport has passed on everything, the system's buffers are still full. The peer
 * then gets as much time again as the output has waited.
 *
 * @param most - the longest patience, in milliseconds.
 */
export function outputTaken(connection: ConnectionState, now: number, most: number): number {
  const waiting = connection.socket.writableLength;
  const backlog = connection._rare === null ? null : connection._rare.backlog;
  const before = backlog === null ? null : backlog.mark;
  if (waiting === 0) {
    if (before === null) return 0;
    backlog!.mark = null;
    return Math.max(1, Math.min(now - before.since, most));
  }
  const mark = markOf(connection, waiting, before === null ? now : before.since);
  (connection._ensureRare().backlog ??= new Backlog()).mark = mark;
  if (before === null) return 0;
  return mark.done > before.done || mark.queued !== before.queued || mark.carried > before.carried ? 1 : 0;
}
