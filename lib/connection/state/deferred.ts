import { abortReason } from '../payload/signals.js';
import { ConnectionError } from './errors.js';

/** A promise with the functions that settle it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** A promise that may reject without an unhandled rejection. Code that awaits it still gets the error. */
export function quietDeferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((resolvePromise, rejectPromise) => {
    resolve = resolvePromise;
    reject = rejectPromise;
  });
  promise.catch(ignore);
  return { promise, resolve, reject };
}

/** A promise like that of {@link quietDeferred}, already rejected. */
export function quietRejection(error: Error): Promise<never> {
  const promise = Promise.reject<never>(error);
  promise.catch(ignore);
  return promise;
}

function ignore(): void {
  // Code that awaits the promise gets the error. This handler only keeps the process from ending.
}

/** Calls a function; an error that it throws becomes a rejection. */
export function rejecting<T>(call: () => Promise<T>): Promise<T> {
  let thrown: unknown;
  try {
    return call();
  } catch (error) {
    thrown = error;
  }
  return Promise.resolve().then(() => {
    throw thrown;
  });
}

/**
 * The promise's result, or the signal's reason if the abort comes first. The work itself is not undone. The failure of a
 * connection is no unhandled rejection, because `closed` reports it.
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  if (signal.aborted) {
    promise.catch(ignore);
    return Promise.reject(abortReason(signal));
  }
  const result = new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(abortReason(signal));
    // The listener is removed before the promise settles.
    const end = (): void => signal.removeEventListener('abort', onAbort);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(
      (value) => {
        end();
        resolve(value);
      },
      (thrown: unknown) => {
        const error = thrown as Error;
        end();
        if (error instanceof ConnectionError) result.catch(ignore);
        reject(error);
      },
    );
  });
  return result;
}

/**
 * The same promise, of which nobody has taken the result. Only the failure of a connection may be ignored, because
 * `closed` reports it.
 */
export function quietIfLost<T>(promise: Promise<T>): Promise<T> {
  const result = promise.then(undefined, (error: unknown) => {
    if (error instanceof ConnectionError) result.catch(ignore);
    throw error;
  });
  return result;
}
