/**
 * A timer that is ended by the matching function. A test runner may replace the global timers between the start
 * and the end of a wait: the fake `clearTimeout` ignores a real timer, which would then keep the process alive.
 */
export class Alarm {
  /** A number if timers are numbers. */
  readonly timer: NodeJS.Timeout;
  readonly #clear: (timer: NodeJS.Timeout) => void;

  private constructor(timer: NodeJS.Timeout, clear: (timer: NodeJS.Timeout) => void) {
    this.timer = timer;
    this.#clear = clear;
  }

  /** Calls the task once, after a delay in milliseconds. */
  static after<T>(delay: number, task: (argument: T) => void, argument: T): Alarm {
    return new Alarm(setTimeout(task, delay, argument), clearTimeout);
  }

  /** Calls the task again and again. The process does not stay alive for it. */
  static every(period: number, task: () => void): Alarm {
    const timer = setInterval(task, period);
    // Timers are numbers in Electron's renderer and in jsdom.
    (timer as Partial<NodeJS.Timeout>).unref?.();
    return new Alarm(timer, clearInterval);
  }

  stop(): void {
    const clear = this.#clear;
    clear(this.timer);
  }
}
