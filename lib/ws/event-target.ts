/** The face of an event target that `ws` gives to its emitters: `addEventListener`, and events with a `target`. */
import type { EventEmitter } from 'node:events';

/** An event of a WebSocket. */
export class Event {
  readonly type: string;
  readonly target: unknown;

  constructor(type: string, target: unknown) {
    this.type = type;
    this.target = target;
  }
}

/** The connection has ended. */
export class CloseEvent extends Event {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;

  constructor(target: unknown, code: number, reason: string, wasClean: boolean) {
    super('close', target);
    this.code = code;
    this.reason = reason;
    this.wasClean = wasClean;
  }
}

/** The connection failed. */
export class ErrorEvent extends Event {
  readonly error: unknown;
  readonly message: string;

  constructor(target: unknown, error: Error) {
    super('error', target);
    this.error = error;
    this.message = error.message;
  }
}

/** A message has arrived. */
export class MessageEvent extends Event {
  readonly data: unknown;

  constructor(target: unknown, data: unknown) {
    super('message', target);
    this.data = data;
  }
}

/** What is called: a function, or an object with `handleEvent`. */
export type EventListener = ((event: never) => unknown) | { handleEvent(event: never): unknown };

/** Makes an event of the arguments of an emitter's listener. */
type EventMaker = (target: EventEmitter, args: unknown[]) => Event;

interface Registered {
  readonly type: string;
  /** What the caller gave. */
  readonly listener: EventListener;
  /** What the emitter has. */
  readonly wrapper: (...args: unknown[]) => void;
  readonly isAttribute: boolean;
}

/** The listeners of one emitter that were added as of an event target. */
export class TargetListeners {
  readonly #emitter: EventEmitter;
  readonly #makers: Readonly<Record<string, EventMaker>>;
  #registered: Registered[] = [];

  constructor(emitter: EventEmitter, makers: Readonly<Record<string, EventMaker>>) {
    this.#emitter = emitter;
    this.#makers = makers;
  }

  /** What is no longer on the emitter, because it was called once or removed there, is forgotten. */
  #live(): Registered[] {
    return (this.#registered = this.#registered.filter(({ type, wrapper }) =>
      this.#emitter.listeners(type).includes(wrapper),
    ));
  }

  add(type: string, listener: EventListener, once: boolean, isAttribute = false): void {
    const maker = this.#makers[type];
    if (maker === undefined) return;
    const known = this.#live().some(
      (one) => one.type === type && one.listener === listener && !one.isAttribute && !isAttribute,
    );
    if (known) return;
    const emitter = this.#emitter;
    const wrapper = (...args: unknown[]): void => {
      const event = maker(emitter, args);
      if (typeof listener === 'function') Reflect.apply(listener, emitter, [event]);
      else listener.handleEvent(event as never);
    };
    this.#registered.push({ type, listener, wrapper, isAttribute });
    if (once) emitter.once(type, wrapper);
    else emitter.on(type, wrapper);
  }

  remove(type: string, listener: EventListener): void {
    this.#remove((one) => one.type === type && one.listener === listener && !one.isAttribute);
  }

  /** The listener of the attribute `on...`. */
  getAttribute(type: string): EventListener | null {
    return this.#live().find((one) => one.type === type && one.isAttribute)?.listener ?? null;
  }

  setAttribute(type: string, listener: unknown): void {
    this.#remove((one) => one.type === type && one.isAttribute);
    if (typeof listener === 'function') this.add(type, listener as EventListener, false, true);
  }

  #remove(isIt: (one: Registered) => boolean): void {
    const found = this.#live().find(isIt);
    if (found === undefined) return;
    this.#registered.splice(this.#registered.indexOf(found), 1);
    this.#emitter.removeListener(found.type, found.wrapper);
  }
}
