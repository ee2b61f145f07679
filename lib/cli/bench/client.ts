/** One connection of a bench: keeps a number of messages on their way, and measures each answer. */
import type { Connection } from '../../connection/index.js';

export class BenchClient {
  readonly #connection: Connection;
  readonly #message: string | Uint8Array;
  readonly #answered: (milliseconds: number) => void;
  /** When the messages on their way were sent, the oldest first. */
  readonly #sent: number[] = [];
  #isRunning = true;

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

  start(inFlight: number): void {
    for (let number = 0; number < inFlight; number++) this.#send();
  }

  /** Sends no more, and closes. Resolves with the error of the connection, if it failed before. */
  async stop(): Promise<Error | undefined> {
    const hadEnded = this.#connection.state !== 'open';
    this.#isRunning = false;
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
    // A message that nobody asked for is no answer.
    if (at === undefined || !this.#isRunning) return;
    this.#answered(performance.now() - at);
    this.#send();
  }
}
