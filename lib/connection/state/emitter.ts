/** An emitter whose table of listeners is made by the first listener: a connection that has none owns none. */
import { EventEmitter } from 'node:events';
import type { ConnectionEvents } from './types.js';

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-empty-object-type
export interface LazyEmitter extends EventEmitter<ConnectionEvents> {}

/** The methods of an emitter without its constructor. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-extraneous-class
export class LazyEmitter {}

Object.setPrototypeOf(LazyEmitter.prototype, EventEmitter.prototype);

/**
 * A table of listeners as node:events has it, an object without any inherited property, but one that V8 keeps without
 * a hash table: 150 bytes less for each connection that is listened to.
 */
const Listeners = function () {
  // The table is filled by node:events.
} as unknown as { new (): object; prototype: unknown };
Listeners.prototype = Object.create(null);

/** `on` of an emitter whose table, where it has none, is a {@link Listeners}. */
export function addLeanListener(
  emitter: LazyEmitter,
  event: string | symbol,
  listener: (...args: unknown[]) => void,
): void {
  const table = emitter as { _events?: object; _eventsCount?: number };
  if (table._events === undefined) {
    table._events = new Listeners();
    table._eventsCount = 0;
  }
  EventEmitter.prototype.on.call(emitter, event, listener);
}

/** What a listener throws must not end the parsing of the chunk that it is called from. */
export function rethrowLater(error: unknown): void {
  process.nextTick(rethrow, error);
}

function rethrow(error: unknown): never {
  throw error;
}
