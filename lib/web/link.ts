/**
 * The link has the state of a {@link WebSocket} and its connection. The WebSocket refers to the link, and the
 * connection reports to the link. The link has only a weak reference to the WebSocket, so that an unused WebSocket can
 * be garbage collected. The standard protects a WebSocket from collection while an event may come for which it has a
 * listener, and while data waits to be sent (WHATWG WebSockets, section 3.4). During that time the reference is strong.
 *
 * Each report of the connection becomes a task. The tasks run in the order of the reports. The microtasks of one event
 * run before the next event, even if several messages arrive in one chunk.
 */
import { getEventListeners } from 'node:events';
import { CloseStatus } from '../component/index.js';
import { atEndOfTick, ConnectionError, inMicrotask, inNextTurn } from '../connection/index.js';
import type { CloseInfo, Connection } from '../connection/index.js';
import { connect } from '../opening/index.js';
import type { ConnectOptions } from '../opening/index.js';
import { BLOCKED_PORTS } from './blocked-ports.js';
import { CloseEvent, messageEvent } from './events.js';
import { inTurn } from './openings.js';

/** The options of `connect` without those for subprotocols. The constructor takes the subprotocols as an argument. */
export type WebSocketOptions = Omit<ConnectOptions, 'protocols' | 'protocolRequired'>;

/** How binary messages arrive. */
export type BinaryType = 'blob' | 'arraybuffer';

export const CONNECTING = 0;
export const OPEN = 1;
export const CLOSING = 2;
export const CLOSED = 3;

/** A bit for each type of event, so that a number can be a set of types. */
const EVENTS: Readonly<Record<string, number>> = { open: 1, message: 2, error: 4, close: 8 };
/** For each state: the set of events that protect the WebSocket from collection if they have a listener. */
const PROTECTING = [1 | 2 | 4 | 8, 2 | 4 | 8, 4 | 8, 0] as const;

const collected = new FinalizationRegistry<Link>((link) => link.abandon());

function failedInfo(): CloseInfo {
  return { code: CloseStatus.Aborted, reason: '', wasClean: false };
}

export class Link {
  readonly url: URL;
  binaryType: BinaryType = 'blob';
  protocol = '';
  extensions = '';
  /** Number of bytes of sent messages that had not been written when this task began, and of those sent since. */
  bufferedAmount = 0;
  readonly #target: WeakRef<EventTarget>;
  /** The WebSocket while it must not be collected; otherwise null. */
  #protected: EventTarget | null = null;
  /** The set of events that have listeners. */
  #heard = 0;
  /** True if a listener may go without a call of `removeEventListener`: by the option `once` or `signal`. */
  #mayShrink = false;
  readonly #opening = new AbortController();
  #connection: Connection | null = null;
  #state = CONNECTING;
  /** The reason why this side failed the connection; undefined if it has not. */
  #failure: unknown = undefined;
  /** The tasks. The first {@link #done} of them have run. */
  #tasks: (() => void)[] = [];
  #done = 0;
  /** Number of messages that have not been written yet. */
  #unsent = 0;
  /** Number of bytes written in this task. */
  #written = 0;

  constructor(url: URL, target: EventTarget) {
    this.url = url;
    this.#target = new WeakRef(target);
    collected.register(target, this);
  }

  get state(): number {
    // When the peer begins to close, the state changes only after all tasks for earlier reports have run.
    if (this.#state === OPEN && this.#tasks.length === 0 && this.#connection!.state !== 'open')
      return CLOSING;
    return this.#state;
  }

  // ---- Opening ----

  /** Opens the connection. Never rejects: a failure becomes the events `error` and `close`. */
  async open(protocols: string[], options: WebSocketOptions): Promise<void> {
    const { signal } = this.#opening;
    const given = options.signal;
    // This is a listener, because AbortSignal.any does not accept signals of other realms.
    const giveUp = (): void => this.#opening.abort(given!.reason);
    let connection: Connection;
    try {
      // The constructor has to return before any event is fired.
      await Promise.resolve();
      if (given?.aborted === true) giveUp();
      else given?.addEventListener('abort', giveUp, { once: true });
      const { port, protocol, hostname } = this.url;
      if (port !== '' && BLOCKED_PORTS.has(Number(port))) throw new TypeError(`the port ${port} is blocked`);
      const host = `${hostname}:${port === '' ? protocol : port}`;
      // RFC 6455 allows a server to choose no subprotocol. The standard does not (WHATWG WebSockets, section 2.2).
      const all = { ...options, protocols, protocolRequired: true, signal };
      connection = await inTurn(host, signal, () => connect(this.url, all));
    } catch (error) {
      this.#failure = error;
      inNextTurn(() => this.#ended(failedInfo()), undefined);
      return;
    } finally {
      given?.removeEventListener('abort', giveUp);
    }
    this.#connection = connection;
    if (this.#state !== CONNECTING) connection.terminate();
    this.#queue(() => this.#opened(connection));
    connection.on('close', (info) => this.#queue(() => this.#ended(info)));
    connection.on('message', (data) => this.#queue(() => this.#message(data)));
  }

  #opened(connection: Connection): void {
    if (this.#state !== CONNECTING) return;
    this.#state = OPEN;
    this.protocol = connection.protocol;
    this.extensions = connection.extensions;
    this.#protect();
    this.#fire(new Event('open'));
  }

  // ---- Messages ----

  #message(data: string | Uint8Array): void {
    if (this.#state !== OPEN) return;
    let value: unknown = data;
    if (typeof data !== 'string') {
      // The bytes may be part of a larger chunk, so they are copied.
      const bytes = new Uint8Array(data);
      value = this.binaryType === 'blob' ? new Blob([bytes]) : bytes.buffer;
    }
    this.#fire(messageEvent(value, this.url.origin));
  }

  send(message: string | Uint8Array | Blob, length: number): void {
    this.bufferedAmount += length;
    if (this.state !== OPEN) return;
    this.#unsent++;
    this.#protect();
    this.#connection!.send(message).then(
      () => this.#sent(length),
      (error: unknown) => this.#notSent(error),
    );
  }

  /** Called when a message could not be sent. Its bytes stay in `bufferedAmount`, as the standard requires. */
  #notSent(error: unknown): void {
    this.#unsent--;
    // If the connection has failed, the connection reports the end itself.
    if (error instanceof ConnectionError) return;
    // A Blob could not be read. Sending the messages after it would leave a gap, so the connection ends, as in `ws`.
    this.#failure ??= error;
    this.#connection!.terminate();
  }

  /** Called when a message has been written. `bufferedAmount` decreases only between two tasks. */
  #sent(length: number): void {
    this.#unsent--;
    if (this.#written === 0) {
      inNextTurn(() => {
        this.bufferedAmount -= this.#written;
        this.#written = 0;
        this.#protect();
      }, undefined);
    }
    this.#written += length;
  }

  // ---- Closing ----

  /** Begins to close. The caller has checked the arguments. */
  close(status: number | undefined, reason: string): void {
    const { state } = this;
    if (state === CLOSING || state === CLOSED) return;
    this.#state = CLOSING;
    if (state === CONNECTING) {
      this.#failure = new DOMException('the WebSocket was closed while connecting', 'AbortError');
      this.#opening.abort(this.#failure);
      this.#connection?.terminate();
    } else if (status === undefined && reason === '') {
      this.#beginClose(CloseStatus.Empty, '');
    } else {
      this.#beginClose(status ?? CloseStatus.Success, reason);
    }
    this.#protect();
  }

  /** Called when the WebSocket has been garbage collected. Closes the connection; no event is fired. */
  abandon(): void {
    if (this.#connection === null) this.#opening.abort();
    else this.#beginClose(CloseStatus.Empty, '');
  }

  /** Sends a close frame. An event reports the end. The promise rejects only if the close frame could not be made. */
  #beginClose(status: number, reason: string): void {
    this.#connection!.close(status, reason).catch((error: unknown) => {
      this.#failure ??= error;
      this.#connection!.terminate();
    });
  }

  #ended(info: CloseInfo): void {
    if (this.#state === CLOSED) return;
    // A lost transport is not a failure of this side: it becomes only the event `close` with the code 1006.
    const lost = info.error === undefined || info.error.code === 'ERR_CONNECTION_LOST';
    const failure = this.#failure ?? (lost ? undefined : info.error);
    this.#state = CLOSED;
    if (failure !== undefined) {
      const event = new Event('error');
      Object.defineProperty(event, 'error', { value: failure, enumerable: false });
      this.#fire(event);
    }
    const { code, reason, wasClean } = info;
    this.#fire(new CloseEvent('close', { code, reason, wasClean }));
    this.#protect();
  }

  // ---- Tasks and listeners ----

  #queue(task: () => void): void {
    if (this.#tasks.push(task) === 1) atEndOfTick(this.#run, undefined);
  }

  /** Runs one task. The task is in the list until it ends, so that `state` sees that reports are still waiting. */
  readonly #run = (): void => {
    try {
      this.#tasks[this.#done]!();
    } finally {
      this.#done++;
      if (this.#done === this.#tasks.length) {
        this.#tasks = [];
        this.#done = 0;
      } else {
        inMicrotask(this.#runLater);
      }
    }
  };

  /**
   * Runs the next task after all microtasks. Node runs a tick that a microtask asks for when no microtasks are left.
   * This costs less than a turn of the event loop for each message.
   */
  readonly #runLater = (): void => atEndOfTick(this.#run, undefined);

  #fire(event: Event): void {
    const target = this.#target.deref();
    if (target === undefined) return;
    target.dispatchEvent(event);
    if (this.#mayShrink) this.listenersChanged();
  }

  /**
   * Called when a listener has been added or removed, or may have been.
   *
   * @param options - the options of `addEventListener`.
   */
  listenersChanged(options?: unknown): void {
    const target = this.#target.deref()!;
    if (typeof options === 'object' && options !== null) this.#mayShrink = true;
    this.#heard = 0;
    for (const [type, flag] of Object.entries(EVENTS))
      if (getEventListeners(target, type).length !== 0) this.#heard |= flag;
    this.#protect();
  }

  #protect(): void {
    const isNeeded =
      (this.#heard & PROTECTING[this.#state as 0]) !== 0 || (this.#unsent !== 0 && this.#state === OPEN);
    if (isNeeded === (this.#protected !== null)) return;
    this.#protected = isNeeded ? (this.#target.deref() ?? null) : null;
  }
}
