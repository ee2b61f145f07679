/**
 * The topics of one server, and its connections that subscribe to them. A server without subscriptions has three empty
 * tables, and a connection without subscriptions is in none of them.
 */

/** Most UTF-16 units of the name of a topic. */
export const LONGEST_TOPIC = 256;

const LONE_SURROGATE = /\p{Surrogate}/u;

/** @throws TypeError, RangeError: the topic is no string of 1 to 256 UTF-16 units, or UTF-8 cannot encode it. */
export function checkTopic(topic: unknown): asserts topic is string {
  if (typeof topic !== 'string') throw new TypeError(`a topic must be a string, not ${typeof topic}`);
  const { length } = topic;
  if (length === 0 || length > LONGEST_TOPIC)
    throw new RangeError(`a topic must have 1 to ${LONGEST_TOPIC} UTF-16 units, not ${length}`);
  if (LONE_SURROGATE.test(topic)) throw new TypeError('a topic must not have half of a surrogate pair');
}

/** Called when a topic gets its first subscriber and loses its last, for a relay between servers. */
export interface TopicWatcher {
  /** A topic has its first subscriber. */
  first(topic: string): void;
  /** A topic has no subscribers any more. */
  last(topic: string): void;
}

/** A slow subscriber. */
export interface Lag {
  /** Number of messages that were dropped since it became slow. */
  dropped: number;
}

export class Topics<T> {
  readonly #subscribers = new Map<string, Set<T>>();
  readonly #topics = new Map<T, Set<string>>();
  /** The slow connections. */
  readonly lags = new Map<T, Lag>();
  /** Bytes of published messages that wait for the end of a message in parts, by connection. */
  readonly held = new Map<T, number>();
  watcher: TopicWatcher | null = null;

  /** The names of all topics that have subscribers. */
  names(): string[] {
    return [...this.#subscribers.keys()];
  }

  /** The subscribers of a topic; undefined if it has none. */
  subscribersOf(topic: string): ReadonlySet<T> | undefined {
    return this.#subscribers.get(topic);
  }

  /** The topics of a connection; undefined if it has none. */
  topicsOf(member: T): ReadonlySet<string> | undefined {
    return this.#topics.get(member);
  }

  /** @returns whether the connection was not a subscriber before. */
  add(topic: string, member: T): boolean {
    const subscribers = this.#subscribers.get(topic);
    if (subscribers?.has(member) === true) return false;
    if (subscribers === undefined) this.#subscribers.set(topic, new Set([member]));
    else subscribers.add(member);
    const topics = this.#topics.get(member);
    if (topics === undefined) this.#topics.set(member, new Set([topic]));
    else topics.add(topic);
    if (subscribers === undefined) this.watcher?.first(topic);
    return true;
  }

  /** @returns whether the connection was a subscriber before. */
  remove(topic: string, member: T): boolean {
    const topics = this.#topics.get(member);
    if (topics?.delete(topic) !== true) return false;
    if (topics.size === 0) this.#topics.delete(member);
    this.#drop(topic, member);
    return true;
  }

  /** The connection has ended. */
  leave(member: T): void {
    this.lags.delete(member);
    this.held.delete(member);
    const topics = this.#topics.get(member);
    if (topics === undefined) return;
    this.#topics.delete(member);
    for (const topic of topics) this.#drop(topic, member);
  }

  #drop(topic: string, member: T): void {
    const subscribers = this.#subscribers.get(topic)!;
    subscribers.delete(member);
    if (subscribers.size !== 0) return;
    this.#subscribers.delete(topic);
    this.watcher?.last(topic);
  }
}
