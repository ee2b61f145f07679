/**
 * `WebSocket` with the interface of the web platform (WHATWG WebSockets, section 3.1). The component's own
 * documentation names this JavaScript API. Here it uses a {@link Connection}.
 */
import { inspect } from 'node:util';
import type { InspectOptions } from 'node:util';
import { MAX_CLOSE_REASON_LENGTH } from '../component/index.js';
import { checkOptions, CONNECT_OPTIONS, optionsWith } from '../opening/known-options.js';
import { clampedShort, domString, messageOf, stringOrStrings, usvString } from './conversions.js';
import { Handlers } from './events.js';
import type { CloseEventAttributes, FailureEvent, Handler } from './events.js';
import { CLOSED, CLOSING, CONNECTING, Link, OPEN } from './link.js';
import type { BinaryType, WebSocketOptions } from './link.js';
import { checkProtocols, location, recordOf, syntaxError } from './target.js';

export type { BinaryType, WebSocketOptions } from './link.js';

/** The options of `connect`, except for those that the standard decides. */
const OPTIONS = Object.fromEntries(
  Object.entries(CONNECT_OPTIONS).filter(([name]) => name !== 'protocols' && name !== 'protocolRequired'),
);

/**
 * Whether options are in the place of the subprotocols. The standard would make the text `[object Object]` of a plain
 * object, which is no subprotocol.
 */
function isInit(value: unknown): value is WebSocketInit {
  if (typeof value !== 'object' || value === null || Symbol.iterator in value) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // A plain object of any realm.
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  return isPlain && !Object.hasOwn(value, 'toString') && !(Symbol.toPrimitive in value);
}

/** Options with the subprotocols among them. */
export type WebSocketInit = WebSocketOptions & {
  /**
   * Subprotocols, the preferred one first; a server that chooses none of them fails the connection.
   *
   * @defaultValue none
   * @since 0.1.0
   */
  readonly protocols?: string | readonly string[] | undefined;
};

// Assigned in the class, because only the class can reach `#link`.
let listenersChanged: (socket: WebSocket, type: unknown, options: unknown) => void;

/** The events of a {@link WebSocket}. */
export interface WebSocketEventMap {
  /** The connection is open. */
  open: Event;
  /** A whole message: `event.data` is a string, or a Blob or ArrayBuffer as `binaryType` says. */
  message: MessageEvent;
  /** The connection failed; `close` follows. The property `error` has the reason, which browsers do not tell. */
  error: FailureEvent;
  /** The connection has ended; the last event. */
  close: CloseEventAttributes;
}

/** The options of `addEventListener`. */
export interface ListenerOptions {
  readonly capture?: boolean | undefined;
  readonly once?: boolean | undefined;
  readonly passive?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Listener<E extends Event> =
  ((this: WebSocket, event: E) => unknown) | { handleEvent(event: E): unknown };

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export interface WebSocket {
  addEventListener<K extends keyof WebSocketEventMap>(
    type: K,
    listener: Listener<WebSocketEventMap[K]> | null,
    options?: boolean | ListenerOptions,
  ): void;
  addEventListener(type: string, listener: Listener<Event> | null, options?: boolean | ListenerOptions): void;
  removeEventListener<K extends keyof WebSocketEventMap>(
    type: K,
    listener: Listener<WebSocketEventMap[K]> | null,
    options?: boolean | { readonly capture?: boolean | undefined },
  ): void;
  removeEventListener(
    type: string,
    listener: Listener<Event> | null,
    options?: boolean | { readonly capture?: boolean | undefined },
  ): void;
  /** 0. */
  readonly CONNECTING: 0;
  /** 1. */
  readonly OPEN: 1;
  /** 2. */
  readonly CLOSING: 2;
  /** 3. */
  readonly CLOSED: 3;
}

/**
 * A WebSocket with the interface of the browsers. In browsers the event `error` does not have a reason. Here it has the
 * reason in the property `error`.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export class WebSocket extends EventTarget {
  /** 0: the opening handshake is under way. */
  static readonly CONNECTING: 0;
  /** 1: messages can be sent. */
  static readonly OPEN: 1;
  /** 2: the closing handshake has begun, or `close` has been called. */
  static readonly CLOSING: 2;
  /** 3: the connection is closed, or could not be opened. */
  static readonly CLOSED: 3;

  readonly #handlers = new Handlers(this);
  readonly #link: Link;

  /**
   * @param url - `ws:`, `wss:`, `http:` or `https:`, absolute.
   * @param protocols - one subprotocol, or several with the preferred one first. The server has to choose one of them.
   * @param options - not part of the web platform: the options of `connect`, such as `headers` and `tls`. They may take
   *   the place of the subprotocols, with the subprotocols as option `protocols`, as in Node's own `WebSocket` and in Bun.
   * @throws DOMException `SyntaxError`: the URL or a subprotocol cannot be used.
   * @throws TypeError: an option that `connect` does not have.
   */
  constructor(
    url: string | URL,
    protocols: string | readonly string[] | WebSocketInit = [],
    options: WebSocketOptions = {},
  ) {
    if (arguments.length === 0) throw new TypeError('a WebSocket needs a URL');
    // All arguments are converted before the first is checked.
    const address = usvString(url);
    if (isInit(protocols)) {
      if (arguments.length > 2)
        throw new TypeError('WebSocket takes (url, protocols, options) or (url, options)');
      ({ protocols = [], ...options } = protocols);
    }
    const list = stringOrStrings(protocols);
    super();
    const record = recordOf(address);
    checkProtocols(list);
    this.#link = new Link(record, this);
    // Browsers ignore a third argument, so a third argument that is not an object is ignored here.
    const given = typeof options === 'object' && (options as unknown) !== null ? options : {};
    checkOptions('WebSocket', given, OPTIONS);
    const origin = given.origin ?? location()?.origin;
    void this.#link.open(list, origin === undefined ? given : optionsWith(given, OPTIONS, { origin }));
  }

  /** The URL, absolute, with the scheme `ws:` or `wss:`. */
  get url(): string {
    return this.#link.url.href;
  }

  /** 0 to 3: {@link CONNECTING}, {@link OPEN}, {@link CLOSING}, {@link CLOSED}. */
  get readyState(): number {
    return this.#link.state;
  }

  /**
   * Number of bytes of messages that have been sent and not yet handed to the transport. Decreases only between two
   * tasks. After the end of the connection each `send` still adds to it, and it never decreases.
   */
  get bufferedAmount(): number {
    return this.#link.bufferedAmount;
  }

  /** The extension in use; '' for none. */
  get extensions(): string {
    return this.#link.extensions;
  }

  /** The subprotocol in use; '' for none. */
  get protocol(): string {
    return this.#link.protocol;
  }

  /** Whether binary messages arrive as Blob (default) or as ArrayBuffer. Other values are ignored. */
  get binaryType(): BinaryType {
    return this.#link.binaryType;
  }

  set binaryType(value: BinaryType) {
    const link = this.#link;
    const text = domString(value);
    if (text === 'blob' || text === 'arraybuffer') link.binaryType = text;
  }

  /**
   * Sends a message. While closing or closed, only `bufferedAmount` changes.
   *
   * @param data - a string is sent as text, bytes and Blobs as binary. Any other value is converted to a string.
   * @throws DOMException `InvalidStateError`: the WebSocket is still connecting.
   * @throws TypeError: the memory is shared or can be resized.
   */
  send(data: string | ArrayBuffer | NodeJS.ArrayBufferView | Blob): void {
    const link = this.#link;
    if (arguments.length === 0) throw new TypeError('there is nothing to send');
    const message = messageOf(data);
    if (link.state === CONNECTING)
      throw new DOMException('the WebSocket is still connecting', 'InvalidStateError');
    const length =
      typeof message === 'string'
        ? Buffer.byteLength(message)
        : message instanceof Uint8Array
          ? message.byteLength
          : message.size;
    link.send(message, length);
  }

  /**
   * Begins to close. While connecting, it ends the attempt to connect.
   *
   * @param code - 1000 or 3000 to 4999. Default: none.
   * @param reason - at most 123 bytes of UTF-8. Default: ''.
   * @throws DOMException `InvalidAccessError`: another code; `SyntaxError`: a longer reason.
   */
  close(code?: number, reason?: string): void;
  // The rest parameter makes `close.length` 0, as WebIDL requires.
  close(...[code, reason]: [code?: number, reason?: string]): void {
    const link = this.#link;
    const status = code === undefined ? undefined : clampedShort(code);
    const text = reason === undefined ? '' : usvString(reason);
    if (status !== undefined && status !== 1000 && (status < 3000 || status > 4999))
      throw new DOMException('the code must be 1000 or from 3000 to 4999', 'InvalidAccessError');
    if (Buffer.byteLength(text) > MAX_CLOSE_REASON_LENGTH)
      throw syntaxError(`the reason must not have more than ${MAX_CLOSE_REASON_LENGTH} bytes`);
    link.close(status, text);
  }

  get onopen(): Handler {
    return this.#handlers.get('open') as Handler;
  }
  set onopen(value: Handler) {
    this.#handlers.set('open', value);
  }
  get onmessage(): Handler<MessageEvent> {
    return this.#handlers.get('message') as Handler<MessageEvent>;
  }
  set onmessage(value: Handler<MessageEvent>) {
    this.#handlers.set('message', value);
  }
  get onerror(): Handler {
    return this.#handlers.get('error') as Handler;
  }
  set onerror(value: Handler) {
    this.#handlers.set('error', value);
  }
  get onclose(): Handler<CloseEventAttributes> {
    return this.#handlers.get('close') as Handler<CloseEventAttributes>;
  }
  set onclose(value: Handler<CloseEventAttributes>) {
    this.#handlers.set('close', value);
  }

  /** `console.log` shows the properties of the standard, the URL without user and password. @internal */
  [inspect.custom](depth: number, options: InspectOptions): string {
    if (depth < 0) return '[WebSocket]';
    const { readyState, bufferedAmount, extensions, protocol, binaryType } = this;
    const url = new URL(this.url);
    url.username = url.password = '';
    const shown = { url: url.href, readyState, bufferedAmount, extensions, protocol, binaryType };
    return `WebSocket ${inspect(shown, options)}`;
  }

  static {
    listenersChanged = (socket, type, options) => {
      if (#link in socket) socket.#link.listenersChanged(type, options);
    };
  }
}

/**
 * Overrides a method of EventTarget. After each call the link checks the listeners, because they decide whether a
 * WebSocket may be garbage collected.
 */
function notice(name: 'addEventListener' | 'removeEventListener'): void {
  const method = Reflect.get(EventTarget.prototype, name) as (...args: unknown[]) => void;
  const { [name]: value } = {
    [name](this: WebSocket, ...args: unknown[]): void {
      Reflect.apply(method, this, args);
      listenersChanged(this, args[0], args[2]);
    },
  };
  Object.defineProperty(value, 'length', { value: method.length, configurable: true });
  Object.defineProperty(WebSocket.prototype, name, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}
notice('addEventListener');
notice('removeEventListener');

Object.defineProperty(WebSocket.prototype, Symbol.toStringTag, { value: 'WebSocket', configurable: true });
for (const [name, value] of Object.entries({ CONNECTING, OPEN, CLOSING, CLOSED })) {
  const constant = { value, enumerable: true, writable: false, configurable: false };
  Object.defineProperty(WebSocket, name, constant);
  Object.defineProperty(WebSocket.prototype, name, constant);
}
for (const name of [
  'url',
  'readyState',
  'bufferedAmount',
  'extensions',
  'protocol',
  'binaryType',
  'send',
  'close',
  'onopen',
  'onmessage',
  'onerror',
  'onclose',
]) {
  // Members of WebIDL interfaces are enumerable.
  Object.defineProperty(WebSocket.prototype, name, { enumerable: true });
}
