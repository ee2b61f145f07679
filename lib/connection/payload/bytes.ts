/**
 * Bytes by what they are, not by the class they inherit from: test runners (Jest, jsdom) and `vm` contexts have
 * classes of their own, so `instanceof` says no to theirs.
 */
import { types } from 'node:util';

/** The bytes in place, as this realm's own; undefined where the value is neither a view of memory nor memory. */
export function bytesFrom(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array && types.isUint8Array(value)) return value;
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (types.isAnyArrayBuffer(value)) return Buffer.from(value);
  return undefined;
}
