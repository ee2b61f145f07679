/** How long a client waits: until its time is over, or its signal aborts. */
import { Alarm, delayOption, abortReason, throwIfAborted } from '../connection/index.js';
import { HandshakeError } from './errors.js';

/** The options of a wait. */
export interface PatienceOptions {
  readonly handshakeTimeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export class Patience {
  readonly #signal: AbortSignal | undefined;
  #alarm: Alarm | null = null;
  #reject!: (error: Error) => void;
  readonly #ended: Promise<never>;
  readonly #onAbort = (): void => this.giveUp(abortReason(this.#signal!));
  /** Frees the resources of the opening; called once, if the wait is given up. */
  onGiveUp: (() => void) | null = null;

  /** @throws RangeError, TypeError: an option; the signal's reason, where it has aborted already. */
  constructor({ handshakeTimeout, signal }: PatienceOptions) {
    const timeout = delayOption('handshakeTimeout', handshakeTimeout, 30_000, 0);
    throwIfAborted(signal);
    this.#signal = signal;
    this.#ended = new Promise((_, reject) => (this.#reject = reject));
    this.#ended.catch(() => {
      // Raced below; after the handshake nothing waits for this promise.
    });
    signal?.addEventListener('abort', this.#onAbort);
    if (timeout !== 0) {
      const why = `the server did not answer within ${timeout} ms`;
      const giveUp = (): void => this.giveUp(new HandshakeError('ERR_HANDSHAKE_TIMEOUT', why));
      this.#alarm = Alarm.after(timeout, giveUp, undefined);
    }
  }

  giveUp(error: Error): void {
    this.#reject(error);
    this.onGiveUp?.();
    this.onGiveUp = null;
  }

  /** Returns the result, unless the wait is given up first. */
  wait<T>(result: Promise<T>): Promise<T> {
    return Promise.race([result, this.#ended]);
  }

  /** The server has answered: reading the rest of the answer has its own time limit. */
  stopClock(): void {
    this.#alarm?.stop();
  }

  end(): void {
    this.#alarm?.stop();
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.onGiveUp = null;
  }
}
