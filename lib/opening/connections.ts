/**
 * A client that connects again: one connection after the other to the same URL, with growing pauses between failures.
 */
import { EventEmitter } from 'node:events';
import {
  Alarm,
  delayOption,
  follow,
  guarded,
  integerOption,
  throwIfAborted,
  untilAborted,
  warnOfForeignListeners,
} from '../connection/index.js';
import type { Connection, EmittingClass, Iteration } from '../connection/index.js';
import { isMendable, Pace } from './again.js';
import { connect } from './client.js';
import type { ConnectOptions } from './client-options.js';
import { HandshakeError } from './errors.js';
import { checkOptions, CONNECT_OPTIONS, optionsWith } from './known-options.js';
import type { Names } from './known-options.js';
import { targetOf } from './target.js';

/**
 * Options of `connections`.
 *
 * @since 0.1.0
 */
export interface ConnectionsOptions extends Omit<ConnectOptions, 'signal'> {
  /**
   * Milliseconds of the first pause; each further failure in a row makes it `factor` times as long.
   *
   * @unit milliseconds
   * @defaultValue 500
   */
  readonly firstDelay?: number | undefined;
  /**
   * Milliseconds of the longest pause. It also limits the pause that a server asks for in `Retry-After`; a pause is
   * shorter than that only for this limit.
   *
   * @unit milliseconds
   * @defaultValue 30000
   */
  readonly maxDelay?: number | undefined;
  /**
   * The factor by which each pause is longer than the one before; at least 1.
   *
   * @defaultValue 2
   */
  readonly factor?: number | undefined;
  /**
   * The part of a pause that is random, 0 to 1, so that the clients of a server that was away do not come back at
   * the same moment.
   *
   * @defaultValue 0.5
   */
  readonly jitter?: number | undefined;
  /**
   * Most attempts in a row without a good connection; then the last error ends the loop. 0 is no limit.
   *
   * @unit attempts
   * @defaultValue 0
   */
  readonly maxAttempts?: number | undefined;
  /**
   * Milliseconds after which an open connection is good, so that pauses start again at the first.
   *
   * @unit milliseconds
   * @defaultValue 10000
   */
  readonly goodAfter?: number | undefined;
  /**
   * Decides after a failure, of an attempt or of an open connection, whether there is another attempt; `false`
   * ends the loop with the error. Another attempt cannot mend an answer with a status other than 408, 425, 429 and
   * 5xx, a failure of TLS such as an untrusted certificate or a peer without TLS, an answer that is not HTTP, nor any
   * code of `HandshakeError` except `ERR_CONNECT_FAILED` and `ERR_HANDSHAKE_TIMEOUT`.
   *
   * @defaultValue `true` for failures that another attempt can mend
   */
  readonly retry?: ((error: Error) => boolean | Promise<boolean>) | undefined;
  /**
   * Closes the open connection at once, even while the loop's body runs, and ends the loop with the signal's reason when
   * the body is done. A loop that has been left ignores the signal.
   *
   * @defaultValue none
   */
  readonly signal?: AbortSignal | undefined;
}

/** Events of {@link Connections}. An exception of a listener is an uncaught exception, and the loop goes on. */
export interface ConnectionsEvents {
  /** An attempt begins. The first one has the number 1; after a good connection the numbers begin anew. */
  attempt: [info: { readonly attempt: number }];
  /** An attempt has opened a connection. */
  open: [connection: Connection, info: { readonly attempt: number }];
  /** An attempt has failed, or an open connection has ended. The next attempt comes after `delay` milliseconds. */
  wait: [info: { readonly attempt: number; readonly delay: number; readonly error: Error | undefined }];
}

const OWN: Names<Omit<ConnectionsOptions, keyof ConnectOptions>> = {
  firstDelay: true,
  maxDelay: true,
  factor: true,
  jitter: true,
  maxAttempts: true,
  goodAfter: true,
  retry: true,
};

/** The options for connecting again, with their defaults. */
class RetryPolicy {
  readonly pace: Pace;
  readonly maxAttempts: number;
  readonly goodAfter: number;
  readonly retry: (error: Error) => boolean | Promise<boolean>;

  /** @throws TypeError, RangeError: an option of the wrong type or out of range. */
  constructor(options: ConnectionsOptions) {
    this.pace = new Pace(options);
    this.maxAttempts = integerOption('maxAttempts', options.maxAttempts, 0, 0);
    this.goodAfter = delayOption('goodAfter', options.goodAfter, 10_000, 0);
    const { retry = isMendable } = options;
    if (typeof retry !== 'function') throw new TypeError('retry must be a function');
    this.retry = retry;
  }
}

/**
 * Connections to one URL, one after the other. Several loops over one object share the connections: each connection goes
 * to one loop, in the order in which the loops ask. Leaving one loop ends the others at their next round.
 *
 * @see {@link connections}
 */
export class Connections extends EventEmitter<ConnectionsEvents> implements AsyncIterable<Connection> {
  readonly #url: string | URL;
  readonly #options: ConnectOptions;
  readonly #policy: RetryPolicy;
  readonly #signal: AbortSignal | undefined;
  /** Attempts since the last good connection. */
  #attempt = 0;
  #current: Connection | null = null;
  #openedAt = 0;
  /** Resolves after the earlier calls of `next`, so that they run one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #left = false;
  /** Aborted when the loop is left. This ends the wait and the attempt. */
  #leaving = new AbortController();
  /** Makes the signal close the current connection no more. */
  #ignoreSignal: (() => void) | null = null;

  /** Use {@link connections}. @internal */
  constructor(url: string | URL, options: ConnectionsOptions) {
    super();
    const known = { ...CONNECT_OPTIONS, ...OWN };
    checkOptions('connections', options, known);
    const { firstDelay, maxDelay, factor, jitter, maxAttempts, goodAfter, retry, signal, ...rest } =
      optionsWith(options, known, {});
    // Another attempt cannot mend the URL. Each attempt makes its own target of it.
    targetOf(url, rest.socketPath);
    this.#policy = new RetryPolicy({ firstDelay, maxDelay, factor, jitter, maxAttempts, goodAfter, retry });
    this.#url = url;
    this.#options = rest;
    this.#signal = signal;
  }

  /** The connection that is open; null between two. */
  get current(): Connection | null {
    return this.#current?.state === 'open' ? this.#current : null;
  }

  [Symbol.asyncIterator](): Iteration<Connection> {
    this.#left = false;
    this.#leaving = new AbortController();
    const iterator: Iteration<Connection> = {
      next: () => {
        const result = this.#turn.then(() => this.#next());
        this.#turn = result.catch(() => undefined);
        return result;
      },
      return: () => {
        this.#left = true;
        this.#leaving.abort();
        this.#ignoreSignal?.();
        return Promise.resolve({ value: undefined, done: true });
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  async #next(): Promise<IteratorResult<Connection, undefined>> {
    const signal = this.#signal;
    /** Aborts when either of both signals does. */
    const over = new AbortController();
    const unfollow = [follow(over, signal), follow(over, this.#leaving.signal)];
    try {
      throwIfAborted(signal);
      await this.#end(over.signal);
      for (;;) {
        const connection = await this.#try(over.signal);
        if (connection !== null) return { value: connection, done: false };
      }
    } catch (error) {
      if (this.#left && signal?.aborted !== true) return { value: undefined, done: true };
      throw error;
    } finally {
      for (const forget of unfollow) forget();
    }
  }

  /** Waits for the end of the previous connection, and for the pause after it. */
  async #end(over: AbortSignal): Promise<void> {
    const connection = this.#current;
    if (connection === null) return;
    // Another loop may have left this connection.
    this.#closeOnAbort(connection);
    const info = await untilAborted(connection.closed, this.#leaving.signal);
    throwIfAborted(this.#signal);
    this.#current = null;
    if (performance.now() - this.#openedAt >= this.#policy.goodAfter) this.#attempt = 0;
    await this.#pause(info.error, over);
  }

  /** Makes the signal close a connection, until the connection has ended or the loop has been left. */
  #closeOnAbort(connection: Connection): void {
    const signal = this.#signal;
    if (signal === undefined) return;
    this.#ignoreSignal?.();
    const close = (): void => void connection.close();
    const ignore = (): void => signal.removeEventListener('abort', close);
    signal.addEventListener('abort', close, { once: true });
    this.#ignoreSignal = ignore;
    void connection.closed.then(ignore);
  }

  /** Emits an event. A listener that throws must not end the loop, because nobody would have the new connection. */
  #tell<K extends keyof ConnectionsEvents>(event: K, ...values: ConnectionsEvents[K]): void {
    guarded(
      () => void (this.emit as (name: string, ...all: unknown[]) => boolean).call(this, event, ...values),
    );
  }

  /** @returns the connection; null after a failure and its pause. */
  async #try(over: AbortSignal): Promise<Connection | null> {
    this.#attempt++;
    const attempt = this.#attempt;
    this.#tell('attempt', { attempt });
    let connection: Connection;
    try {
      connection = await connect(this.#url, { ...this.#options, signal: over });
    } catch (error) {
      throwIfAborted(over);
      if (!(error instanceof HandshakeError)) throw error;
      await this.#pause(error, over);
      return null;
    }
    if (over.aborted) connection.terminate();
    throwIfAborted(over);
    this.#current = connection;
    this.#openedAt = performance.now();
    this.#closeOnAbort(connection);
    this.#tell('open', connection, { attempt });
    return connection;
  }

  /** @throws the error, if there is to be no other attempt. */
  async #pause(error: Error | undefined, over: AbortSignal): Promise<void> {
    const { maxAttempts } = this.#policy;
    if (error !== undefined && !(await untilAborted(Promise.resolve(this.#policy.retry(error)), over)))
      throw error;
    if (maxAttempts !== 0 && this.#attempt >= maxAttempts)
      throw (
        error ?? new HandshakeError('ERR_CONNECT_FAILED', `${maxAttempts} connections in a row did not last`)
      );
    const delay = this.#policy.pace.delayAfter(Math.max(1, this.#attempt), error);
    this.#tell('wait', { attempt: this.#attempt, delay, error });
    await sleep(delay, over);
  }
}

async function sleep(milliseconds: number, over: AbortSignal): Promise<void> {
  let alarm!: Alarm;
  const elapsed = new Promise<void>((resolve) => {
    alarm = Alarm.after(milliseconds, resolve, undefined);
  });
  try {
    await untilAborted(elapsed, over);
  } finally {
    alarm.stop();
  }
}

// Without 'error': `once` of node:events listens to it on every emitter.
const EVENTS: EmittingClass = {
  name: 'the loop of connections()',
  events: ['attempt', 'open', 'wait'],
  foreign: {
    message: "connections have the event 'message'",
    connection: "the event is 'open'",
    connect: "the event is 'open'",
    close: "connections have the event 'close'; the event 'wait' tells that one has ended",
  },
};
warnOfForeignListeners(Connections.prototype, EVENTS);

/**
 * Opens a connection, and another one when it has ended, for as long as the loop goes on:
 *
 * ```js
 * for await (const connection of connections('wss://example.com/')) {
 *   connection.on('message', show);
 *   await connection.send('hello');
 * }
 * ```
 *
 * The loop's body runs for each connection, and the next round begins when that connection has ended. Between failures
 * there are pauses that grow. A message that was being sent when a connection ended may or may not have arrived: the program
 * repeats it, or not. Leaving the loop leaves the connection open.
 *
 * @param options - those of `connect`, and some for connecting again.
 * @throws TypeError, RangeError: a URL or an option that cannot be used.
 */
export function connections(url: string | URL, options: ConnectionsOptions = {}): Connections {
  return new Connections(url, options);
}
