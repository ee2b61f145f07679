/** The events of the web platform's WebSocket that Node 20 does not have, and the `on...` attributes. */
import { unsignedShort, usvString } from './conversions.js';

/** The values of a {@link CloseEvent}: how a WebSocket ended. */
export interface CloseEventInit {
  readonly bubbles?: boolean | undefined;
  readonly cancelable?: boolean | undefined;
  readonly composed?: boolean | undefined;
  readonly wasClean?: boolean | undefined;
  readonly code?: number | undefined;
  readonly reason?: string | undefined;
}

/** The event `close` as the type of listeners. {@link CloseEvent} and the platform's own `CloseEvent` both fit it. */
export interface CloseEventAttributes extends Event {
  readonly wasClean: boolean;
  readonly code: number;
  readonly reason: string;
}

/** The event `error` as the type of listeners: with the reason, which browsers do not tell. */
export interface FailureEvent extends Event {
  readonly error: Error;
}

/** The event `close` (WHATWG WebSockets, section 6). */
export class CloseEvent extends Event {
  readonly #code: number;
  readonly #reason: string;
  readonly #wasClean: boolean;

  constructor(type: string, init: CloseEventInit = {}) {
    if (arguments.length === 0) throw new TypeError('an event needs a type');
    // The parameter's type in @types/node has no `undefined` in its members; at run time undefined counts as absent.
    super(type, init as ConstructorParameters<typeof Event>[1]);
    // As with every WebIDL dictionary, null counts as empty, and the members are read in the order of their names.
    const { code = 0, reason = '', wasClean = false } = (init as CloseEventInit | null) ?? {};
    this.#code = unsignedShort(code);
    this.#reason = usvString(reason);
    this.#wasClean = Boolean(wasClean as unknown);
  }

  /** Whether both sides sent a close frame. */
  get wasClean(): boolean {
    return this.#wasClean;
  }

  /** The code of the peer's close frame; 1005 if the frame had no code, 1006 if there was no close frame. */
  get code(): number {
    return this.#code;
  }

  /** The reason of the peer's close frame. */
  get reason(): string {
    return this.#reason;
  }

  static {
    Object.defineProperty(this.prototype, Symbol.toStringTag, { value: 'CloseEvent', configurable: true });
    // Members of WebIDL interfaces are enumerable.
    for (const name of ['wasClean', 'code', 'reason'])
      Object.defineProperty(this.prototype, name, { enumerable: true });
  }
}

type MessageEventClass = new (
  type: string,
  init: { readonly data: unknown; readonly origin: string },
) => MessageEvent;

/** A MessageEvent with the right `Symbol.toStringTag`. Node's own class has the tag of Event. */
let Message: MessageEventClass | undefined;

/**
 * Creates the event of a message. Its class is made at the first call: from Node 22 on, the name `MessageEvent` loads all
 * of fetch, and zlib with it.
 */
export function messageEvent(data: unknown, origin: string): MessageEvent {
  Message ??= class extends (MessageEvent as unknown as MessageEventClass) {
    static {
      Object.defineProperty(this.prototype, Symbol.toStringTag, {
        value: 'MessageEvent',
        configurable: true,
      });
      Object.defineProperty(this.prototype, 'constructor', { value: MessageEvent });
    }
  };
  return new Message('message', { data, origin });
}

/** An event handler of an `on...` attribute. */
export type Handler<E extends Event = Event> = ((this: unknown, event: E) => unknown) | null;

/**
 * The handlers of the `on...` attributes of one target (HTML, section 8.1.8.1). A new handler takes the place of the
 * old one in the order of the listeners. Setting an attribute to null gives up that place.
 */
export class Handlers {
  readonly #target: EventTarget;
  readonly #entries = new Map<string, { value: object; readonly listener: (event: Event) => void }>();

  constructor(target: EventTarget) {
    this.#target = target;
  }

  get(type: string): object | null {
    return this.#entries.get(type)?.value ?? null;
  }

  /**
   * Sets a handler. As WebIDL requires, a value that is not an object counts as null. An object that cannot be called
   * is kept, but does nothing.
   */
  set(type: string, value: unknown): void {
    const entry = this.#entries.get(type);
    const isObject = typeof value === 'function' || (typeof value === 'object' && value !== null);
    if (!isObject) {
      if (entry === undefined) return;
      this.#entries.delete(type);
      this.#target.removeEventListener(type, entry.listener);
      return;
    }
    if (entry !== undefined) {
      entry.value = value;
      return;
    }
    const created = {
      value: value,
      listener: (event: Event): void => {
        if (typeof created.value === 'function') Reflect.apply(created.value, this.#target, [event]);
      },
    };
    this.#entries.set(type, created);
    this.#target.addEventListener(type, created.listener);
  }
}
