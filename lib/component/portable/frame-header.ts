/** The 2 to 14 bytes before a payload (RFC 6455, section 5.2), and their meaning in the component's terms. */
export const FIN = 0x80;
export const RSV = 0x70;
export const RSV1 = 0x40;
export const OPCODE = 0x0f;
export const MASK = 0x80;

export const CONTINUATION = 0x0;
export const TEXT = 0x1;
export const BINARY = 0x2;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

/** Largest payload of a control frame in bytes (RFC 6455, section 5.5). */
export const LARGEST_CONTROL_PAYLOAD = 125;
/** Length of the longest header in bytes: 2, then 8 of length, then 4 of key. */
export const LONGEST_HEADER = 14;

/** Length of a header in bytes, by its second byte. */
export function headerLengthOf(secondByte: number): number {
  const form = secondByte & 0x7f;
  return 2 + (form < 126 ? 0 : form === 126 ? 2 : 8) + (secondByte >>> 7) * 4;
}

/** Length of the header for a payload, in the shortest form (D2-11). */
export function headerLength(payloadLength: number, masked: boolean): number {
  return (payloadLength < 126 ? 2 : payloadLength < 0x10000 ? 4 : 10) + (masked ? 4 : 0);
}

/**
 * Writes a header.
 *
 * @param firstByte - FIN, reserved bits and opcode.
 * @param key - the mask key, or undefined for a frame without mask.
 * @returns the position after the header.
 */
export function writeHeader(
  target: Uint8Array,
  at: number,
  firstByte: number,
  payloadLength: number,
  key: number | undefined,
): number {
  const maskBit = key === undefined ? 0 : MASK;
  target[at++] = firstByte;
  if (payloadLength < 126) {
    target[at++] = maskBit | payloadLength;
  } else if (payloadLength < 0x10000) {
    target[at++] = maskBit | 126;
    target[at++] = payloadLength >>> 8;
    target[at++] = payloadLength;
  } else {
    target[at++] = maskBit | 127;
    at = writeUint32(target, at, Math.floor(payloadLength / 0x100000000));
    at = writeUint32(target, at, payloadLength >>> 0);
  }
  if (key !== undefined) {
    target[at++] = key;
    target[at++] = key >>> 8;
    target[at++] = key >>> 16;
    target[at++] = key >>> 24;
  }
  return at;
}

function writeUint32(target: Uint8Array, at: number, value: number): number {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
  return at + 4;
}

/** Reads four bytes as a word whose lowest byte is the first: a mask key, or four bytes to mask. */
export function readKey(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Reads a big-endian unsigned 32-bit number. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** The mask bit of a custom type, which is reserved (A-7, 0x1E; Q-X1). */
export const CUSTOM_MASK_BIT = 0x001;

/**
 * Whether the component itself knows the frame of a first byte: no reserved bit is set, and the opcode is one of RFC
 * 6455.
 */
export function isKnownFrame(firstByte: number): boolean {
  const opcode = firstByte & OPCODE;
  return (firstByte & RSV) === 0 && ((opcode >= CLOSE && opcode <= PONG) || opcode <= BINARY);
}

/** Whether a first byte begins a compressed message (RFC 7692, section 6). */
export function isCompressedFrame(firstByte: number): boolean {
  const opcode = firstByte & OPCODE;
  return (firstByte & RSV) === RSV1 && (opcode === TEXT || opcode === BINARY);
}

/**
 * The type of an extension's frame: the first nine bits of the frame. The last of them is the mask bit, which is
 * always 0 here (D-12, Q-X1).
 */
export function customTypeOf(firstByte: number): number {
  return firstByte << 1;
}

/** The first byte of a frame of a custom type; -1 if the type is not a custom type (D-12, Q-X1). */
export function firstByteOfCustomType(type: number): number {
  if (type > 0x1ff) return -1;
  const firstByte = type >>> 1;
  return isKnownFrame(firstByte) ? -1 : firstByte;
}
