/**
 * Requests that are not yet connections: requests about which `verifyClient` has not decided, and refused requests
 * whose answer has not been written. `maxConnections` and `close` count them beside the connections.
 */
import type { Duplex } from 'node:stream';
import { Alarm } from '../connection/index.js';
import type { Answer } from './answer.js';
import { discard, isGone } from './exchange.js';
import type { Exchange } from './exchange.js';
import { refuse } from './guard.js';
import type { Stop } from './guard.js';
import { connectFailed, HandshakeError } from './errors.js';

/**
 * The most bytes that are read before the answer. The end of the transport is seen only while it is read; a peer that
 * waits for the answer sends no more than this.
 */
const MOST_EARLY = 65536;

/** Milliseconds that a destroyed transport has to report its end: some never do (`emitClose: false`). */
const GRACE = 1000;

/** The peer went away while its request was being decided. */
export function goneError(cause?: unknown): HandshakeError {
  return connectFailed('the client went away during the handshake', cause);
}

/** A request that is being decided. Its transport is watched: a peer that goes away stops it. */
class Arrival {
  readonly #stream: Duplex;
  readonly #alarm: Alarm | null;
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
    const stop = (): void => this.stop(lateStop(timeout));
    this.#alarm = timeout === 0 ? null : Alarm.after(timeout, stop, undefined);
  }

  stop(outcome: Stop | HandshakeError): void {
    this.#settle(outcome);
  }

  /** Stops reading, and gives the bytes that came before the answer back to the transport. */
  end(): void {
    const stream = this.#stream;
    this.#alarm?.stop();
    stream.off('error', this.#onGone);
    stream.off('close', this.#onGone);
    stream.off('end', this.#onGone);
    stream.off('data', this.#onData);
    if (isGone(stream)) return;
    stream.pause();
    if (this.#earlyLength !== 0) stream.unshift(Buffer.concat(this.#early));
  }

  readonly #onGone = (cause?: unknown): void => this.#settle(goneError(cause));

  /** Reads, because the end of the transport is seen only while it is read. */
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
  readonly #leaving = new Map<Duplex, Alarm>();
  #whenEmpty: (() => void)[] = [];
  #closing: Stop | null = null;
  #isCut = false;

  /** How many requests are being decided, without the requests of peers that have gone away. */
  get deciding(): number {
    return this.#deciding.size;
  }

  /** The reason that stops every request; null while the server is open. */
  get closing(): Stop | null {
    return this.#closing;
  }

  /**
   * Waits for a decision, until the peer goes away, the time is over, or the server closes; a later decision has no
   * effect.
   *
   * @param timeout - milliseconds; 0 is no limit.
   * @returns null if the request is accepted.
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
   * @param timeout - milliseconds in which the answer has to be written; after that the transport is destroyed.
   * @throws the error of the transport; then the arrival waits for nothing.
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
      Alarm.after(timeout, () => this.#destroy(stream), undefined),
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
    this.#leaving.get(stream)?.stop();
    if (!stream.closed)
      this.#leaving.set(
        stream,
        Alarm.after(GRACE, () => this.#left(stream), undefined),
      );
    else this.#left(stream);
  }

  #left(stream: Duplex): void {
    this.#leaving.get(stream)?.stop();
    this.#leaving.delete(stream);
    this.#tellIfEmpty();
  }

  /** Refuses with 503 all requests that are being decided, and all later ones. */
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
