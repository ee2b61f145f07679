/** Data of any of the kinds that `ws` sends, as bytes. */
import { types } from 'node:util';
import { isBlob } from '../connection/index.js';

/** Every empty reason and message is this one, as with `ws`. */
export const NO_BYTES: Buffer = Buffer.alloc(0);

/** Largest payload of a ping or pong (RFC 6455, section 5.5). */
const MAX_CONTROL_LENGTH = 125;
/** Largest reason of a close frame: the code takes two bytes. */
const MAX_REASON_LENGTH = 123;

/** @throws TypeError: a value that has no bytes. */
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

/** The same bytes as a Buffer; no bytes are {@link NO_BYTES}. */
export function asBuffer(bytes: Uint8Array): Buffer {
  if (bytes.byteLength === 0) return NO_BYTES;
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The payload of a ping or pong.
 *
 * @throws RangeError more than 125 bytes.
 */
export function controlPayloadOf(data: unknown): Uint8Array | Blob {
  const payload = isBlob(data) ? data : bytesOf(data);
  if (lengthOf(payload) > MAX_CONTROL_LENGTH)
    throw new RangeError(`The data size must not be greater than ${MAX_CONTROL_LENGTH} bytes`);
  return payload;
}

/**
 * The reason of a close frame, for a code.
 *
 * @throws TypeError a code or reason that cannot be sent; RangeError: a reason of more than 123 bytes.
 */
export function closeReasonOf(code: unknown, data: string | Uint8Array | undefined): Uint8Array {
  if (code === undefined) return NO_BYTES;
  const isValid =
    typeof code === 'number' &&
    ((code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) ||
      (code >= 3000 && code <= 4999));
  if (!isValid) throw new TypeError('First argument must be a valid error code number');
  // What has no length is no reason, as with `ws`.
  if (!data?.length) return NO_BYTES;
  if (Buffer.byteLength(data) > MAX_REASON_LENGTH)
    throw new RangeError(`The message must not be greater than ${MAX_REASON_LENGTH} bytes`);
  if (typeof data === 'string') return Buffer.from(data);
  if (!types.isUint8Array(data)) throw new TypeError('Second argument must be a string or a Uint8Array');
  return data;
}
