/**
 * The conversions of WebIDL from JavaScript values to the types of the interface. They are our own code, because
 * webidl-conversions has neither unions nor sequences nor copies of bytes, and each program would load it. A test
 * compares the five conversions that both have.
 */
import { types } from 'node:util';
import { isBlob, PreparedMessage } from '../connection/index.js';

/**
 * Converts to `DOMString`: as `String` does, but symbols throw.
 *
 * @throws TypeError: the value is a symbol.
 */
export function domString(value: unknown): string {
  return ''.concat(value as string);
}

/** Converts to `USVString`: a surrogate without its pair becomes U+FFFD. */
export function usvString(value: unknown): string {
  return domString(value).toWellFormed();
}

/** Converts to a number as `Number` does, but BigInts throw. */
function numberOf(value: unknown): number {
  return (value as number) - 0;
}

/** Converts to `unsigned short`. */
export function unsignedShort(value: unknown): number {
  return numberOf(value) & 0xffff;
}

/**
 * Converts to `[EnforceRange] unsigned short`.
 *
 * @throws TypeError a number out of range.
 */
export function unsignedShortInRange(name: string, value: unknown): number {
  const number = Math.trunc(numberOf(value));
  if (!(number >= 0 && number <= 0xffff)) throw new TypeError(`${name} must be a number from 0 to 65535`);
  return number + 0;
}

/** Converts to `[Clamp] unsigned short`. */
export function clampedShort(value: unknown): number {
  const number = numberOf(value);
  if (Number.isNaN(number)) return 0;
  const clamped = Math.min(Math.max(number, 0), 65535);
  const floor = Math.floor(clamped);
  const rest = clamped - floor;
  // A number halfway between two integers is rounded to the even one.
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** Converts to `(DOMString or sequence<DOMString>)`. One string becomes a list of one string. */
export function stringOrStrings(value: unknown): string[] {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return [domString(value)];
  const iterator = (value as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  if (iterator === undefined || iterator === null) return [domString(value)];
  return Array.from(value as Iterable<unknown>, domString);
}

/** Converts to `(BufferSource or Blob or USVString)`. Bytes stay in the memory of the program; see {@link ownBytes}. */
export function messageOf(data: unknown): string | Uint8Array | Blob {
  if (typeof data === 'string') return usvString(data);
  if (ArrayBuffer.isView(data)) {
    const { buffer } = data;
    checkMemory(buffer);
    // A view of another realm is not an instance.
    return data instanceof Uint8Array ? data : viewOf(buffer, data.byteOffset, data.byteLength);
  }
  if (isBlob(data)) return data;
  if (types.isAnyArrayBuffer(data)) {
    checkMemory(data);
    return viewOf(data, 0, data.byteLength);
  }
  // Its string would be "[object Object]".
  if (data instanceof PreparedMessage)
    throw new TypeError('a prepared message is sent by send of a Connection, publish or broadcast');
  return usvString(data);
}

/** The message in memory that the program does not have, since the program may change its bytes after `send`. */
export function ownBytes<T>(message: T | Uint8Array): T | Uint8Array {
  return message instanceof Uint8Array ? new Uint8Array(message) : message;
}

/** @throws TypeError: the memory is shared or can be resized. */
function checkMemory(memory: ArrayBufferLike): void {
  if (memory instanceof ArrayBuffer && !isResizable(memory)) return;
  if (types.isSharedArrayBuffer(memory)) throw new TypeError('shared memory cannot be sent');
  if (isResizable(memory)) throw new TypeError('memory that can be resized cannot be sent');
}

function isResizable(memory: ArrayBufferLike): boolean {
  return (memory as { resizable?: boolean }).resizable === true;
}

function viewOf(memory: ArrayBufferLike, offset: number, length: number): Uint8Array {
  // A detached buffer has no bytes and allows no view, so the message is empty.
  return length === 0 ? new Uint8Array(0) : new Uint8Array(memory, offset, length);
}
