/** Values that code of a program has thrown, as errors. JavaScript can throw anything, also `null` and `undefined`. */
import { types } from 'node:util';

/** The error itself, or an error about another value, which is its `cause`. */
export function errorOf(thrown: unknown): Error {
  if (types.isNativeError(thrown)) return thrown;
  return new Error(textOf(thrown), { cause: thrown });
}

function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    // An object without prototype, or one that refuses to become text.
    return 'a value that is no error';
  }
}
