/**
 * An iterator for `for await`, which returns `undefined` at its end. `AsyncIterableIterator<T, undefined>` says the same,
 * but only TypeScript 5.6 and later know it; the declarations of this package serve TypeScript 5.0 and later.
 */
export interface Iteration<T> extends AsyncIterator<T, undefined> {
  [Symbol.asyncIterator](): Iteration<T>;
}
