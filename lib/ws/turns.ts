/** Tasks that run in order, each in a turn of the event loop of its own. */
import { inNextTurn } from '../connection/index.js';

export class Turns {
  readonly #tasks: (() => void)[] = [];
  #isScheduled = false;

  get isEmpty(): boolean {
    return this.#tasks.length === 0;
  }

  push(task: () => void): void {
    this.#tasks.push(task);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    inNextTurn(next, this);
  }

  next(): void {
    const task = this.#tasks.shift();
    this.#isScheduled = this.#tasks.length !== 0;
    if (this.#isScheduled) inNextTurn(next, this);
    task?.();
  }
}

function next(turns: Turns): void {
  turns.next();
}
