/** The interface of an event target on the emitter: the attributes `on...` and `addEventListener`. */
import { EventEmitter } from 'node:events';
import { addListener, attributeOf, removeListener, setAttribute, wasClean } from './event-target.js';
import type { CloseEvent, ErrorEvent, Event, EventListener, MessageEvent } from './event-target.js';

/** Options of `addEventListener`. */
export interface EventListenerOptions {
  once?: boolean | undefined;
}

/** The events of `addEventListener`, on a socket of the type `T`. */
export interface EventMap<T> {
  open: Event<T>;
  error: ErrorEvent<T>;
  close: CloseEvent<T>;
  message: MessageEvent<T>;
}

export class EventTargetEmitter extends EventEmitter {
  /** Whether both sides have sent a close frame: the event `close` says so. */
  [wasClean] = false;

  get onopen(): ((event: Event<this>) => void) | null {
    return attributeOf(this, 'open') as ((event: Event<this>) => void) | null;
  }
  set onopen(listener: ((event: Event<this>) => void) | null) {
    setAttribute(this, 'open', listener);
  }
  get onmessage(): ((event: MessageEvent<this>) => void) | null {
    return attributeOf(this, 'message') as ((event: MessageEvent<this>) => void) | null;
  }
  set onmessage(listener: ((event: MessageEvent<this>) => void) | null) {
    setAttribute(this, 'message', listener);
  }
  get onerror(): ((event: ErrorEvent<this>) => void) | null {
    return attributeOf(this, 'error') as ((event: ErrorEvent<this>) => void) | null;
  }
  set onerror(listener: ((event: ErrorEvent<this>) => void) | null) {
    setAttribute(this, 'error', listener);
  }
  get onclose(): ((event: CloseEvent<this>) => void) | null {
    return attributeOf(this, 'close') as ((event: CloseEvent<this>) => void) | null;
  }
  set onclose(listener: ((event: CloseEvent<this>) => void) | null) {
    setAttribute(this, 'close', listener);
  }

  addEventListener<K extends keyof EventMap<unknown>>(
    type: K,
    listener: EventListener<EventMap<this>[K]>,
    options: EventListenerOptions = {},
  ): void {
    addListener(this, type, listener, options);
  }

  removeEventListener<K extends keyof EventMap<unknown>>(
    type: K,
    listener: EventListener<EventMap<this>[K]>,
  ): void {
    removeListener(this, type, listener);
  }
}

/** Gives the prototype of a class the attributes as its own, enumerable ones, where programs that know `ws` look for them. */
export function ownAttributes(prototype: object): void {
  for (const name of ['onopen', 'onerror', 'onclose', 'onmessage']) {
    const attribute = Object.getOwnPropertyDescriptor(EventTargetEmitter.prototype, name)!;
    Object.defineProperty(prototype, name, { ...attribute, enumerable: true });
  }
}
