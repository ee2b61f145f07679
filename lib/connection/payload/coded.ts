/** Checks what codecs and encoders of a program give, which the compiler may not have checked. */
import { types } from 'node:util';
import { errorOf } from '../../component/thrown.js';

/** A codec may be made of async functions. Their rejections are errors like those that it throws. */
export function whenRejected(result: unknown, failed: (error: Error) => void): void {
  if (typeof (result as Partial<PromiseLike<unknown>> | null | undefined)?.then !== 'function') return;
  Promise.resolve(result).catch((error: unknown) => failed(errorOf(error)));
}

/** The error of a codec that has given something that is no bytes; null for bytes. */
export function notCoded(bytes: unknown): TypeError | null {
  return types.isUint8Array(bytes) ? null : new TypeError('a codec must give a Uint8Array');
}
