/** An emitter whose table of listeners is made by the first listener: a connection that has none owns none. */
import { EventEmitter } from 'node:events';
import type { ConnectionEvents } from './types.js';

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-empty-object-type
export interface LazyEmitter extends EventEmitter<ConnectionEvents> {}

/** The methods of an emitter without its constructor. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging, @typescript-eslint/no-extraneous-class
export class LazyEmitter {}

Object.setPrototypeOf(LazyEmitter.prototype, EventEmitter.prototype);

/** What a listener throws must not end the parsing of the chunk that it is called from. */
export function rethrowLater(error: unknown): void {
  process.nextTick(rethrow, error);
}

function rethrow(error: unknown): never {
  throw error;
}
