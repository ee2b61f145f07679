/**
 * Requests that are not yet connections: those about which `verifyClient` has not decided, and those that have been
 * refused and whose answer has not left. They are what `maxConnections` and `close` count beside the connections.
 */
import type { Duplex } from 'node:stream';
import type { Answer } from './answer.js';
import { discard, isGone } from './exchange.js';
import type { Exchange } from './exchange.js';
import { refuse } from './guard.js';
import type { Stop } from './guard.js';
import { connectFailed, HandshakeError } from './errors.js';

/** Most bytes that are read before the answer: enough to see the end of a peer that sends nothing unasked. */
const MOST_EARLY = 65536;

/** Milliseconds that a destroyed transport has to tell its end: some never do (`emitClose: false`). */
const GRACE = 1000;

/** The peer went away while its request was being decided. */
export function goneError(cause?: unknown): HandshakeError {
  return connectFailed('the client went away during the handshake', cause);
}

/** A request that is being decided. Its transport is watched: a peer that goes away stops it. */
class Arrival {
  readonly #stream: Duplex;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #settle: (outcome: Stop | HandshakeError) => void;
  readonly #early: Buffer[] = [];
  #earlyLength = 0;
  readonly outcome: Promise<Stop | HandshakeError>;

  constructor(stream: Duplex, timeout: number) {
    this.#stream = stream;
    let settle!: (outcome: Stop | HandshakeError) => void;
    this.outcome = new Promise((resolve) => (settle = resolve));
    this.#settle = settle;
    stream.on('error', this.#onGone);
    stream.on('close', this.#onGone);
    stream.on('end', this.#onGone);
    stream.on('data', this.#onData);
    if (timeout !== 0) this.#timer = setTimeout(() => this.stop(lateStop(timeout)), timeout);
  }

  stop(outcome: Stop | HandshakeError): void {
    this.#settle(outcome);
  }

  /** What came before the answer is given back to the transport. */
  end(): void {
    const stream = this.#stream;
    clearTimeout(this.#timer);
    stream.off('error', this.#onGone);
    stream.off('close', this.#onGone);
    stream.off('end', this.#onGone);
    stream.off('data', this.#onData);
    if (isGone(stream)) return;
    stream.pause();
    if (this.#earlyLength !== 0) stream.unshift(Buffer.concat(this.#early));
  }

  readonly #onGone = (cause?: unknown): void => this.#settle(goneError(cause));

  /** Whoever reads nothing does not see the end. */
  readonly #onData = (chunk: Buffer): void => {
    this.#early.push(chunk);
    this.#earlyLength += chunk.byteLength;
    if (this.#earlyLength >= MOST_EARLY) this.#stream.pause();
  };
}

function lateStop(timeout: number): Stop {
  const error = new HandshakeError(
    'ERR_HANDSHAKE_TIMEOUT',
    `the request was not decided within ${timeout} ms`,
    { statusCode: 503 },
  );
  return refuse({ status: 503, message: 'The request was not decided in time' }, error);
}

export class Arrivals {
  readonly #deciding = new Set<Arrival>();
  /** Transports whose answer has not left, with what ends the wait for it. */
  readonly #leaving = new Map<Duplex, ReturnType<typeof setTimeout>>();
  #whenEmpty: (() => void)[] = [];
  #closing: Stop | null = null;
  #isCut = false;

  /** How many requests are being decided, those of peers that have gone left out. */
  get deciding(): number {
    return this.#deciding.size;
  }

  /** What stops every request; null while the server is open. */
  get closing(): Stop | null {
    return this.#closing;
  }

  /**
   * Waits for a decision, until the peer goes away, time is over, or the server closes; a decision that comes later
   * has no effect.
   *
   * @param timeout - milliseconds; 0 is no limit.
   * @returns null where the request is accepted.
   */
  async decide(
    { stream }: Exchange,
    verdict: Promise<Stop | null>,
    timeout: number,
  ): Promise<Stop | HandshakeError | null> {
    if (isGone(stream)) return goneError(stream.errored);
    const arrival = new Arrival(stream, timeout);
    this.#deciding.add(arrival);
    try {
      const outcome = await Promise.race([verdict, arrival.outcome]);
      return outcome ?? this.#closing ?? (isGone(stream) ? goneError(stream.errored) : null);
    } finally {
      arrival.end();
      this.#deciding.delete(arrival);
      this.#tellIfEmpty();
    }
  }

  /**
   * Writes a refusal.
   *
   * @param timeout - milliseconds that the answer has to leave in; then the transport is destroyed.
   * @throws whatever the transport throws; nothing waits for it then.
   */
  refuse(exchange: Exchange, answer: Answer, timeout: number): void {
    const { stream } = exchange;
    stream.on('error', destroyThis);
    if (stream.destroyed) return;
    if (!stream.writable || this.#isCut) {
      discard(stream);
      return;
    }
    this.#leaving.set(
      stream,
      setTimeout(() => this.#destroy(stream), timeout),
    );
    try {
      stream.once('close', () => this.#left(stream));
      exchange.refuse(answer);
    } catch (error) {
      this.#left(stream);
      throw error;
    }
  }

  #destroy(stream: Duplex): void {
    discard(stream);
    clearTimeout(this.#leaving.get(stream));
    if (!stream.closed)
      this.#leaving.set(
        stream,
        setTimeout(() => this.#left(stream), GRACE),
      );
    else this.#left(stream);
  }

  #left(stream: Duplex): void {
    clearTimeout(this.#leaving.get(stream));
    this.#leaving.delete(stream);
    this.#tellIfEmpty();
  }

  /** Refuses all that are being decided, and all that come, with 503. */
  close(): void {
    this.#closing = refuse({ status: 503, message: 'The server is closing' });
    for (const arrival of this.#deciding) arrival.stop(this.#closing);
  }

  /** Ends every transport at once. */
  cut(): void {
    this.#isCut = true;
    this.close();
    for (const stream of [...this.#leaving.keys()]) this.#destroy(stream);
  }

  whenEmpty(): Promise<void> {
    if (this.#deciding.size === 0 && this.#leaving.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  #tellIfEmpty(): void {
    if (this.#deciding.size !== 0 || this.#leaving.size !== 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}

function destroyThis(this: Duplex): void {
  discard(this);
}
