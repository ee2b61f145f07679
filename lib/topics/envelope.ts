/**
 * The messages between relays: 28 bytes, then the payload.
 *
 * | bytes | |
 * | --- | --- |
 * | 0, 1 | `57 53` |
 * | 2 | the version, 1; a later version may change all bytes after it |
 * | 3 | bit 0: text; bit 1: not to be compressed; the others are 0 |
 * | 4 to 19 | the random name of the sending relay |
 * | 20 to 27 | the number of the message among those of this relay to this channel, from 1; highest byte first |
 */
import { isUtf8 } from 'node:buffer';
import { prepare } from '../connection/index.js';
import type { PreparedMessage } from '../connection/index.js';

const FIRST = 0x57;
const SECOND = 0x53;
export const VERSION = 1;
const TEXT = 1;
const UNCOMPRESSED = 2;
/** Bytes of the name of a relay. */
export const NAME_LENGTH = 16;
const HEADER_LENGTH = 12 + NAME_LENGTH;
const LARGEST_NUMBER = BigInt(Number.MAX_SAFE_INTEGER);

/** @param sender - {@link NAME_LENGTH} bytes. */
export function seal(message: PreparedMessage, sender: Uint8Array, number: number): Uint8Array {
  const { payload } = message._plain;
  const bytes = Buffer.allocUnsafe(HEADER_LENGTH + payload.length);
  bytes[0] = FIRST;
  bytes[1] = SECOND;
  bytes[2] = VERSION;
  bytes[3] = (message.isText ? TEXT : 0) | (message.compress ? 0 : UNCOMPRESSED);
  bytes.set(sender, 4);
  bytes.writeBigUInt64BE(BigInt(number), 4 + NAME_LENGTH);
  bytes.set(payload, HEADER_LENGTH);
  return bytes;
}

/** A message of another relay. */
export interface Opened {
  /** The name of the relay that has sent it, in hexadecimal. */
  readonly sender: string;
  readonly number: number;
  /** Makes the message. */
  readonly message: () => PreparedMessage;
}

/** @returns the message, or the reason why there is none. */
export function open(given: unknown): Opened | 'malformed' | 'newer' {
  if (!(given instanceof Uint8Array)) return 'malformed';
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  if (bytes.length < 3 || bytes[0] !== FIRST || bytes[1] !== SECOND || bytes[2] === 0) return 'malformed';
  if (bytes[2]! > VERSION) return 'newer';
  const flags = bytes[3]!;
  if (bytes.length < HEADER_LENGTH || (flags & ~(TEXT | UNCOMPRESSED)) !== 0) return 'malformed';
  const number = bytes.readBigUInt64BE(4 + NAME_LENGTH);
  if (number === 0n || number > LARGEST_NUMBER) return 'malformed';
  const payload = bytes.subarray(HEADER_LENGTH);
  const isText = (flags & TEXT) !== 0;
  if (isText && !isUtf8(payload)) return 'malformed';
  return {
    sender: bytes.toString('hex', 4, 4 + NAME_LENGTH),
    number: Number(number),
    message: () =>
      prepare(payload, { type: isText ? 'text' : 'binary', compress: (flags & UNCOMPRESSED) === 0 }),
  };
}
