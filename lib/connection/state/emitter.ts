/** An emitter that makes its table of listeners for the first listener. A connection without listeners has no table. */
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
 * A table of listeners like that of node:events, an object without inherited properties. V8 keeps this one without a
 * hash table, which saves 150 bytes for each connection that has listeners.
 */
const Listeners = function () {
  // The table is filled by node:events.
} as unknown as { new (): object; prototype: unknown };
Listeners.prototype = Object.create(null);

/** A listener of any event. */
export type Listener = (...args: unknown[]) => void;

/** `on` of an emitter. If the emitter has no table of listeners yet, it gets a {@link Listeners}. */
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

/** Throws an error later, because an exception of a listener must not end the parsing of the current chunk. */
export function rethrowLater(error: unknown): void {
  atEndOfTick(rethrow, error);
}

/** Makes a call. An exception of it is thrown later, so that it harms nothing else. */
export function guarded(call: () => void): void {
  try {
    call();
  } catch (error) {
    rethrowLater(error);
  }
}

function rethrow(error: unknown): never {
  throw error;
}
