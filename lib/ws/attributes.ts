/** Gives the emitter the interface of an event target: the attributes `on...` and `addEventListener`. */
import { EventEmitter } from 'node:events';
import { addListener, attributeOf, removeListener, setAttribute, wasClean } from './event-target.js';
import type { EventListener } from './event-target.js';
import type { Data } from './data.js';

/** Options of `addEventListener`. */
export interface EventListenerOptions {
  once?: boolean | undefined;
}

/** An event of a socket of the type `T`. */
export interface Event<T> {
  type: string;
  target: T;
}

/** The connection failed. */
export interface ErrorEvent<T> extends Event<T> {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in `@types/ws`, and in a catch clause of JavaScript
  error: any;
  message: string;
}

/** The connection has ended. */
export interface CloseEvent<T> extends Event<T> {
  wasClean: boolean;
  code: number;
  reason: string;
}

/** A message has arrived. */
export interface MessageEvent<T> extends Event<T> {
  data: Data;
}

/** The events of `addEventListener`, on a socket of the type `T`. */
export interface EventMap<T> {
  open: Event<T>;
  error: ErrorEvent<T>;
  close: CloseEvent<T>;
  message: MessageEvent<T>;
}

/**
 * @typeParam T - the type of `target` in the events: the class that extends this one. A subclass of that class has the
 * same type of `target`, as in `@types/ws`.
 */
export class EventTargetEmitter<T> extends EventEmitter {
  /** Whether both sides have sent a close frame. The value of `wasClean` in the event `close`. */
  [wasClean] = false;

  get onopen(): ((event: Event<T>) => void) | null {
    return attributeOf(this, 'open') as ((event: Event<T>) => void) | null;
  }
  set onopen(listener: ((event: Event<T>) => void) | null) {
    setAttribute(this, 'open', listener);
  }
  get onmessage(): ((event: MessageEvent<T>) => void) | null {
    return attributeOf(this, 'message') as ((event: MessageEvent<T>) => void) | null;
  }
  set onmessage(listener: ((event: MessageEvent<T>) => void) | null) {
    setAttribute(this, 'message', listener);
  }
  get onerror(): ((event: ErrorEvent<T>) => void) | null {
    return attributeOf(this, 'error') as ((event: ErrorEvent<T>) => void) | null;
  }
  set onerror(listener: ((event: ErrorEvent<T>) => void) | null) {
    setAttribute(this, 'error', listener);
  }
  get onclose(): ((event: CloseEvent<T>) => void) | null {
    return attributeOf(this, 'close') as ((event: CloseEvent<T>) => void) | null;
  }
  set onclose(listener: ((event: CloseEvent<T>) => void) | null) {
    setAttribute(this, 'close', listener);
  }

  addEventListener<K extends keyof EventMap<unknown>>(
    type: K,
    listener: EventListener<EventMap<T>[K]>,
    options: EventListenerOptions = {},
  ): void {
    addListener(this, type, listener, options);
  }

  removeEventListener<K extends keyof EventMap<unknown>>(
    type: K,
    listener: EventListener<EventMap<T>[K]>,
  ): void {
    removeListener(this, type, listener);
  }
}

/**
 * Copies the attributes to the prototype of a class as own, enumerable properties. Programs written for `ws` expect
 * them there.
 */
export function ownAttributes(prototype: object): void {
  for (const name of ['onopen', 'onerror', 'onclose', 'onmessage']) {
    const attribute = Object.getOwnPropertyDescriptor(EventTargetEmitter.prototype, name)!;
    Object.defineProperty(prototype, name, { ...attribute, enumerable: true });
  }
}
