/** An emitter whose table of listeners is made by the first listener: a connection that has none owns none. */
import { EventEmitter } from 'node:events';
import { atEndOfTick } from './tick.js';
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

/** A listener of any event. */
export type Listener = (...args: unknown[]) => void;

/** `on` of an emitter whose table, where it has none, is a {@link Listeners}. */
export function addLeanListener(emitter: LazyEmitter, event: string | symbol, listener: Listener): void {
  makeTable(emitter);
  EventEmitter.prototype.on.call(emitter, event, listener);
}

/** `prependListener` of an emitter, likewise. */
export function addLeanListenerFirst(emitter: LazyEmitter, event: string | symbol, listener: Listener): void {
  makeTable(emitter);
  EventEmitter.prototype.prependListener.call(emitter, event, listener);
}

function makeTable(emitter: LazyEmitter): void {
  const table = emitter as { _events?: object; _eventsCount?: number };
  if (table._events === undefined) {
    table._events = new Listeners();
    table._eventsCount = 0;
  }
}

/** What a listener throws must not end the parsing of the chunk that it is called from. */
export function rethrowLater(error: unknown): void {
  atEndOfTick(rethrow, error);
}

function rethrow(error: unknown): never {
  throw error;
}
