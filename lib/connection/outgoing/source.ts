/**
 * The parts of one message, as a program gives them: an iterable, an async iterable, a web stream or a stream of Node.
 * A source may wait for its next part for ever, so every wait for it can be interrupted.
 */
import { abortReason } from '../payload/signals.js';
import type { ConnectionState } from '../state/state.js';
import type { SendableParts } from '../state/types.js';

/** The next part, or the end. */
export type NextPart = IteratorResult<string | Uint8Array, unknown>;

type Part = string | Uint8Array;

/** The members of sources that are used here. */
interface AnySource {
  readonly getReader?: () => ReadableStreamDefaultReader<Part>;
  readonly [Symbol.asyncIterator]?: (() => AsyncIterator<Part, unknown>) | null;
  readonly [Symbol.iterator]?: () => Iterator<Part | PromiseLike<Part>, unknown>;
  readonly pipe?: unknown;
  readonly destroy?: (this: unknown) => unknown;
}

/** A source that is being read. */
export interface Source {
  /** The next part. May throw what the program's source throws. */
  next(): Promise<NextPart>;
  /** Nobody wants the other parts. Not waited for, because a source that waits for its next part may not answer. */
  cancel(reason: unknown): void;
}

/** Whether a value is a message in parts. A web stream without iterators is one, too: Safari and jsdom have them. */
export function isParts(data: unknown): data is SendableParts {
  return (
    typeof data === 'object' &&
    data !== null &&
    (Symbol.asyncIterator in data || Symbol.iterator in data || 'getReader' in data)
  );
}

/** @throws TypeError the value is no iterable; whatever the program's source throws. */
export function sourceOf(parts: SendableParts): Source {
  const source = parts as unknown as AnySource;
  // The iterator of a web stream cannot be left while it waits, but a reader can.
  if (typeof source.getReader === 'function') return readerSource(source.getReader());
  const asyncIterator = source[Symbol.asyncIterator];
  if (asyncIterator === undefined || asyncIterator === null) return syncSource(source[Symbol.iterator]!());
  const iterator = asyncIterator.call(source);
  const { destroy } = source;
  // The iterator of Node's streams cannot be left while it waits either.
  const isNodeStream = typeof destroy === 'function' && typeof source.pipe === 'function';
  return {
    next: async () => checked(await iterator.next()),
    cancel: () => {
      if (isNodeStream) quietly(() => destroy.call(source));
      quietly(() => iterator.return?.());
    },
  };
}

function readerSource(reader: ReadableStreamDefaultReader<Part>): Source {
  return {
    async next() {
      const result = await reader.read();
      if (result.done) reader.releaseLock();
      return result;
    },
    cancel(reason) {
      quietly(() => reader.cancel(reason));
      quietly(() => reader.releaseLock());
    },
  };
}

/** The elements may be promises, as in `for await`. */
function syncSource(iterator: Iterator<Part | PromiseLike<Part>, unknown>): Source {
  return {
    async next() {
      const result = checked(iterator.next());
      return result.done === true ? result : { done: false, value: await result.value };
    },
    cancel: () => quietly(() => iterator.return?.()),
  };
}

function checked<T>(result: T): T {
  if (Object(result) !== result) throw new TypeError('an iterator must return objects');
  return result;
}

/** The message has failed already: another error of its source tells nothing more. */
function quietly(call: () => unknown): void {
  try {
    Promise.resolve(call()).catch(() => undefined);
  } catch {
    // As above.
  }
}

/** Ends the wait for a source when the connection ends, or when the signal aborts. */
export class Interruption {
  readonly #connection: ConnectionState;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => this.#interrupt(abortReason(this.#signal!));
  #reject: ((error: Error) => void) | null = null;
  #error: Error | undefined = undefined;

  constructor(connection: ConnectionState, signal: AbortSignal | undefined) {
    this.#connection = connection;
    this.#signal = signal;
    connection._ensureRare().interrupt = (error) => this.#interrupt(error);
    if (signal?.aborted === true) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort);
  }

  #interrupt(error: Error): void {
    this.#error ??= error;
    this.#reject?.(error);
  }

  /** The result, or the reason of the interruption if that comes first. One call at a time. */
  until<T>(promise: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(resolve, reject);
      if (this.#error !== undefined) reject(this.#error);
      this.#reject = reject;
    });
  }

  /** The source is not waited for any more. */
  end(): void {
    this.#reject = null;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#connection._ensureRare().interrupt = null;
  }
}
