/**
 * The state of a {@link WebSocket}, and its connection. The WebSocket holds the link, and the connection reports to the
 * link. The link has only a weak reference to the WebSocket, so that a WebSocket that nobody uses can be collected. The
 * reference is strong while the standard protects the WebSocket (WHATWG WebSockets, section 3.4): while an event may come
 * that somebody listens for, or while data waits to be sent.
 *
 * Each report of the connection becomes a task, in the order of the reports. The promises of one event are settled
 * before the next event, even where several messages came in one chunk.
 */
import { getEventListeners } from 'node:events';
import { CloseStatus } from '../component/index.js';
import { atEndOfTick, ConnectionError, inMicrotask, inNextTurn } from '../connection/index.js';
import type { CloseInfo, Connection } from '../connection/index.js';
import { connect } from '../opening/index.js';
import type { ConnectOptions } from '../opening/index.js';
import { BLOCKED_PORTS } from './blocked-ports.js';
import { CloseEvent, Message } from './events.js';
import { inTurn } from './openings.js';

/** The options of `connect`, for all that a browser decides by itself. The subprotocols are an argument of their own. */
export type WebSocketOptions = Omit<ConnectOptions, 'protocols' | 'protocolRequired'>;

/** How binary messages arrive. */
export type BinaryType = 'blob' | 'arraybuffer';

export const CONNECTING = 0;
export const OPEN = 1;
export const CLOSING = 2;
export const CLOSED = 3;

/** The types of events, as a set. */
const EVENTS: Readonly<Record<string, number>> = { open: 1, message: 2, error: 4, close: 8 };
/** By state: events for whose listeners the WebSocket is kept. */
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
  /** Bytes of messages that were sent and not yet written, as of the beginning of this task. */
  bufferedAmount = 0;
  readonly #target: WeakRef<EventTarget>;
  /** The WebSocket, while it must not be collected. */
  #protected: EventTarget | null = null;
  /** The set of events that have listeners. */
  #heard = 0;
  /** A listener may have been removed without a call: it was for one event, or until a signal. */
  #mayShrink = false;
  readonly #opening = new AbortController();
  #connection: Connection | null = null;
  #state = CONNECTING;
  /** The reason why this end failed the connection; undefined while it has not. */
  #failure: unknown = undefined;
  /** Tasks, of which the first {@link #done} have run. */
  #tasks: (() => void)[] = [];
  #done = 0;
  /** Messages that have not been written yet. */
  #unsent = 0;
  /** Bytes written in this task. */
  #written = 0;

  constructor(url: URL, target: EventTarget) {
    this.url = url;
    this.#target = new WeakRef(target);
    collected.register(target, this);
  }

  get state(): number {
    // That the peer has begun to close is a task of its own, behind what came before it.
    if (this.#state === OPEN && this.#tasks.length === 0 && this.#connection!.state !== 'open')
      return CLOSING;
    return this.#state;
  }

  // ---- Opening ----

  /** Opens the connection. Never rejects: a failure becomes the events `error` and `close`. */
  async open(protocols: string[], options: WebSocketOptions): Promise<void> {
    const { signal } = this.#opening;
    const given = options.signal;
    // A listener, not AbortSignal.any: that takes no signals of other realms.
    const giveUp = (): void => this.#opening.abort(given!.reason);
    let connection: Connection;
    try {
      // The events come after the constructor has returned, whatever happens.
      await Promise.resolve();
      if (given?.aborted === true) giveUp();
      else given?.addEventListener('abort', giveUp, { once: true });
      const { port, protocol, hostname } = this.url;
      if (port !== '' && BLOCKED_PORTS.has(Number(port))) throw new TypeError(`the port ${port} is blocked`);
      const host = `${hostname}:${port === '' ? protocol : port}`;
      // RFC 6455 lets a server choose none of the subprotocols; the standard does not (WHATWG WebSockets, section 2.2).
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
      // The bytes may lie in a larger chunk.
      const bytes = new Uint8Array(data);
      value = this.binaryType === 'blob' ? new Blob([bytes]) : bytes.buffer;
    }
    this.#fire(new Message('message', { data: value, origin: this.url.origin }));
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

  /** The bytes of a message that was not sent stay in the amount, as the standard has it. */
  #notSent(error: unknown): void {
    this.#unsent--;
    // The end of a connection that has failed is reported by the connection.
    if (error instanceof ConnectionError) return;
    // A Blob could not be read. The messages behind it cannot be sent in its place, so the connection ends, as in `ws`.
    this.#failure ??= error;
    this.#connection!.terminate();
  }

  /** The amount changes between tasks only. */
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

  /** The arguments have been checked. */
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

  /** The WebSocket has been collected: nobody will hear the end. */
  abandon(): void {
    if (this.#connection === null) this.#opening.abort();
    else this.#beginClose(CloseStatus.Empty, '');
  }

  /** The connection reports its end as an event; its promise rejects only where the close frame could not be made. */
  #beginClose(status: number, reason: string): void {
    this.#connection!.close(status, reason).catch((error: unknown) => {
      this.#failure ??= error;
      this.#connection!.terminate();
    });
  }

  #ended(info: CloseInfo): void {
    if (this.#state === CLOSED) return;
    // A transport that went away is no failure of this end: `close` with 1006 says it.
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

  /** Runs one task. It stays in the list meanwhile: what came behind it has not happened yet. */
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
   * The ticks that a microtask asks for come when there are no microtasks left: that is the end of a task, and cheaper
   * than a turn of the loop for each message.
   */
  readonly #runLater = (): void => atEndOfTick(this.#run, undefined);

  #fire(event: Event): void {
    const target = this.#target.deref();
    if (target === undefined) return;
    target.dispatchEvent(event);
    if (this.#mayShrink) this.listenersChanged();
  }

  /** @param options - of addEventListener. */
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
