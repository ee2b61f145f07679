/** NATS, by the package `@nats-io/transport-node` (3 or later). */
import { prefixOf } from './options.js';
import type { ChannelOptions } from './options.js';
import type { RelayTransport, RelayTransportEvents } from './transport.js';

/** The part of a connection of `@nats-io/transport-node` that the relay uses. */
export interface NatsConnection {
  isClosed(): boolean;
  status(): AsyncIterable<{ readonly type: string; readonly error?: Error | undefined }>;
  publish(subject: string, payload: Uint8Array): void;
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: { readonly data: Uint8Array }) => void },
  ): { unsubscribe(): void };
  flush(): Promise<void>;
}

/** Characters that stay unchanged in a token of a subject. */
const PLAIN = /^[0-9A-Za-z_-]*$/;

/** One token of a subject for any topic. Other characters are written as the hexadecimal digits of their UTF-8. */
function tokenOf(name: string): string {
  if (PLAIN.test(name)) return name;
  return name.replace(/[^0-9A-Za-z_-]/gu, (character) => {
    return Buffer.from(character).toString('hex').replace(/../g, '=$&');
  });
}

class NatsTransport implements RelayTransport {
  readonly #connection: NatsConnection;
  readonly #prefix: string;
  readonly #subscriptions = new Map<string, { unsubscribe(): void }>();
  #events: RelayTransportEvents | null = null;

  constructor(connection: NatsConnection, prefix: string) {
    this.#connection = connection;
    this.#prefix = prefix;
  }

  open(events: RelayTransportEvents): void {
    this.#events = events;
    this.#watch().catch((error: unknown) => this.#events?.down(error as Error));
    if (this.#connection.isClosed()) events.down(new Error('the connection to NATS is closed'));
    else events.up();
  }

  /** The statuses end with the connection. */
  async #watch(): Promise<void> {
    for await (const { type, error } of this.#connection.status()) {
      if (type === 'reconnect') this.#events?.up();
      else if (type === 'disconnect' || type === 'close') this.#events?.down(error);
      if (this.#events === null) return;
    }
    this.#events?.down(new Error('the connection to NATS is closed'));
  }

  #subject(channel: string): string {
    const [kind, name] = [channel.slice(0, 1), channel.slice(2)];
    return `${this.#prefix}${kind}${name === '' ? '' : `.${tokenOf(name)}`}`;
  }

  async subscribe(channel: string): Promise<void> {
    const subscription = this.#connection.subscribe(this.#subject(channel), {
      callback: (error, message) => {
        if (error === null) this.#events?.message(channel, message.data);
      },
    });
    this.#subscriptions.set(channel, subscription);
    // When the server answers this, it has made the subscription.
    await this.#connection.flush();
  }

  unsubscribe(channel: string): void {
    this.#subscriptions.get(channel)?.unsubscribe();
    this.#subscriptions.delete(channel);
  }

  publish(channel: string, bytes: Uint8Array): void {
    this.#connection.publish(this.#subject(channel), bytes);
  }

  close(): void {
    this.#events = null;
    if (this.#connection.isClosed()) return;
    for (const subscription of this.#subscriptions.values()) subscription.unsubscribe();
    this.#subscriptions.clear();
  }
}

/**
 * NATS, for `relay`. A topic is one token of a subject: `wspc.t.` and the topic, with `=` and hexadecimal digits in place
 * of characters other than letters, digits, `_` and `-`.
 *
 * @param connection - of the package `@nats-io/transport-node`, which the program closes itself.
 */
export function nats(connection: NatsConnection, options: ChannelOptions = {}): RelayTransport {
  const { status, publish } = (connection as Partial<NatsConnection> | null) ?? {};
  if (typeof status !== 'function' || typeof publish !== 'function')
    throw new TypeError("nats needs a connection of the package '@nats-io/transport-node'");
  return new NatsTransport(connection, prefixOf('nats', options, 'wspc.'));
}
