/**
 * The face of an event target that `ws` gives to its emitters: `addEventListener`, the attributes `on...`, and events
 * with a `target`. What is added so is a listener of the emitter like any other; what it stands for is noted on it.
 */
import type { EventEmitter } from 'node:events';
import type { Data } from './data.js';

/** Assigned in the class, where the private parts are in reach. */
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

/** What a close event is made of. */
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

/** What an error event is made of. */
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

/** What a message event is made of. */
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

/** What is called: a function, or an object with `handleEvent`. */
export type EventListener<E = never> = ((event: E) => unknown) | { handleEvent(event: E): unknown };

/** On a listener of the emitter: what it calls. */
export const held: unique symbol = Symbol('listener');
/** On a listener of the emitter: whether it is that of the attribute `on...`. */
export const forAttribute: unique symbol = Symbol('for attribute');

interface Wrapper {
  (...args: unknown[]): void;
  [held]?: EventListener;
  [forAttribute]?: boolean;
}

/** A socket, as far as its events are concerned. */
export interface Target extends EventEmitter {
  /** What the event `close` is to say. */
  readonly [wasClean]: boolean;
}

export const wasClean: unique symbol = Symbol('wasClean');

/** Makes an event of the arguments of an emitter's listener. */
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

/** What of an emitter was added as of an event target, in order. */
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

/** The listener of the attribute `on...`. */
export function attributeOf(target: Target, type: string): EventListener | null {
  return wrappersOf(target, type).find((one) => one[forAttribute] === true)?.[held] ?? null;
}

export function setAttribute(target: Target, type: string, listener: unknown): void {
  const found = wrappersOf(target, type).find((one) => one[forAttribute] === true);
  if (found !== undefined) target.removeListener(type, found);
  if (typeof listener === 'function')
    addListener(target, type, listener as EventListener, { isAttribute: true });
}
