/**
 * The link has the state of a {@link WebSocket} and its connection. The WebSocket refers to the link, and the
 * connection reports to the link. The link has only a weak reference to the WebSocket, so that an unused WebSocket can
 * be garbage collected. The standard protects a WebSocket from collection while an event may come for which it has a
 * listener, and while data waits to be sent (WHATWG WebSockets, section 3.4). During that time the reference is strong.
 *
 * Each report of the connection becomes a task. The tasks run in the order of the reports. The microtasks of one event
 * run before the next event, even if several messages arrive in one chunk. The messages that are sent meanwhile leave
 * in one write, as they do in the listeners of a connection.
 */
import { getEventListeners } from 'node:events';
import { CloseStatus } from '../component/index.js';
import {
  atEndOfTick,
  ConnectionError,
  follow,
  inMicrotask,
  inNextTurn,
  RESOLVED,
} from '../connection/index.js';
import type { CloseInfo, Connection } from '../connection/index.js';
import { connect } from '../opening/index.js';
import type { ConnectOptions } from '../opening/index.js';
import { CONNECT_OPTIONS, optionsWith } from '../opening/known-options.js';
import { BLOCKED_PORTS } from './blocked-ports.js';
import { ownBytes } from './conversions.js';
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
const ANY_EVENT = 1 | 2 | 4 | 8;
/** For each state: the set of events that protect the WebSocket from collection if they have a listener. */
const PROTECTING = [1 | 2 | 4 | 8, 2 | 4 | 8, 4 | 8, 0] as const;

/** Longest time, in milliseconds, that sent messages wait for the events of one chunk, besides the last event's own. */
const LONGEST_WAIT = 1;
/** Most bytes of sent messages that wait for the events of one chunk. */
const MOST_WAITING = 1 << 16;

/** A report of the connection: a message, or a function for any other report. */
type Task = string | Uint8Array | (() => void);

/** The links of which bytes have been written in this task. */
let written: Link[] = [];

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
  /**
   * The set of events after which a listener may be gone without a call of `removeEventListener`. The option `once` takes
   * it away after its own event, the option `signal` at any time.
   */
  #mayShrink = 0;
  readonly #opening = new AbortController();
  #connection: Connection | null = null;
  #state = CONNECTING;
  /** The reason why this side failed the connection; undefined if it has not. */
  #failure: unknown = undefined;
  /** The tasks. The first {@link #done} of them have run. */
  #tasks: Task[] = [];
  #done = 0;
  /** Whether sent messages wait until the tasks have run. */
  #isCorked = false;
  /** While corked: when the latest write was, as the `timeStamp` of an event, and the bytes that were sent since. */
  #lastWrite = 0;
  #corkedBytes = 0;
  readonly #origin: string;
  /** Number of messages that have not been written yet. */
  #unsent = 0;
  /** Number of bytes written in this task, and whether its end will subtract them. */
  #written = 0;
  #isSubtracting = false;

  constructor(url: URL, target: EventTarget) {
    this.url = url;
    this.#origin = url.origin;
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
    let unfollow: (() => void) | undefined;
    let connection: Connection;
    try {
      // The constructor has to return before any event is fired.
      await Promise.resolve();
      unfollow = follow(this.#opening, options.signal);
      const { port, protocol, hostname } = this.url;
      if (port !== '' && BLOCKED_PORTS.has(Number(port))) throw new TypeError(`the port ${port} is blocked`);
      const host = `${hostname}:${port === '' ? protocol : port}`;
      // RFC 6455 allows a server to choose no subprotocol. The standard does not (WHATWG WebSockets, section 2.2).
      const own = { protocols, protocolRequired: true, signal };
      const all: ConnectOptions = optionsWith<ConnectOptions>(options, CONNECT_OPTIONS, own);
      connection = await inTurn(host, signal, () => connect(this.url, all));
    } catch (error) {
      this.#failure = error;
      inNextTurn(() => this.#ended(failedInfo()), undefined);
      return;
    } finally {
      unfollow?.();
    }
    this.#connection = connection;
    if (this.#state !== CONNECTING) connection.terminate();
    this.#queue(() => this.#opened(connection));
    connection.on('close', (info) => this.#queue(() => this.#ended(info)));
    connection.on('message', (data) => this.#queue(data));
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
      // The bytes are part of a larger chunk, so they are copied. A Blob copies them itself.
      value = this.binaryType === 'blob' ? new Blob([data]) : new Uint8Array(data).buffer;
    }
    this.#fire(messageEvent(value, this.#origin));
  }

  send(message: string | Uint8Array | Blob, length: number): void {
    this.bufferedAmount += length;
    if (this.state !== OPEN) return;
    const connection = this.#connection!;
    const sending = connection.send(connection.copiesAtOnce(length) ? message : ownBytes(message));
    if (sending === RESOLVED) {
      this.#wrote(length);
    } else {
      this.#unsent++;
      this.#protect();
      sending.then(
        () => this.#sent(length),
        (error: unknown) => this.#notSent(error),
      );
    }
    if (this.#isCorked && (this.#corkedBytes += length) >= MOST_WAITING) this.#writeCorked(this.#lastWrite);
  }

  /** @param time - of the event that runs now. */
  #writeCorked(time: number): void {
    this.#lastWrite = time;
    this.#corkedBytes = 0;
    this.#connection!.flush();
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

  /** Called when a message that had to wait has been written. */
  #sent(length: number): void {
    this.#unsent--;
    this.#wrote(length);
  }

  /** `bufferedAmount` decreases only between two tasks. */
  #wrote(length: number): void {
    this.#written += length;
    if (this.#isSubtracting) return;
    this.#isSubtracting = true;
    if (written.push(this) === 1) inNextTurn(subtractWritten, undefined);
  }

  /** Called between two tasks. */
  subtractWritten(): void {
    this.bufferedAmount -= this.#written;
    this.#written = 0;
    this.#isSubtracting = false;
    this.#protect();
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

  #queue(task: Task): void {
    // While corked, a run is already under way: the one that will uncork.
    if (this.#tasks.push(task) === 1 && !this.#isCorked) atEndOfTick(this.#run, undefined);
  }

  /** Runs one task. The task is in the list until it ends, so that `state` sees that reports are still waiting. */
  readonly #run = (): void => {
    if (this.#done === this.#tasks.length) {
      this.#uncork();
      return;
    }
    const task = this.#tasks[this.#done]!;
    if (!this.#isCorked && this.#tasks.length > 1) this.#cork();
    try {
      if (typeof task === 'function') task();
      else this.#message(task);
    } finally {
      if (++this.#done === this.#tasks.length) {
        this.#tasks = [];
        this.#done = 0;
      }
      if (this.#done !== 0 || this.#isCorked) inMicrotask(this.#runLater);
    }
  };

  /**
   * Runs the next task after all microtasks. Node runs a tick that a microtask asks for when no microtasks are left.
   * This costs less than a turn of the event loop for each message.
   */
  readonly #runLater = (): void => atEndOfTick(this.#run, undefined);

  #cork(): void {
    this.#isCorked = true;
    this.#lastWrite = performance.now();
    this.#connection!.cork();
  }

  #uncork(): void {
    this.#isCorked = false;
    this.#corkedBytes = 0;
    this.#connection!.uncork();
  }

  #fire(event: Event): void {
    const target = this.#protected ?? this.#target.deref();
    if (target === undefined) return;
    const { timeStamp } = event;
    if (this.#isCorked && timeStamp - this.#lastWrite > LONGEST_WAIT) this.#writeCorked(timeStamp);
    target.dispatchEvent(event);
    if (this.#mayShrink !== 0 && (this.#mayShrink & EVENTS[event.type]!) !== 0) this.#recount();
  }

  /**
   * Called when a listener has been added or removed.
   *
   * @param options - the options of `addEventListener`.
   */
  listenersChanged(type: unknown, options: unknown): void {
    if (typeof options === 'object' && options !== null) {
      const { signal } = options as { readonly signal?: unknown };
      this.#mayShrink |= signal === undefined ? (EVENTS[String(type)] ?? 0) : ANY_EVENT;
    }
    this.#recount();
  }

  #recount(): void {
    const target = this.#target.deref()!;
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

function subtractWritten(): void {
  const links = written;
  written = [];
  for (const link of links) link.subtractWritten();
}
