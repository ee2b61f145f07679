/**
 * `WebSocket` as the web platform has it (WHATWG WebSockets, section 3.1): the JavaScript API that the component's own
 * documentation names, over a {@link Connection}.
 */
import { types } from 'node:util';
import { CloseStatus, MAX_CLOSE_REASON_LENGTH } from '../component/index.js';
import type { CloseInfo, Connection } from '../connection/index.js';
import { connect } from '../http/index.js';
import type { ConnectOptions } from '../http/index.js';
import { BLOCKED_PORTS } from './blocked-ports.js';
import { CloseEvent, Handlers } from './events.js';
import type { Handler } from './events.js';

/** What a browser decides for itself, and Node leaves to the program: everything of `connect` but the protocols. */
export type WebSocketOptions = Omit<ConnectOptions, 'protocols'>;

/** How binary messages arrive. */
export type BinaryType = 'blob' | 'arraybuffer';

/** Characters of a subprotocol (RFC 6455, section 4.1: a token). */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

function syntaxError(message: string): DOMException {
  return new DOMException(message, 'SyntaxError');
}

function recordOf(url: string): URL {
  let record: URL;
  try {
    // Relative URLs are for programs that have made themselves a location.
    record = new URL(url, (globalThis as { location?: { href?: string } }).location?.href);
  } catch {
    throw syntaxError(`"${url}" is not a URL`);
  }
  if (record.protocol === 'http:') record.protocol = 'ws:';
  else if (record.protocol === 'https:') record.protocol = 'wss:';
  if (record.protocol !== 'ws:' && record.protocol !== 'wss:')
    throw syntaxError(`the URL must begin with ws: or wss:, not ${record.protocol}`);
  if (record.href.includes('#')) throw syntaxError('the URL of a WebSocket has no fragment');
  return record;
}

function protocolsOf(protocols: unknown): string[] {
  const isList = typeof protocols === 'object' && protocols !== null && Symbol.iterator in protocols;
  const list = isList ? Array.from(protocols as Iterable<unknown>, String) : [String(protocols)];
  const seen = new Set<string>();
  for (const protocol of list) {
    if (!TOKEN.test(protocol)) throw syntaxError(`"${protocol}" is not a subprotocol`);
    if (seen.has(protocol.toLowerCase())) throw syntaxError(`the subprotocol "${protocol}" is there twice`);
    seen.add(protocol.toLowerCase());
  }
  return list;
}

/** WebIDL: `[Clamp] unsigned short`. */
function clampToShort(value: unknown): number {
  const number = Number(value);
  if (Number.isNaN(number)) return 0;
  const clamped = Math.min(Math.max(number, 0), 65535);
  const floor = Math.floor(clamped);
  const rest = clamped - floor;
  // Half goes to the even neighbour.
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** The events of a {@link WebSocket}. */
export interface WebSocketEventMap {
  open: Event;
  message: MessageEvent;
  error: Event;
  close: CloseEvent;
}

/** How a listener is added. */
export interface ListenerOptions {
  readonly capture?: boolean;
  readonly once?: boolean;
  readonly passive?: boolean;
  readonly signal?: AbortSignal;
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
    options?: boolean | { readonly capture?: boolean },
  ): void;
  removeEventListener(
    type: string,
    listener: Listener<Event> | null,
    options?: boolean | { readonly capture?: boolean },
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
 * A WebSocket with the interface of the browsers. On an event `error`, which says nothing in browsers, the property
 * `error` has the reason.
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

  readonly #url: URL;
  readonly #handlers = new Handlers(this);
  readonly #opening = new AbortController();
  #connection: Connection | null = null;
  #isFinished = false;
  /** `close` has been called, so nothing is delivered any more. */
  #isClosing = false;
  #binaryType: BinaryType = 'blob';
  #bufferedAmount = 0;
  #protocol = '';

  /**
   * @param url - `ws:`, `wss:`, `http:` or `https:`, absolute.
   * @param protocols - one subprotocol, or several with the preferred one first.
   * @param options - not of the web platform: what `connect` takes, such as `headers` and `tls`.
   * @throws DOMException `SyntaxError`: the URL or a subprotocol cannot be used.
   */
  constructor(url: string | URL, protocols: string | readonly string[] = [], options: WebSocketOptions = {}) {
    if (arguments.length === 0) throw new TypeError('a WebSocket needs a URL');
    super();
    const record = recordOf(String(url));
    const list = protocolsOf(protocols);
    this.#url = record;
    void this.#open(list, options);
  }

  async #open(protocols: string[], options: WebSocketOptions): Promise<void> {
    const signal =
      options.signal === undefined
        ? this.#opening.signal
        : AbortSignal.any([options.signal, this.#opening.signal]);
    let connection: Connection;
    try {
      // The events come later than the constructor returns, whatever happens.
      await Promise.resolve();
      const port = Number(this.#url.port);
      if (this.#url.port !== '' && BLOCKED_PORTS.has(port))
        throw new TypeError(`the port ${port} is blocked`);
      connection = await connect(this.#url, { ...options, protocols, signal });
    } catch (error) {
      setImmediate(() => this.#finish({ code: CloseStatus.Aborted, reason: '', wasClean: false }, error));
      return;
    }
    if (this.#isClosing) {
      connection.terminate();
      this.#finish({ code: CloseStatus.Aborted, reason: '', wasClean: false }, this.#opening.signal.reason);
      return;
    }
    this.#connection = connection;
    this.#protocol = connection.protocol;
    // Listeners first, then `open`: what has arrived already comes in the next tick, after it.
    connection.on('close', (info) => this.#ended(info));
    connection.on('message', (data) => this.#message(data));
    this.dispatchEvent(new Event('open'));
  }

  #message(data: string | Uint8Array): void {
    if (this.readyState !== OPEN) return;
    let value: unknown = data;
    if (typeof data !== 'string') {
      // The bytes may lie in a larger chunk.
      const bytes = new Uint8Array(data);
      value = this.#binaryType === 'blob' ? new Blob([bytes]) : bytes.buffer;
    }
    this.dispatchEvent(new MessageEvent('message', { data: value, origin: this.#url.origin }));
  }

  #ended(info: CloseInfo): void {
    // A transport that went away is no failure of this end: `close` with 1006 says it.
    const failure =
      info.error === undefined || info.error.code === 'ERR_CONNECTION_LOST' ? undefined : info.error;
    this.#finish(info, failure);
  }

  #finish({ code, reason, wasClean }: CloseInfo, error: unknown): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    if (error !== undefined) {
      const event = new Event('error');
      Object.defineProperty(event, 'error', { value: error, enumerable: false });
      this.dispatchEvent(event);
    }
    this.dispatchEvent(new CloseEvent('close', { code, reason, wasClean }));
  }

  /** The URL, absolute, with the scheme `ws:` or `wss:`. */
  get url(): string {
    return this.#url.href;
  }

  /** 0 to 3: {@link CONNECTING}, {@link OPEN}, {@link CLOSING}, {@link CLOSED}. */
  get readyState(): number {
    if (this.#isFinished) return CLOSED;
    if (this.#isClosing) return CLOSING;
    if (this.#connection === null) return CONNECTING;
    return this.#connection.state === 'open' ? OPEN : CLOSING;
  }

  /** Bytes of messages that have been sent and not yet handed to the transport; grows for ever after the end. */
  get bufferedAmount(): number {
    return this.#bufferedAmount;
  }

  /** The extension in use; '' for none. */
  get extensions(): string {
    return this.#connection?.extensions ?? '';
  }

  /** The subprotocol in use; '' for none. */
  get protocol(): string {
    return this.#protocol;
  }

  /** Whether binary messages arrive as Blob (default) or as ArrayBuffer. Other values are ignored. */
  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  set binaryType(value: BinaryType) {
    const text: string = value;
    if (text === 'blob' || text === 'arraybuffer') this.#binaryType = text;
  }

  /**
   * Sends a message; without effect while closing or closed.
   *
   * @param data - a string is text; bytes and Blobs are binary; anything else becomes a string.
   * @throws DOMException `InvalidStateError` while connecting.
   */
  send(data: string | ArrayBuffer | NodeJS.ArrayBufferView | Blob): void {
    if (arguments.length === 0) throw new TypeError('there is nothing to send');
    const message = messageOf(data);
    if (this.readyState === CONNECTING)
      throw new DOMException('the WebSocket is still connecting', 'InvalidStateError');
    const length =
      typeof message === 'string'
        ? Buffer.byteLength(message)
        : message instanceof Blob
          ? message.size
          : message.byteLength;
    this.#bufferedAmount += length;
    if (this.readyState !== OPEN) return;
    this.#connection!.send(message).then(
      () => (this.#bufferedAmount -= length),
      () => {
        // The connection has failed, which its end tells; what was not sent stays in the amount.
      },
    );
  }

  /**
   * Begins to close, or gives up connecting.
   *
   * @param code - 1000 or 3000 to 4999. Default: none.
   * @param reason - at most 123 bytes of UTF-8. Default: ''.
   * @throws DOMException `InvalidAccessError`: another code; `SyntaxError`: a longer reason.
   */
  close(code?: number, reason?: string): void {
    const status = code === undefined ? undefined : clampToShort(code);
    if (status !== undefined && status !== 1000 && (status < 3000 || status > 4999))
      throw new DOMException('the code must be 1000 or from 3000 to 4999', 'InvalidAccessError');
    const text = reason === undefined ? '' : stringOf(reason);
    if (Buffer.byteLength(text) > MAX_CLOSE_REASON_LENGTH)
      throw syntaxError(`the reason must not have more than ${MAX_CLOSE_REASON_LENGTH} bytes`);
    if (this.readyState === CLOSING || this.readyState === CLOSED) return;
    const connection = this.#connection;
    this.#isClosing = true;
    if (connection === null) {
      this.#opening.abort(new DOMException('the WebSocket was closed while connecting', 'AbortError'));
    } else if (status === undefined && text === '') {
      void connection.close(CloseStatus.Empty);
    } else {
      void connection.close(status ?? CloseStatus.Success, text);
    }
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
  get onclose(): Handler<CloseEvent> {
    return this.#handlers.get('close') as Handler<CloseEvent>;
  }
  set onclose(value: Handler<CloseEvent>) {
    this.#handlers.set('close', value);
  }
}

/** WebIDL: whatever it is. */
function stringOf(value: unknown): string {
  return String(value);
}

/** WebIDL: BufferSource, Blob or USVString; bytes are copied, for they may change when `send` has returned. */
function messageOf(data: unknown): string | Uint8Array | Blob {
  if (data instanceof Blob) return data;
  if (types.isArrayBuffer(data)) return new Uint8Array(data).slice();
  if (ArrayBuffer.isView(data)) {
    if (types.isSharedArrayBuffer(data.buffer)) throw new TypeError('shared memory cannot be sent');
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  }
  return String(data);
}

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
