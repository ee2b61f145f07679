/**
 * The ways to take messages out of the inbox: iterators over whole messages, and over their parts. Only one reader can
 * be active at a time, because each message goes to one reader. A second reader is refused with `ERR_READER_ACTIVE`.
 */
import { inspect } from 'node:util';
import type { InspectOptions } from 'node:util';
import { fail } from '../ending/closing.js';
import { addLeanListener, addLeanListenerFirst } from '../state/emitter.js';
import type { Listener } from '../state/emitter.js';
import { CONNECTION_EVENTS, warnOfForeignEvent } from '../state/foreign-events.js';
import { CLOSED, FULL, PAUSED, SKIPPING, STREAMING } from '../state/flags.js';
import { failureOf, memoryDetached, readerActive } from '../state/failures.js';
import { afterTake } from '../state/flow.js';
import type { Assembly } from '../payload/assembly.js';
import { Inbox, Piece } from '../payload/inbox.js';
import type { Item, Reader } from '../payload/inbox.js';
import type { Iteration } from './iteration.js';
import { readMessageStreams } from './message-stream.js';
import type { MessageStream } from './message-stream.js';
import { drainToListeners, store } from './messages.js';
import type { ConnectionState } from '../state/state.js';
import { atEndOfTick } from '../state/tick.js';
import { resumeTransport } from '../state/transport-calls.js';

type Message = string | Uint8Array;

function inboxOf(connection: ConnectionState): Inbox {
  let inbox = connection._inbox;
  if (inbox === null) {
    inbox = connection._inbox = new Inbox();
    if ((connection._flags & CLOSED) !== 0) inbox.end(failureOf(connection));
  }
  return inbox;
}

function nextItem(
  connection: ConnectionState,
  inbox: Inbox,
  signal: AbortSignal | undefined,
): Promise<IteratorResult<Item, undefined>> {
  if (inbox.isNextLost && signal?.aborted !== true) return lostItem(connection, inbox);
  const result = inbox.next(signal);
  afterTake(connection);
  return result;
}

function lostItem(connection: ConnectionState, inbox: Inbox): Promise<never> {
  const error = memoryDetached();
  inbox.shift();
  inbox.reader = null;
  afterTake(connection);
  fail(connection, error);
  return Promise.reject(error);
}

/** Whether an iterator other than this one reads whole messages. */
function isReadByAnother(inbox: Inbox | null, reader: Reader | null): boolean {
  const active = inbox?.reader ?? null;
  return active !== null && active !== reader && (inbox!.isWanted || active.isHolding);
}

/**
 * An iterator over whole messages. A loop (`for await`) reads from its first message until the program leaves it. An
 * iterator used only through `next()` reads while a `next()` is unanswered, so a program may take single messages in
 * different places.
 */
class MessageIterator implements Iteration<Message>, Reader {
  private isLoop = false;

  /** @param isLocked - whether the web stream that uses this iterator has a reader; null without a web stream. */
  constructor(
    private readonly connection: ConnectionState,
    private readonly signal: AbortSignal | undefined,
    private readonly isLocked: (() => boolean) | null,
  ) {}

  get isHolding(): boolean {
    return this.isLocked === null ? this.isLoop : this.isLocked();
  }

  next(): Promise<IteratorResult<Message, undefined>> {
    const { connection } = this;
    const inbox = inboxOf(connection);
    if (inbox.reader !== this) {
      if (
        (connection._flags & STREAMING) !== 0 ||
        isReadByAnother(inbox, this) ||
        connection.listenerCount('message') !== 0
      )
        return Promise.reject(readerActive());
      inbox.reader = this;
    }
    return nextItem(connection, inbox, this.signal) as Promise<IteratorResult<Message, undefined>>;
  }

  /** Leaves the messages that follow to the next reader. */
  return(): Promise<IteratorResult<Message, undefined>> {
    const inbox = this.connection._inbox;
    if (inbox?.reader === this) inbox.leave();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    this.isLoop = true;
    return this;
  }

  /** `console.log` shows the connection only, without the internal state. */
  [inspect.custom](depth: number, options: InspectOptions): string {
    return depth < 0 ? '[Messages]' : `Messages of ${inspect(this.connection, options)}`;
  }
}

/** @param isLocked - for a web stream over the messages: whether the stream has a reader. */
export function readMessages(
  connection: ConnectionState,
  signal: AbortSignal | undefined,
  isLocked: (() => boolean) | null = null,
): Iteration<Message> {
  return new MessageIterator(connection, signal, isLocked);
}

/** @throws ConnectionError another reader is active. */
function requireNoReader(connection: ConnectionState, areListenersAllowed: boolean): void {
  if (
    (connection._flags & STREAMING) !== 0 ||
    isReadByAnother(connection._inbox, null) ||
    (!areListenersAllowed && connection.listenerCount('message') !== 0)
  )
    throw readerActive();
}

/** Messages in parts. */
export function readStreams(
  connection: ConnectionState,
  signal: AbortSignal | undefined,
): AsyncGenerator<MessageStream, void, undefined> {
  requireNoReader(connection, false);
  connection._flags |= STREAMING;
  const assembly = connection._assembly;
  if (assembly !== null) storeBegun(connection, assembly);
  let hasBegun = false;
  const streams = readMessageStreams(
    () => {
      hasBegun = true;
      return nextItem(connection, inboxOf(connection), signal);
    },
    () => stopStreaming(connection),
  );
  const leave = streams.return.bind(streams);
  // Leaving a generator that has not begun runs none of its code, not even its `finally` block.
  streams.return = (value) => {
    if (!hasBegun) {
      hasBegun = true;
      stopStreaming(connection);
    }
    return leave(value);
  };
  return streams;
}

/** Stores the part of a message that has been assembled so far. */
function storeBegun(connection: ConnectionState, assembly: Assembly): void {
  const bytes = assembly.take();
  if (bytes === null) fail(connection, memoryDetached());
  else store(connection, new Piece(assembly.isText, bytes, false));
}

/** Discards the received part of the current message and skips the rest of it. */
function stopStreaming(connection: ConnectionState): void {
  connection._flags &= ~STREAMING;
  if (connection._assembly !== null) connection._flags |= SKIPPING;
  connection._assembly = null;
  connection._inbox?.dropPieces();
  afterTake(connection);
}

/**
 * Adds a listener, as an emitter does. Waiting messages go to the first listener of `message` at the end of the tick.
 *
 * @throws ConnectionError another reader is active.
 */
export function listen(
  connection: ConnectionState,
  event: string | symbol,
  listener: Listener,
  isFirst: boolean,
): void {
  warnOfForeignEvent(CONNECTION_EVENTS, event);
  if (event === 'message') {
    requireNoReader(connection, true);
    atEndOfTick(drainToListeners, connection);
  }
  if (isFirst) addLeanListenerFirst(connection, event, listener);
  else addLeanListener(connection, event, listener);
}

/** Undoes `pause`: the waiting messages go to the listeners of `message`. */
export function resume(connection: ConnectionState): void {
  connection._flags &= ~PAUSED;
  drainToListeners(connection);
  if ((connection._flags & FULL) === 0) resumeTransport(connection);
}
