/**
 * Gives an emitter the interface of an event target, as `ws` does: `addEventListener`, the attributes `on...`, and
 * events with a `target`. For each listener of the event target, the emitter gets a wrapper as its listener. The
 * wrapper notes the listener of the program (`held`) and whether an attribute `on...` set it (`forAttribute`).
 */
import type { EventEmitter } from 'node:events';
import type { Data } from './data.js';

/** Sets the target of an event. Assigned in the class {@link Event}, because only the class can reach `#target`. */
let dispatchedBy: <E extends Event<unknown>>(event: E, target: unknown) => E;

/** An event of a WebSocket of the type `T`. */
export class Event<T = unknown> {
  readonly #type: string;
  #target: unknown = null;

  constructor(type: string) {
    this.#type = type;
  }

  get type(): string {
    return this.#type;
  }

  /** The socket; null before the event is dispatched. */
  get target(): T {
    return this.#target as T;
  }

  static {
    dispatchedBy = (event, target) => {
      event.#target = target;
      return event;
    };
  }
}

/** The values of a close event. */
export interface CloseEventInit {
  readonly code?: number | undefined;
  readonly reason?: string | undefined;
  readonly wasClean?: boolean | undefined;
}

/** The connection has ended. */
export class CloseEvent<T = unknown> extends Event<T> {
  readonly #init: CloseEventInit;

  constructor(type: string, init: CloseEventInit = {}) {
    super(type);
    this.#init = init;
  }

  get code(): number {
    return this.#init.code ?? 0;
  }

  get reason(): string {
    return this.#init.reason ?? '';
  }

  get wasClean(): boolean {
    return this.#init.wasClean ?? false;
  }
}

/** The values of an error event. */
export interface ErrorEventInit {
  readonly error?: unknown;
  readonly message?: string | undefined;
}

/** The connection failed. */
export class ErrorEvent<T = unknown> extends Event<T> {
  readonly #init: ErrorEventInit;

  constructor(type: string, init: ErrorEventInit = {}) {
    super(type);
    this.#init = init;
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in a catch clause of JavaScript
  get error(): any {
    return this.#init.error ?? null;
  }

  get message(): string {
    return this.#init.message ?? '';
  }
}

/** The values of a message event. */
export interface MessageEventInit {
  readonly data?: unknown;
}

/** A message has arrived. */
export class MessageEvent<T = unknown> extends Event<T> {
  readonly #data: unknown;

  constructor(type: string, { data = null }: MessageEventInit = {}) {
    super(type);
    this.#data = data;
  }

  get data(): Data {
    return this.#data as Data;
  }
}

const enumerable: readonly [new (...args: never[]) => Event, readonly string[]][] = [
  [Event, ['type', 'target']],
  [CloseEvent, ['code', 'reason', 'wasClean']],
  [ErrorEvent, ['error', 'message']],
  [MessageEvent, ['data']],
];
for (const [kind, names] of enumerable)
  for (const name of names) Object.defineProperty(kind.prototype, name, { enumerable: true });

/** A listener of the program: a function, or an object with the method `handleEvent`. */
export type EventListener<E = never> = ((event: E) => unknown) | { handleEvent(event: E): unknown };

/** Property of a wrapper: the listener of the program that the wrapper calls. */
export const held: unique symbol = Symbol('listener');
/** Property of a wrapper: true if the attribute `on...` set the listener, false if `addEventListener` added it. */
export const forAttribute: unique symbol = Symbol('for attribute');

interface Wrapper {
  (...args: unknown[]): void;
  [held]?: EventListener;
  [forAttribute]?: boolean;
}

/** The part of a socket that its events need. */
export interface Target extends EventEmitter {
  /** The value of `wasClean` in the event `close`. */
  readonly [wasClean]: boolean;
}

export const wasClean: unique symbol = Symbol('wasClean');

/** Makes an event from the arguments that the emitter gives to a listener. */
type EventMaker = (args: unknown[], target: Target) => Event;

const MAKERS: ReadonlyMap<string, EventMaker> = new Map<string, EventMaker>([
  ['open', () => new Event('open')],
  ['error', ([error]) => new ErrorEvent('error', { error, message: (error as Error).message })],
  [
    'message',
    ([data, isBinary]) =>
      new MessageEvent('message', { data: isBinary === true ? data : (data as Buffer).toString() }),
  ],
  [
    'close',
    ([code, reason], target) =>
      new CloseEvent('close', {
        code: code as number,
        reason: (reason as Buffer).toString(),
        wasClean: target[wasClean],
      }),
  ],
]);

/**
 * The listeners of an emitter for one event, in the order in which they were added. The list also has the listeners
 * that the program added with `on`: those have neither `held` nor `forAttribute`.
 */
function wrappersOf(emitter: EventEmitter, type: string): Wrapper[] {
  return emitter.listeners(type) as Wrapper[];
}

export function addListener(
  target: Target,
  type: string,
  listener: EventListener,
  { once = false, isAttribute = false }: { once?: boolean | undefined; isAttribute?: boolean },
): void {
  const make = MAKERS.get(type);
  if (make === undefined) return;
  const isKnown = (one: Wrapper): boolean => one[held] === listener && one[forAttribute] !== true;
  if (!isAttribute && wrappersOf(target, type).some(isKnown)) return;
  const wrapper: Wrapper = (...args) => {
    const event = dispatchedBy(make(args, target), target);
    if (typeof listener === 'function') Reflect.apply(listener, target, [event]);
    else listener.handleEvent(event as never);
  };
  wrapper[held] = listener;
  wrapper[forAttribute] = isAttribute;
  if (once) target.once(type, wrapper);
  else target.on(type, wrapper);
}

export function removeListener(target: Target, type: string, listener: EventListener): void {
  const found = wrappersOf(target, type).find((one) => one[held] === listener && one[forAttribute] !== true);
  if (found !== undefined) target.removeListener(type, found);
}

/** The listener that the attribute `on...` has set; null if there is none. */
export function attributeOf(target: Target, type: string): EventListener | null {
  return wrappersOf(target, type).find((one) => one[forAttribute] === true)?.[held] ?? null;
}

export function setAttribute(target: Target, type: string, listener: unknown): void {
  const found = wrappersOf(target, type).find((one) => one[forAttribute] === true);
  if (found !== undefined) target.removeListener(type, found);
  if (typeof listener === 'function')
    addListener(target, type, listener as EventListener, { isAttribute: true });
}
