/** The threads of one process, by the `BroadcastChannel` of node:worker_threads: one for each channel. */
import { BroadcastChannel } from 'node:worker_threads';
import { prefixOf } from './options.js';
import type { ChannelOptions } from './options.js';
import type { RelayTransport, RelayTransportEvents } from './transport.js';

/** Most channels that are kept for publishing alone. */
const MOST_SENDERS = 64;

interface Channel {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: unknown): void;
  close(): void;
  unref(): void;
}

class ThreadsTransport implements RelayTransport {
  readonly #prefix: string;
  readonly #listening = new Map<string, Channel>();
  /** Channels without subscribers in this thread. */
  readonly #sending = new Map<string, Channel>();
  #events: RelayTransportEvents | null = null;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  open(events: RelayTransportEvents): void {
    this.#events = events;
    events.up();
  }

  #make(channel: string, listener: (data: unknown) => void): Channel {
    const made = new BroadcastChannel(this.#prefix + channel) as unknown as Channel;
    // Without a listener the messages of others would wait in the channel.
    made.onmessage = ({ data }) => listener(data);
    made.unref();
    return made;
  }

  subscribe(channel: string): void {
    this.#listening.set(
      channel,
      this.#make(channel, (data) => this.#events?.message(channel, data as Uint8Array)),
    );
    this.#sending.get(channel)?.close();
    this.#sending.delete(channel);
  }

  unsubscribe(channel: string): void {
    this.#listening.get(channel)?.close();
    this.#listening.delete(channel);
  }

  publish(channel: string, bytes: Uint8Array): void {
    let sender = this.#listening.get(channel) ?? this.#sending.get(channel);
    if (sender === undefined) {
      sender = this.#make(channel, () => undefined);
      this.#sending.set(channel, sender);
      const [oldest] = this.#sending.keys();
      if (this.#sending.size > MOST_SENDERS) {
        this.#sending.get(oldest!)!.close();
        this.#sending.delete(oldest!);
      }
    }
    // A copy with memory of its own: other threads must not get the rest of a shared pool.
    sender.postMessage(new Uint8Array(bytes));
  }

  close(): void {
    this.#events = null;
    for (const channel of [...this.#listening.values(), ...this.#sending.values()]) channel.close();
    this.#listening.clear();
    this.#sending.clear();
  }
}

/** The threads of this process, for `relay`: each thread with a server calls it. */
export function threads(options: ChannelOptions = {}): RelayTransport {
  return new ThreadsTransport(prefixOf('threads', options, 'wspc:'));
}
