/**
 * The one place that calls the callbacks of a program while a request is decided. An error that a callback throws, or a
 * value that it may not return, stops the request with 500. So no request of a peer can cause an uncaught exception or
 * rejection through a callback.
 */
import { Answer, show } from './answer.js';
import type { Refusal } from './answer.js';

/** The end of a request that does not become a connection. */
export class Stop {
  constructor(
    readonly answer: Answer,
    /** The mistake of the program, or the error of the component. */
    readonly cause?: unknown,
  ) {}
}

/** Refuses a request with an answer of this package. */
export function refuse(refusal: Refusal, cause?: unknown): Stop {
  return new Stop(new Answer(refusal), cause);
}

/** A callback failed, or returned a value that it may not return. */
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
 * @param name - the name of the option, for the message.
 * @param callback - a function that calls the callback.
 * @param read - checks and converts the returned value, or throws.
 */
export function ask<T>(name: string, callback: () => unknown, read: (value: unknown) => T): T | Stop {
  try {
    const value = callback();
    if (isThenable(value)) {
      // The error below already reports this promise, so its rejection is ignored.
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

/** `true` accepts, a falsy value refuses with 401, a refusal gives the answer, and any other value is a mistake. */
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
