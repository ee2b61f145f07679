/** Redis, by the package `ioredis` (5 or later). */
import { prefixOf } from './options.js';
import type { ChannelOptions } from './options.js';
import type { RelayTransport, RelayTransportEvents } from './transport.js';

/** The part of a client of the package `ioredis` that the relay uses. */
export interface IoredisClient {
  readonly status: string;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
  publish(channel: string, message: Buffer): Promise<unknown>;
  /** Another client with the same options: Redis needs a separate connection for subscriptions. */
  duplicate(): unknown;
}

interface Subscriber {
  readonly status: string;
  on(event: string, listener: (...values: never[]) => void): unknown;
  connect(): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  disconnect(): void;
}

const CHANGES = ['ready', 'close', 'end'];

class IoredisTransport implements RelayTransport {
  readonly #client: IoredisClient;
  readonly #prefix: string;
  #subscriber: Subscriber | null = null;
  #events: RelayTransportEvents | null = null;
  #error: Error | undefined = undefined;

  constructor(client: IoredisClient, prefix: string) {
    this.#client = client;
    this.#prefix = prefix;
  }

  open(events: RelayTransportEvents): void {
    this.#events = events;
    const subscriber = this.#client.duplicate() as Subscriber;
    this.#subscriber = subscriber;
    for (const event of CHANGES) {
      subscriber.on(event, this.#look);
      this.#client.on(event, this.#look);
    }
    subscriber.on('error', (error: Error) => (this.#error = error));
    subscriber.on('messageBuffer', (channel: Buffer, message: Buffer) => {
      this.#events?.message(channel.toString().slice(this.#prefix.length), message);
    });
    // A client with the option `lazyConnect` waits for its first command.
    if (subscriber.status === 'wait')
      void subscriber.connect().catch((error: unknown) => this.#events?.down(error as Error));
    this.#look();
  }

  readonly #look = (): void => {
    const isReady = this.#client.status === 'ready' && this.#subscriber?.status === 'ready';
    const error = this.#error;
    this.#error = undefined;
    if (isReady) this.#events?.up();
    else this.#events?.down(error);
  };

  subscribe(channel: string): Promise<unknown> {
    return this.#subscriber!.subscribe(this.#prefix + channel);
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

  close(): void {
    this.#events = null;
    for (const event of CHANGES) this.#client.off(event, this.#look);
    this.#subscriber?.disconnect();
    this.#subscriber = null;
  }
}

/**
 * Redis, for `relay`.
 *
 * @param client - a client of the package `ioredis`, which the program closes itself. The relay publishes with it, and
 *   makes one more with `client.duplicate()` for subscriptions.
 */
export function ioredis(client: IoredisClient, options: ChannelOptions = {}): RelayTransport {
  if (typeof (client as Partial<IoredisClient> | null)?.duplicate !== 'function' || !('status' in client))
    throw new TypeError("ioredis needs a client of the package 'ioredis'");
  return new IoredisTransport(client, prefixOf('ioredis', options, 'wspc:'));
}
