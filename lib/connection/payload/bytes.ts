/**
 * Recognizes bytes by their kind, not by their class. Test runners (Jest, jsdom) and `vm` contexts have classes of
 * their own, which `instanceof` does not recognize.
 */
import { types } from 'node:util';

/** The bytes in place, as a Uint8Array of this realm; undefined if the value is neither a view of memory nor memory. */
export function bytesFrom(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array && types.isUint8Array(value)) return value;
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (types.isAnyArrayBuffer(value)) return Buffer.from(value);
  return undefined;
}

/** The error for bytes whose memory was detached before they were given to be sent; null for all others. */
export function detachedError(bytes: Uint8Array): TypeError | null {
  if (bytes.byteLength !== 0) return null;
  try {
    // No view of detached memory can be made.
    new Uint8Array(bytes.buffer, 0, 0);
    return null;
  } catch (cause) {
    return new TypeError('the memory of data has been detached: it was transferred before', { cause });
  }
}
