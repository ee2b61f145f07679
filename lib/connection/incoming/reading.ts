/** The ways to take messages out of the inbox: iterators of whole messages, and of their parts. */
import { fail } from '../ending/closing.js';
import { CLOSED, FULL, PAUSED, SKIPPING, STREAMING } from '../state/flags.js';
import { memoryDetached, readerActive } from '../state/failures.js';
import { afterTake } from '../state/flow.js';
import { Inbox, Piece } from '../payload/inbox.js';
import type { Item } from '../payload/inbox.js';
import { readMessageStreams } from './message-stream.js';
import type { MessageStream } from './message-stream.js';
import { drainToListeners, store } from './messages.js';
import type { ConnectionState } from '../state/state.js';

function nextItem(
  connection: ConnectionState,
  signal: AbortSignal | undefined,
): Promise<IteratorResult<Item, undefined>> {
  let inbox = connection._inbox;
  if (inbox === null) {
    inbox = connection._inbox = new Inbox();
    if ((connection._flags & CLOSED) !== 0) inbox.end(connection._extras!.error);
  }
  if (inbox.isNextLost && signal?.aborted !== true) return lostItem(connection, inbox);
  const result = inbox.next(signal);
  afterTake(connection);
  return result;
}

function lostItem(connection: ConnectionState, inbox: Inbox): Promise<never> {
  const error = memoryDetached();
  inbox.shift();
  afterTake(connection);
  fail(connection, error);
  return Promise.reject(error);
}

/** Whole messages. */
export function readMessages(
  connection: ConnectionState,
  signal: AbortSignal | undefined,
): AsyncIterableIterator<string | Uint8Array, undefined> {
  const iterator: AsyncIterableIterator<string | Uint8Array, undefined> = {
    next: () => nextItem(connection, signal) as Promise<IteratorResult<string | Uint8Array, undefined>>,
    return: () => Promise.resolve({ value: undefined, done: true }),
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}

/** Messages in parts; one reader at a time. */
export function readStreams(
  connection: ConnectionState,
  signal: AbortSignal | undefined,
): AsyncGenerator<MessageStream, void, undefined> {
  if ((connection._flags & STREAMING) !== 0 || connection._inbox?.isWanted === true) throw readerActive();
  connection._flags |= STREAMING;
  const assembly = connection._assembly;
  if (assembly !== null) store(connection, new Piece(assembly.isText, assembly.take(), false));
  return readMessageStreams(
    () => nextItem(connection, signal),
    () => stopStreaming(connection),
  );
}

/** What has arrived of the message under way is forgotten, and what follows is skipped. */
function stopStreaming(connection: ConnectionState): void {
  connection._flags &= ~STREAMING;
  if (connection._assembly !== null) connection._flags |= SKIPPING;
  connection._assembly = null;
  connection._inbox?.dropPieces();
  afterTake(connection);
}

/** Undoes `pause`: what waits goes to the listeners of `message`. */
export function resume(connection: ConnectionState): void {
  connection._flags &= ~PAUSED;
  drainToListeners(connection);
  if ((connection._flags & FULL) === 0) connection.socket.resume();
}
