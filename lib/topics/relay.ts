/**
 * A relay joins the topics of servers in several processes: messages of one server reach the subscribers of all.
 * The engine between them is the program's own. Local subscribers never wait for it: a message is delivered here first,
 * and while the engine is away it is delivered here alone, and counted as unsent.
 */
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { guarded, inMicrotask, quietDeferred, warnOfForeignListeners } from '../connection/index.js';
import type { EmittingClass, PreparedMessage, TopicWatcher } from '../connection/index.js';
import { Server } from '../opening/index.js';
import { NAME_LENGTH, open, seal } from './envelope.js';
import { ReceivedNumbers, SentNumbers } from './numbers.js';
import { refuseOptions } from './options.js';
import type { RelayTransport } from './transport.js';

/** Counts of messages of a relay. */
export interface RelayCounters {
  /** Handed to the engine. */
  readonly sent: number;
  /** Delivered to this server's subscribers alone, because the engine was away or refused them. */
  readonly unsent: number;
  /** Of other relays, delivered to this server's subscribers. */
  readonly received: number;
  /** Of other relays, missing before one that has come: they were unsent there, or lost on the way. */
  readonly lost: number;
  /** Dropped because they had come before. */
  readonly again: number;
  /** Dropped because they are no messages of a relay. */
  readonly malformed: number;
  /** Dropped because they are of a later version of this package. */
  readonly newer: number;
}

/** Events of a {@link Relay}. */
export interface RelayEvents {
  /** The engine is there, for the first time or again; all subscriptions have been passed on. */
  up: [];
  /** The engine is away, or a transport without an engine at the start has said why. Local delivery goes on. */
  down: [error: Error | undefined];
  /** Messages of another relay to a topic, or to all connections (null), have not come. */
  lost: [info: { readonly topic: string | null; readonly count: number }];
  /**
   * A message could not be sent, and has been counted as unsent; a topic could not be subscribed to; or the transport could
   * not be opened or closed. After a failed opening the relay closes.
   */
  failed: [error: Error];
  /** The relay has closed; the server publishes to its own subscribers alone. */
  close: [];
}

const BROADCAST = 'b';
const TOPIC = 't:';

export class Relay extends EventEmitter<RelayEvents> {
  readonly #server: Server;
  readonly #transport: RelayTransport;
  readonly #name = randomBytes(NAME_LENGTH);
  readonly #ownName = this.#name.toString('hex');
  readonly #sent = new SentNumbers();
  /** The wanted channels. Each has the numbers of its received messages. */
  readonly #wanted = new Map<string, ReceivedNumbers>();
  /** The last operation of each channel; the next one waits for it. Absent: none is under way. */
  readonly #operations = new Map<string, Promise<void>>();
  /** The channels that the transport listens to. */
  readonly #had = new Set<string>();
  #isUp = false;
  /** Whether the engine was there, or a reason for its absence has been told. */
  #wasHeardOf = false;
  #isClosed = false;
  #counters = { sent: 0, unsent: 0, received: 0, lost: 0, again: 0, malformed: 0, newer: 0 };
  readonly #wasUp = quietDeferred<undefined>();
  /**
   * Resolves when the engine was there for the first time. Rejects with the transport's error if the transport cannot be
   * opened, and with an `Error` if the relay or its server closes before. A program need not wait for it.
   */
  readonly ready: Promise<void>;

  /** Use {@link relay}. @internal */
  constructor(server: Server, transport: RelayTransport) {
    super();
    this.#server = server;
    this.#transport = transport;
    const publisher = server._publisher;
    if (publisher.relay !== null) throw new TypeError('the server has a relay already');
    publisher.relay = { publish: (topic, message) => this.#send(topic, message) };
    publisher.topics.watcher = this.#watcher;
    this.ready = Promise.all([this.#open(), this.#wasUp.promise]).then(() => undefined);
    this.ready.catch(() => undefined);
    this.#want(BROADCAST);
    for (const topic of publisher.topics.names()) this.#want(TOPIC + topic);
    server.once('close', this.#onServerClose);
  }

  /** Whether the engine is there. */
  get isUp(): boolean {
    return this.#isUp;
  }

  get counters(): RelayCounters {
    return { ...this.#counters };
  }

  /** The topics that this relay subscribes to: those with subscribers on this server. */
  get topics(): string[] {
    return [...this.#had]
      .filter((channel) => channel !== BROADCAST)
      .map((channel) => channel.slice(TOPIC.length));
  }

  /** Never rejects. */
  async #open(): Promise<void> {
    try {
      await this.#transport.open({
        message: (channel, bytes) => this.#receive(channel, bytes),
        up: () => void this.#up(),
        down: (error) => this.#down(error),
      });
    } catch (error) {
      // Now the program has had the time to add its listeners.
      await Promise.resolve();
      this.#tell('failed', error as Error);
      this.#wasUp.reject(error);
      await this.close();
    }
  }

  // ---- Subscriptions ----

  readonly #watcher: TopicWatcher = {
    first: (topic) => this.#want(TOPIC + topic),
    last: (topic) => {
      this.#wanted.delete(TOPIC + topic);
      void this.#settle(TOPIC + topic);
    },
  };

  #want(channel: string): void {
    this.#wanted.set(channel, new ReceivedNumbers());
    void this.#settle(channel);
  }

  /** Makes the transport listen to a channel, or not, as is wanted when the earlier operations are done. */
  #settle(channel: string): Promise<void> {
    const before = this.#operations.get(channel) ?? Promise.resolve();
    const operation = before.then(() => this.#apply(channel));
    this.#operations.set(channel, operation);
    void operation.then(() => {
      if (this.#operations.get(channel) === operation) this.#operations.delete(channel);
    });
    return operation;
  }

  /** Never rejects. */
  async #apply(channel: string): Promise<void> {
    const isWanted = this.#wanted.has(channel) && !this.#isClosed;
    if (!this.#isUp || isWanted === this.#had.has(channel)) return;
    try {
      if (isWanted) {
        await this.#transport.subscribe(channel);
        this.#had.add(channel);
      } else {
        this.#had.delete(channel);
        await this.#transport.unsubscribe(channel);
      }
    } catch (error) {
      this.#tell('failed', error as Error);
    }
  }

  // ---- The engine ----

  async #up(): Promise<void> {
    if (this.#isUp || this.#isClosed) return;
    this.#isUp = true;
    this.#wasHeardOf = true;
    const channels = new Set([...this.#wanted.keys(), ...this.#had]);
    await Promise.all([...channels].map((channel) => this.#settle(channel)));
    this.#wasUp.resolve(undefined);
    // The engine may be away again.
    if (this.isUp) this.#tell('up');
  }

  #down(error: Error | undefined): void {
    if (this.#isClosed) return;
    if (this.#isUp) {
      this.#isUp = false;
      this.#tell('down', error);
    } else if (!this.#wasHeardOf && error !== undefined) {
      this.#wasHeardOf = true;
      // A transport may call this while it is being opened: the program adds its listeners afterwards.
      inMicrotask(() => this.#tell('down', error));
    }
  }

  // ---- Messages ----

  #send(topic: string | null, message: PreparedMessage): void {
    if (this.#isClosed) return;
    const channel = topic === null ? BROADCAST : TOPIC + topic;
    // An unsent message has a number, too, so the others notice that it is missing.
    const number = this.#sent.next(channel);
    if (!this.#isUp) {
      this.#counters.unsent++;
      return;
    }
    const refused = (error: unknown): void => {
      this.#counters.sent--;
      this.#counters.unsent++;
      this.#tell('failed', error as Error);
    };
    this.#counters.sent++;
    try {
      const result = this.#transport.publish(channel, seal(message, this.#name, number));
      if (result instanceof Promise) result.catch(refused);
    } catch (error) {
      refused(error);
    }
  }

  #receive(channel: string, bytes: Uint8Array): void {
    const numbers = this.#wanted.get(channel);
    if (numbers === undefined || this.#isClosed) return;
    const opened = open(bytes);
    if (typeof opened === 'string') {
      this.#counters[opened]++;
      return;
    }
    if (opened.sender === this.#ownName) return;
    const missing = numbers.judge(opened.sender, opened.number);
    if (missing === 'again') {
      this.#counters.again++;
      return;
    }
    const topic = channel === BROADCAST ? null : channel.slice(TOPIC.length);
    if (missing !== 0) {
      this.#counters.lost += missing;
      this.#tell('lost', { topic, count: missing });
    }
    this.#counters.received++;
    const publisher = this.#server._publisher;
    if (topic === null) publisher.broadcastHere(opened.message());
    else publisher.publishHere(topic, opened.message());
  }

  /** Emits an event. A listener that throws is an uncaught exception, and harms no message. */
  #tell<K extends keyof RelayEvents>(event: K, ...values: RelayEvents[K]): void {
    guarded(
      () => void (this.emit as (name: string, ...all: unknown[]) => boolean).call(this, event, ...values),
    );
  }

  // ---- The end ----

  readonly #onServerClose = (): void => void this.close();

  /** Leaves the other servers. The program's client stays open, and local delivery goes on. The end of the server does this too. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isUp = false;
    const publisher = this.#server._publisher;
    publisher.relay = null;
    publisher.topics.watcher = null;
    this.#server.off('close', this.#onServerClose);
    this.#wanted.clear();
    this.#wasUp.reject(new Error('the relay was closed before the engine was there'));
    try {
      await this.#transport.close();
    } catch (error) {
      this.#tell('failed', error as Error);
    }
    this.#tell('close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

// Without 'error': `once` of node:events listens to it on every emitter.
const EVENTS: EmittingClass = {
  name: 'a Relay',
  events: ['up', 'down', 'lost', 'failed', 'close'],
  foreign: {
    ready: 'ready is a promise',
    connect: "the event is 'up'",
    disconnect: "the event is 'down'",
    message: 'connections get the messages',
  },
};
warnOfForeignListeners(Relay.prototype, EVENTS);

const METHODS = ['open', 'subscribe', 'unsubscribe', 'publish', 'close'] as const;

/**
 * Joins the topics of this server with those of servers in other processes.
 *
 * @param server - of `listen`, `attach`, `listenHttp2` or `attachHttp2`. It has at most one relay.
 * @param transport - such as `redis(client)`.
 * @throws TypeError no server, no transport, options (a relay has none), or a server that is closed or has a relay.
 */
export function relay(server: Server, transport: RelayTransport): Relay;
export function relay(server: Server, transport: RelayTransport, ...others: unknown[]): Relay {
  if (!(server instanceof Server)) throw new TypeError('relay needs a server of this package');
  const given = transport as Partial<RelayTransport> | null | undefined;
  for (const method of METHODS)
    if (typeof given?.[method] !== 'function')
      throw new TypeError(`relay needs a transport, such as redis(client): it has no ${method}`);
  refuseOptions('relay', others);
  if (server.isClosed) throw new TypeError('the server is closed');
  return new Relay(server, transport);
}
