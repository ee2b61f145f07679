/** Converts data to bytes. The data may be of every kind that `ws` can send. */
import { types } from 'node:util';
import { isBlob } from '../connection/index.js';

/** The Buffer for every empty reason and every empty message. `ws` also uses one Buffer for all of them. */
export const NO_BYTES: Buffer = Buffer.alloc(0);

/** Largest payload of a ping or pong, in bytes (RFC 6455, section 5.5). */
const MAX_CONTROL_LENGTH = 125;
/** Largest reason of a close frame, in bytes. The code takes the other two of the 125 bytes. */
const MAX_REASON_LENGTH = 123;

/** @throws TypeError: the value cannot be converted to bytes. */
export function bytesOf(data: unknown): Uint8Array {
  if (data === undefined || data === null) return NO_BYTES;
  if (types.isUint8Array(data)) return data;
  if (typeof data === 'string') return Buffer.from(data);
  if (types.isAnyArrayBuffer(data)) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.from(data as string);
}

/** Length of bytes or of a Blob, in bytes. */
export function lengthOf(data: Uint8Array | Blob): number {
  return types.isUint8Array(data) ? data.byteLength : data.size;
}

/** The same bytes as a Buffer, without a copy. For no bytes the Buffer is {@link NO_BYTES}. */
export function asBuffer(bytes: Uint8Array): Buffer {
  if (bytes.byteLength === 0) return NO_BYTES;
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The payload of a ping or pong.
 *
 * @throws RangeError: the payload has more than 125 bytes.
 */
export function controlPayloadOf(data: unknown): Uint8Array | Blob {
  const payload = isBlob(data) ? data : bytesOf(data);
  if (lengthOf(payload) > MAX_CONTROL_LENGTH)
    throw new RangeError(`The data size must not be greater than ${MAX_CONTROL_LENGTH} bytes`);
  return payload;
}

/**
 * The reason of a close frame. Without a code there is no reason either.
 *
 * @throws TypeError: the code or the reason cannot be sent; RangeError: the reason has more than 123 bytes.
 */
export function closeReasonOf(code: unknown, data: string | Uint8Array | undefined): Uint8Array {
  if (code === undefined) return NO_BYTES;
  const isValid =
    typeof code === 'number' &&
    ((code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) ||
      (code >= 3000 && code <= 4999));
  if (!isValid) throw new TypeError('First argument must be a valid error code number');
  // A value without a length counts as no reason, as in `ws`.
  if (!data?.length) return NO_BYTES;
  if (Buffer.byteLength(data) > MAX_REASON_LENGTH)
    throw new RangeError(`The message must not be greater than ${MAX_REASON_LENGTH} bytes`);
  if (typeof data === 'string') return Buffer.from(data);
  if (!types.isUint8Array(data)) throw new TypeError('Second argument must be a string or a Uint8Array');
  return data;
}
