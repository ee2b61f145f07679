/** Redis, by the package `redis` (4 or later). */
import { prefixOf } from './options.js';
import type { ChannelOptions } from './options.js';
import type { RelayTransport, RelayTransportEvents } from './transport.js';

/** The part of a client of the package `redis` that the relay uses. */
export interface RedisClient {
  readonly isReady: boolean;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
  publish(channel: string, message: Buffer): Promise<unknown>;
  /** Another client with the same options: Redis needs a separate connection for subscriptions. */
  duplicate(): unknown;
}

interface Subscriber {
  readonly isReady: boolean;
  on(event: string, listener: (...values: never[]) => void): unknown;
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: (message: Buffer) => void, bufferMode: true): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  destroy?(): void;
  disconnect?(): Promise<unknown>;
}

class RedisTransport implements RelayTransport {
  readonly #client: RedisClient;
  readonly #prefix: string;
  #subscriber: Subscriber | null = null;
  #events: RelayTransportEvents | null = null;

  constructor(client: RedisClient, prefix: string) {
    this.#client = client;
    this.#prefix = prefix;
  }

  open(events: RelayTransportEvents): void {
    this.#events = events;
    const subscriber = this.#client.duplicate() as Subscriber;
    this.#subscriber = subscriber;
    for (const event of ['ready', 'reconnecting', 'end']) {
      subscriber.on(event, this.#look);
      this.#client.on(event, this.#look);
    }
    subscriber.on('error', this.#onError);
    // It tries again as long as the client's `reconnectStrategy` allows. Then the event `error` has had the reason.
    void subscriber.connect().catch(this.#onError);
    this.#look();
  }

  readonly #look = (): void => {
    if (this.#client.isReady && this.#subscriber?.isReady === true) this.#events?.up();
    else this.#events?.down();
  };

  readonly #onError = (error: Error): void => {
    this.#events?.down(error);
  };

  subscribe(channel: string): Promise<unknown> {
    const listener = (message: Buffer): void => this.#events?.message(channel, message);
    return this.#subscriber!.subscribe(this.#prefix + channel, listener, true);
  }

  unsubscribe(channel: string): Promise<unknown> {
    return this.#subscriber!.unsubscribe(this.#prefix + channel);
  }

  publish(channel: string, bytes: Uint8Array): Promise<unknown> {
    return this.#client.publish(
      this.#prefix + channel,
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
    );
  }

  async close(): Promise<void> {
    this.#events = null;
    for (const event of ['ready', 'reconnecting', 'end']) this.#client.off(event, this.#look);
    const subscriber = this.#subscriber;
    this.#subscriber = null;
    if (subscriber === null) return;
    // Version 4 has no `destroy`.
    if (subscriber.destroy === undefined) await subscriber.disconnect?.();
    else subscriber.destroy();
  }
}

/**
 * Redis, for `relay`.
 *
 * @param client - a client of the package `redis`, which the program has connected and closes itself. The relay publishes
 *   with it, and makes one more with `client.duplicate()` for subscriptions.
 */
export function redis(client: RedisClient, options: ChannelOptions = {}): RelayTransport {
  if (typeof (client as Partial<RedisClient> | null)?.duplicate !== 'function' || !('isReady' in client))
    throw new TypeError("redis needs a client of the package 'redis'");
  return new RedisTransport(client, prefixOf('redis', options, 'wspc:'));
}
