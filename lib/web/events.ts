/** Events of the web platform's WebSocket that Node 20 does not have, and its event handler attributes. */

/** How a WebSocket ended. */
export interface CloseEventInit {
  readonly bubbles?: boolean;
  readonly cancelable?: boolean;
  readonly composed?: boolean;
  readonly wasClean?: boolean;
  readonly code?: number;
  readonly reason?: string;
}

/** The event `close` (WHATWG WebSockets, section 6). */
export class CloseEvent extends Event {
  readonly #init: CloseEventInit;

  constructor(type: string, init: CloseEventInit = {}) {
    super(type, init);
    this.#init = init;
  }

  /** Whether both sides sent a close frame. */
  get wasClean(): boolean {
    return Boolean(this.#init.wasClean);
  }

  /** The code of the peer's close frame; 1005 where it had none, 1006 where there was no close frame. */
  get code(): number {
    return (this.#init.code ?? 0) & 0xffff;
  }

  /** The reason of the peer's close frame. */
  get reason(): string {
    return this.#init.reason ?? '';
  }

  static {
    Object.defineProperty(this.prototype, Symbol.toStringTag, { value: 'CloseEvent', configurable: true });
  }
}

/** An event handler of an `on...` attribute. */
export type Handler<E extends Event = Event> = ((this: unknown, event: E) => unknown) | null;

/**
 * The handlers of the `on...` attributes of one target (HTML, section 8.1.8.1): a handler keeps its place among the
 * listeners when another one takes over, and leaves it when it is set to null.
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

  /** What is no object counts as null, as WebIDL has it; an object that cannot be called is kept and does nothing. */
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
