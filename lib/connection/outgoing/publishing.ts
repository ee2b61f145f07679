/**
 * Sends one message to many connections of a server: to the subscribers of a topic, or to all. Each connection takes it
 * into its output, and all output of a tick leaves in one write. A subscriber is slow if many bytes wait that its
 * transport has not taken in earlier ticks. So a burst within one tick makes no subscriber slow.
 */
import type { PreparedMessage } from '../payload/prepared.js';
import { guarded, rethrowLater } from '../state/emitter.js';
import { tooMuchBuffered } from '../state/failures.js';
import type { Group, Member } from '../state/group.js';
import type { ConnectionState } from '../state/state.js';
import { Topics } from '../state/topics.js';
import type { Lag } from '../state/topics.js';
import { framePrepared } from './prepared.js';
import { send } from './sending.js';
import { sendFailed } from './refusals.js';
import { waitingBelow, WRITE_OVERHEAD } from './writing.js';

/** The treatment of a subscriber that does not read; see `AttachOptions.slowSubscribers`. */
export type SlowPolicy = 'wait' | 'drop' | 'close';

/** Called when subscribers become slow and when they have caught up. */
export interface LagListener<T extends ConnectionState> {
  /** @param waiting - bytes that wait for the subscriber. */
  slow(connection: T, waiting: number): void;
  /** @param dropped - messages that the subscriber has missed meanwhile. */
  caughtUp(connection: T, dropped: number): void;
}

/** Passes on what a server publishes to other servers. */
export interface PublisherRelay {
  /** @param topic - null for a message to all connections. */
  publish(topic: string | null, message: PreparedMessage): void;
}

export class Publisher<T extends ConnectionState & Member<T>> {
  readonly topics = new Topics<T>();
  /** Null if the server is alone. */
  relay: PublisherRelay | null = null;
  readonly #group: Group<T>;
  readonly #policy: SlowPolicy;
  readonly #limit: number;
  readonly #listener: LagListener<T>;
  /**
   * Whether messages are being delivered. Messages published meanwhile come later, so each connection has the same
   * order.
   */
  #isDelivering = false;
  readonly #later: (() => unknown)[] = [];
  /** Calls for the end of a delivery. */
  readonly #afterwards: (() => void)[] = [];

  /** @param limit - bytes that may wait for a subscriber before it is slow. */
  constructor(group: Group<T>, policy: SlowPolicy, limit: number, listener: LagListener<T>) {
    this.#group = group;
    this.#policy = policy;
    this.#limit = limit;
    this.#listener = listener;
    group.topics = this.topics;
  }

  /** @returns the number of connections that got the message, or will get it after the present delivery. */
  publish(topic: string, message: PreparedMessage, except: ReadonlySet<T> | T | undefined): number {
    this.relay?.publish(topic, message);
    return this.publishHere(topic, message, except);
  }

  /** Sends a message to all connections. */
  broadcast(message: PreparedMessage, except: ReadonlySet<T> | T | undefined): number {
    this.relay?.publish(null, message);
    return this.broadcastHere(message, except);
  }

  /** {@link publish}, to this server alone. */
  publishHere(topic: string, message: PreparedMessage, except?: ReadonlySet<T> | T): number {
    if (!this.#isDelivering) return this.#deliver(this.topics.subscribersOf(topic) ?? [], message, except);
    this.#later.push(() => this.#sendToAll(this.topics.subscribersOf(topic) ?? [], message, except));
    return this.topics.subscribersOf(topic)?.size ?? 0;
  }

  /** {@link broadcast}, to this server alone. */
  broadcastHere(message: PreparedMessage, except?: ReadonlySet<T> | T): number {
    if (!this.#isDelivering) return this.#deliver(this.#group.members(), message, except);
    this.#later.push(() => this.#sendToAll(this.#group.members(), message, except));
    return this.#group.size;
  }

  #deliver(
    connections: Iterable<T>,
    message: PreparedMessage,
    except: ReadonlySet<T> | T | undefined,
  ): number {
    this.#isDelivering = true;
    try {
      const count = this.#sendToAll(connections, message, except);
      // The calls for the end of a delivery may publish: such a message comes behind those that wait already.
      for (let later = this.#settle(); later !== undefined; later = this.#settle()) later();
      return count;
    } finally {
      this.#isDelivering = false;
    }
  }

  /** Makes the calls for the end of a delivery. @returns the delivery that comes next. */
  #settle(): (() => unknown) | undefined {
    if (this.#afterwards.length !== 0) for (const call of this.#afterwards.splice(0)) guarded(call);
    return this.#later.shift();
  }

  /** @returns the number of connections that get the message. */
  #sendToAll(
    connections: Iterable<T>,
    message: PreparedMessage,
    except: ReadonlySet<T> | T | undefined,
  ): number {
    let count = 0;
    for (const connection of connections) {
      if (connection === except || (except instanceof Set && except.has(connection))) continue;
      try {
        if (this.#send(connection, message)) count++;
      } catch (error) {
        // An error of one connection must not keep the others from getting the message. A connection that has failed
        // tells why.
        const told = sendFailed(connection, error);
        if (told === error) rethrowLater(error);
      }
    }
    return count;
  }

  /** @returns whether the connection gets the message. */
  #send(connection: T, message: PreparedMessage): boolean {
    if (connection._isShut(0)) return false;
    const waiting = waitingBelow(connection);
    const { _rare: rare } = connection;
    const isPlain = rare === null || (rare.turn === null && rare.waitingWrites === 0);
    if (!isPlain || waiting > this.#limit || this.topics.lags.size !== 0) {
      const held = this.topics.held.get(connection) ?? 0;
      const overhead = rare === null ? 0 : rare.waitingWrites * WRITE_OVERHEAD;
      if (!this.#admits(connection, waiting + held + overhead)) return false;
      if (rare !== null && rare.turn !== null) return this.#sendLater(connection, message, held);
    }
    return framePrepared(connection, message, waiting) === null;
  }

  /** Notes whether a subscriber becomes slow or has caught up. Returns whether it gets the message. */
  #admits(connection: T, waiting: number): boolean {
    const { lags } = this.topics;
    let lag = lags.get(connection);
    if (lag === undefined) {
      if (waiting <= this.#limit) return true;
      lag = { dropped: 0 };
      lags.set(connection, lag);
      this.#fallBehind(connection, waiting);
    } else if (waiting * 2 <= this.#limit) {
      this.#catchUp(connection, lag);
      return true;
    }
    if (this.#policy === 'wait') return true;
    lag.dropped++;
    return false;
  }

  #fallBehind(connection: T, waiting: number): void {
    this.#afterwards.push(() => this.#listener.slow(connection, waiting));
    if (this.#policy !== 'close') return;
    this.#afterwards.push(() => connection._fail(tooMuchBuffered(waiting, this.#limit)));
  }

  #catchUp(connection: T, { dropped }: Lag): void {
    this.topics.lags.delete(connection);
    this.#afterwards.push(() => this.#listener.caughtUp(connection, dropped));
  }

  /** Sends after the message in parts that the connection is sending, like any other send. */
  #sendLater(connection: T, message: PreparedMessage, held: number): boolean {
    const { held: all } = this.topics;
    const { maxBufferedBytes } = this.#group.settings;
    if (held + message.byteLength > maxBufferedBytes) {
      connection._fail(tooMuchBuffered(held + message.byteLength, maxBufferedBytes));
      return false;
    }
    all.set(connection, held + message.byteLength);
    const done = (): void => {
      const rest = (all.get(connection) ?? 0) - message.byteLength;
      if (rest > 0) all.set(connection, rest);
      else all.delete(connection);
    };
    send(connection, message, undefined).then(done, done);
    return true;
  }
}
