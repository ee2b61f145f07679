/** Limits how many calls run in the thread pool at a time, and queues the others. All connections of a thread share it. */
class Limiter {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  run(limit: number, task: (release: () => void) => void): void {
    const start = (): void => {
      this.#running++;
      let isRunning = true;
      const release = (): void => {
        if (!isRunning) return;
        isRunning = false;
        this.#running--;
        this.#waiting.shift()?.();
      };
      try {
        task(release);
      } catch (error) {
        // All connections share the limit, so the place is released even after an error.
        release();
        throw error;
      }
    };
    if (this.#running < limit) start();
    else this.#waiting.push(start);
  }
}

export const limiter = new Limiter();
