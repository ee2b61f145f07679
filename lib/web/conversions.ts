/** The conversions of WebIDL: from the values of JavaScript to the types that the interface has. */
import { types } from 'node:util';
import { isBlob } from '../connection/index.js';

/** `DOMString`: as `String`, but for symbols, which throw. */
export function domString(value: unknown): string {
  return ''.concat(value as string);
}

/** `USVString`: a surrogate without its pair becomes U+FFFD. */
export function usvString(value: unknown): string {
  return domString(value).replace(/\p{Surrogate}/gu, '\ufffd');
}

/** As `Number`, but for BigInts, which throw. */
function numberOf(value: unknown): number {
  return (value as number) - 0;
}

/** `unsigned short`. */
export function unsignedShort(value: unknown): number {
  return numberOf(value) & 0xffff;
}

/** `[Clamp] unsigned short`. */
export function clampedShort(value: unknown): number {
  const number = numberOf(value);
  if (Number.isNaN(number)) return 0;
  const clamped = Math.min(Math.max(number, 0), 65535);
  const floor = Math.floor(clamped);
  const rest = clamped - floor;
  // Half goes to the even neighbour.
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** `(DOMString or sequence<DOMString>)`, the former as a list of one. */
export function stringOrStrings(value: unknown): string[] {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return [domString(value)];
  const iterator = (value as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  if (iterator === undefined || iterator === null) return [domString(value)];
  return Array.from(value as Iterable<unknown>, domString);
}

/** `(BufferSource or Blob or USVString)`; bytes are copied, for they may change when `send` has returned. */
export function messageOf(data: unknown): string | Uint8Array | Blob {
  if (isBlob(data)) return data;
  if (types.isArrayBuffer(data)) return copyOf(data, 0, data.byteLength);
  if (types.isSharedArrayBuffer(data)) throw sharedError();
  if (ArrayBuffer.isView(data)) {
    if (types.isSharedArrayBuffer(data.buffer)) throw sharedError();
    return copyOf(data.buffer, data.byteOffset, data.byteLength);
  }
  return usvString(data);
}

function sharedError(): TypeError {
  return new TypeError('shared memory cannot be sent');
}

function copyOf(buffer: ArrayBuffer, offset: number, length: number): Uint8Array {
  if ((buffer as { resizable?: boolean }).resizable === true)
    throw new TypeError('memory that can be resized cannot be sent');
  // A detached buffer has no bytes, and no view can be made of it: an empty message is sent.
  return length === 0 ? new Uint8Array(0) : new Uint8Array(buffer, offset, length).slice();
}
