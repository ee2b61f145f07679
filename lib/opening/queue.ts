/**
 * The connections of a server without handler and listener, for its loops (`for await`). A connection waits here until a
 * loop takes it. While there is no loop, connections that have ended are dropped: a server that only publishes has none.
 */
import type { Connection, Iteration } from '../connection/index.js';

type Result = IteratorResult<Connection, undefined>;
type Resolve = (result: Result) => void;

export class ConnectionQueue {
  readonly #arrived = new Set<Connection>();
  /** Loops that wait. */
  readonly #waiting: Resolve[] = [];
  /** How many loops have begun and have not been left. */
  #loops = 0;
  #isOver = false;

  /** A connection has opened. */
  push(connection: Connection): void {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) waiting({ value: connection, done: false });
    else if (this.#loops !== 0 || connection.state !== 'closed') this.#arrived.add(connection);
  }

  /** A connection has ended. */
  ended(connection: Connection): void {
    if (this.#loops === 0) this.#arrived.delete(connection);
  }

  /** No connection follows: each loop gets those that wait, and ends. */
  end(): void {
    this.#isOver = true;
    for (const waiting of this.#waiting.splice(0)) waiting({ value: undefined, done: true });
  }

  #next(own: Resolve[]): Promise<Result> {
    for (const connection of this.#arrived) {
      this.#arrived.delete(connection);
      return Promise.resolve({ value: connection, done: false });
    }
    if (this.#isOver) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => {
      own.push(resolve);
      this.#waiting.push(resolve);
    });
  }

  #leave(own: Resolve[]): void {
    this.#loops--;
    // No connection goes to a loop that has been left.
    for (const resolve of own) {
      const index = this.#waiting.indexOf(resolve);
      if (index < 0) continue;
      this.#waiting.splice(index, 1);
      resolve({ value: undefined, done: true });
    }
    if (this.#loops !== 0) return;
    for (const connection of this.#arrived)
      if (connection.state === 'closed') this.#arrived.delete(connection);
  }

  /** A loop over the connections. It begins with its first call of `next`. */
  iterate(): Iteration<Connection> {
    let state: 'new' | 'begun' | 'left' = 'new';
    let own: Resolve[] = [];
    const iterator: Iteration<Connection> = {
      next: () => {
        if (state === 'new') this.#loops++;
        if (state === 'left') return Promise.resolve({ value: undefined, done: true });
        state = 'begun';
        own = own.filter((one) => this.#waiting.includes(one));
        return this.#next(own);
      },
      return: () => {
        if (state === 'begun') this.#leave(own);
        state = 'left';
        return Promise.resolve({ value: undefined, done: true });
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }
}
