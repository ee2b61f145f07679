/** The results of calls in words, without random parts. */
import { ComponentError } from '../../lib/component/index.js';
import type { HttpHeader } from '../../lib/component/index.js';

/** Headers in one line, without random parts. */
export function withoutRandom(headers: readonly HttpHeader[]): string {
  return headers
    .map(({ name, value }) => `${name}: ${/key|accept/i.test(name) ? `(${value.length} characters)` : value}`)
    .join(' | ');
}

/** The result of a call in words, or its error. */
export function outcomeOf(call: () => string): string {
  try {
    return call();
  } catch (error) {
    if (error instanceof ComponentError) return `${error.operation} ${error.code}`;
    if (error instanceof TypeError || error instanceof RangeError) return `${error.name}: ${error.message}`;
    throw error;
  }
}
