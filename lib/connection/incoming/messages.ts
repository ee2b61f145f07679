/** Assembles messages from the data of frames and passes them on: to callbacks, to listeners, or to the inbox. */
import { isUtf8 } from 'node:buffer';
import { BufferType } from '../../component/contract.js';
import { Assembly, isFinalType } from '../payload/assembly.js';
import { fail } from '../ending/closing.js';
import { rethrowLater } from '../state/emitter.js';
import { invalidText, memoryDetached, tooBig, tooManyFragments } from '../state/failures.js';
import {
  CLOSE_SENT,
  CLOSE_WANTED,
  DEAF,
  HAS_CODEC,
  HAS_CALLBACKS,
  PAUSED,
  SKIPPING,
  STREAMING,
} from '../state/flags.js';
import { afterStore, afterTake } from '../state/flow.js';
import { Inbox, Piece } from '../payload/inbox.js';
import type { Item } from '../payload/inbox.js';
import { partOf } from '../payload/part.js';
import type { ConnectionState } from '../state/state.js';
import { decode, decodeAscii } from '../payload/text.js';
import type { ConnectionCallbacks } from '../state/types.js';

/**
 * Takes a part of a message that has arrived; see `IndicationSink`.
 *
 * @param unverified - whether the bytes are text from a codec, which has not been checked yet.
 */
export function takeData(
  connection: ConnectionState,
  type: BufferType,
  bytes: Uint8Array,
  start: number,
  end: number,
  remaining: number,
  unverified: boolean,
  ascii: boolean,
): void {
  const flags = connection._flags;
  if ((flags & DEAF) !== 0) return;
  if (connection._assembly !== null || !isFinalType(type) || (flags & (STREAMING | SKIPPING)) !== 0) {
    takePart(connection, type, bytes, start, end, remaining, unverified);
    return;
  }
  const { settings } = connection._group;
  if (end - start > settings.maxPayload) {
    fail(connection, tooBig(end - start, settings));
  } else if (type === BufferType.BinaryMessage) {
    deliver(connection, partOf(bytes, start, end));
  } else if ((unverified || settings.verifyText === 'always') && !isUtf8(bytes.subarray(start, end))) {
    fail(connection, invalidText());
  } else if ((flags & HAS_CALLBACKS) !== 0) {
    callMessage(connection, partOf(bytes, start, end), true);
  } else {
    deliver(connection, ascii ? decodeAscii(bytes, start, end) : decode(bytes, start, end));
  }
}

/** Takes a part of a message that comes in several parts, is read in parts, or is skipped. */
function takePart(
  connection: ConnectionState,
  type: BufferType,
  bytes: Uint8Array,
  start: number,
  end: number,
  remaining: number,
  unverified: boolean,
): void {
  const isFinal = isFinalType(type);
  if ((connection._flags & SKIPPING) !== 0) {
    if (isFinal) connection._flags &= ~SKIPPING;
    return;
  }
  const { settings } = connection._group;
  const assembly = (connection._assembly ??= new Assembly(
    type,
    unverified || settings.verifyText === 'always',
  ));
  const { check } = assembly;
  if (check !== null && (!check.push(bytes, start, end) || (isFinal && !check.finish()))) {
    fail(connection, invalidText());
    return;
  }
  if ((connection._flags & STREAMING) !== 0) {
    if (isFinal) {
      connection._assembly = null;
      connection._messagesReceived++;
    }
    if (end > start || isFinal)
      store(connection, new Piece(assembly.isText, partOf(bytes, start, end), isFinal));
    return;
  }
  // With a codec, the announced length is that of the encoded bytes, not of the message, so it is not counted.
  const announced = (connection._flags & HAS_CODEC) === 0 ? Math.max(remaining, 0) : 0;
  const length = assembly.length + end - start + announced;
  if (length > settings.maxPayload) {
    fail(connection, tooBig(length, settings));
    return;
  }
  if (remaining <= 0 && ++assembly.fragments > settings.maxFragments) {
    fail(connection, tooManyFragments(settings));
    return;
  }
  assembly.add(bytes, start, end, remaining);
  if (!isFinal) return;
  connection._assembly = null;
  const whole = assembly.take();
  if (whole === null) fail(connection, memoryDetached());
  else if ((connection._flags & HAS_CALLBACKS) !== 0) callMessage(connection, whole, assembly.isText);
  else deliver(connection, assembly.isText ? decode(whole, 0, whole.byteLength) : whole);
}

/** A chunk ended inside a frame. The length in the frame's header is checked before the rest arrives. */
export function judgeAnnounced(connection: ConnectionState, announced: number): void {
  if ((connection._flags & (DEAF | STREAMING | SKIPPING)) !== 0) return;
  const { settings } = connection._group;
  const length = (connection._assembly?.length ?? 0) + announced;
  if (length > settings.maxPayload) fail(connection, tooBig(length, settings));
}

/** Delivers a whole message: to the listeners of `message` if nothing waits before it, otherwise to the inbox. */
function deliver(connection: ConnectionState, message: string | Uint8Array): void {
  if ((connection._flags & HAS_CALLBACKS) !== 0) {
    callMessage(connection, message as Uint8Array, false);
    return;
  }
  connection._messagesReceived++;
  const inbox = connection._inbox;
  if ((connection._flags & PAUSED) === 0 && (inbox === null || (inbox.isEmpty && !inbox.isWanted))) {
    if (emitMessage(connection, message)) return;
  }
  store(connection, message);
}

/** Passes a message to the callbacks. An exception there must not end the parsing of the current chunk. */
function callMessage(connection: ConnectionState, bytes: Uint8Array, isText: boolean): void {
  connection._messagesReceived++;
  const callbacks: ConnectionCallbacks = connection._rare!.callbacks!;
  try {
    callbacks.message(bytes, isText);
  } catch (error) {
    rethrowLater(error);
  }
}

/** Emits `message`. Returns whether there was a listener. */
function emitMessage(connection: ConnectionState, message: string | Uint8Array): boolean {
  try {
    return connection.emit('message', message);
  } catch (error) {
    rethrowLater(error);
    return true;
  }
}

/** Puts a message, or a part of one, into the inbox. */
export function store(connection: ConnectionState, item: Item): void {
  const inbox = (connection._inbox ??= new Inbox());
  const isFull = inbox.weight >= connection._group.settings.highWaterMark;
  // After `close` the transport must flow until the peer's close frame. Messages that do not fit in the inbox are
  // dropped.
  if (isFull && (connection._flags & (CLOSE_SENT | CLOSE_WANTED)) !== 0) return;
  inbox.push(item);
  afterStore(connection);
}

/** Passes the messages in the inbox to the listeners of `message`. */
export function drainToListeners(connection: ConnectionState): void {
  const inbox = connection._inbox;
  if (inbox === null || (connection._flags & (PAUSED | STREAMING)) !== 0) return;
  while (!inbox.isEmpty && connection.listenerCount('message') !== 0) {
    const isLost = inbox.isNextLost;
    const message = inbox.shift() as string | Uint8Array;
    if (isLost) fail(connection, memoryDetached());
    else emitMessage(connection, message);
    afterTake(connection);
    if ((connection._flags & PAUSED) !== 0) return;
  }
}
