/**
 * The one place that calls the callbacks of a program while a request is decided. Whatever a callback throws, and every
 * value that it may not return, stops the request with 500: nothing that a peer sends reaches an uncaught exception or
 * rejection through a callback.
 */
import { Answer, show } from './answer.js';
import type { Refusal } from './answer.js';

/** The end of a request that does not become a connection. */
export class Stop {
  constructor(
    readonly answer: Answer,
    /** What the program did wrong, or what the component said. */
    readonly cause?: unknown,
  ) {}
}

/** Refuses with an answer of this package. */
export function refuse(refusal: Refusal, cause?: unknown): Stop {
  return new Stop(new Answer(refusal), cause);
}

/** A callback failed, or returned what it may not. */
export function mistake(cause: unknown): Stop {
  return new Stop(new Answer({ status: 500 }), cause);
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}

/**
 * Asks a callback that answers at once.
 *
 * @param name - of the option, for the sentence.
 * @param callback - calls it.
 * @param read - makes sense of the value, or throws.
 */
export function ask<T>(name: string, callback: () => unknown, read: (value: unknown) => T): T | Stop {
  try {
    const value = callback();
    if (isThenable(value)) {
      // Its rejection has been told by the error below.
      Promise.resolve(value).catch(() => undefined);
      throw new TypeError(`${name} returned a promise; it has to answer at once`);
    }
    return read(value);
  } catch (cause) {
    return mistake(cause);
  }
}

/** Asks a callback that may answer later. */
export function askForVerdict(name: string, callback: () => unknown): Stop | null | Promise<Stop | null> {
  try {
    const value = callback();
    if (!isThenable(value)) return verdictOf(name, value);
    return Promise.resolve(value).then((later) => verdictOf(name, later), mistake);
  } catch (cause) {
    return mistake(cause);
  }
}

/** `true` accepts, what is falsy is 401, a refusal refuses, and everything else is a mistake. */
function verdictOf(name: string, value: unknown): Stop | null {
  if (value === true) return null;
  if (!value) return refuse({ status: 401 });
  try {
    if (typeof value !== 'object')
      throw new TypeError(
        `${name} must give true, false or { status, message, headers }, not ${show(value)}`,
      );
    return new Stop(new Answer(value as Refusal));
  } catch (cause) {
    return mistake(cause);
  }
}
