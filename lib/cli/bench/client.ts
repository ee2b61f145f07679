/** One connection of a bench: keeps a number of messages on their way, and measures each answer. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '../../connection/index.js';

/** Milliseconds to wait for the answers on their way. */
const PATIENCE = 1000;

export class BenchClient {
  readonly #connection: Connection;
  readonly #message: string | Uint8Array;
  readonly #answered: (milliseconds: number) => void;
  /** When the messages on their way were sent, the oldest first. */
  readonly #sent: number[] = [];
  #isMeasuring = false;
  #hasSurplus = false;
  /** Called when no more message is on its way, or one has come that answers none. */
  #settled: () => void = () => {};

  constructor(
    connection: Connection,
    message: string | Uint8Array,
    answered: (milliseconds: number) => void,
  ) {
    this.#connection = connection;
    this.#message = message;
    this.#answered = answered;
    connection.on('message', () => this.#receive());
  }

  /** Whether more messages have come than were sent, so that the latencies mean nothing. */
  get hasSurplus(): boolean {
    return this.#hasSurplus;
  }

  /** Sends until so many messages are on their way. */
  fill(inFlight: number): void {
    while (this.#sent.length < inFlight) this.#send();
  }

  /** Measures answers, and sends a message after each. */
  start(inFlight: number): void {
    this.#isMeasuring = true;
    this.fill(inFlight);
  }

  /** Waits until every message is answered, and for a pong, before which a further answer would come. */
  async settle(): Promise<void> {
    this.#isMeasuring = false;
    const end = new AbortController();
    const answered = new Promise<void>((resolve) => (this.#settled = resolve));
    this.#look();
    const pong = answered.then(() => (this.#hasSurplus ? 0 : this.#connection.ping()));
    try {
      await Promise.race([pong, this.#connection.closed, delay(PATIENCE, undefined, { signal: end.signal })]);
    } catch {
      // The connection ended, which `stop` reports.
    } finally {
      end.abort();
    }
  }

  /** Closes. Resolves with the error of the connection, if it failed before. */
  async stop(): Promise<Error | undefined> {
    const hadEnded = this.#connection.state !== 'open';
    this.#isMeasuring = false;
    // The close frame of the server would come after all of the messages that are too many.
    if (this.#hasSurplus) this.#connection.terminate();
    const { error, code } = await this.#connection.close();
    if (!hadEnded) return undefined;
    return error ?? new Error(`the server closed with ${code}`);
  }

  #send(): void {
    this.#sent.push(performance.now());
    // A failure ends the connection, and `stop` reports it.
    void this.#connection.send(this.#message);
  }

  #receive(): void {
    const at = this.#sent.shift();
    if (at === undefined) this.#hasSurplus = true;
    else if (this.#isMeasuring) {
      this.#answered(performance.now() - at);
      this.#send();
      return;
    }
    this.#look();
  }

  #look(): void {
    if (this.#sent.length === 0 || this.#hasSurplus) this.#settled();
  }
}
