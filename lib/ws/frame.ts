/**
 * Frames that the component would not make: with a mask of the program's choice, or without the one that RFC 6455 asks
 * for. Also what {@link Sender} is made of.
 */
import { randomFillSync } from 'node:crypto';

// The opcodes (RFC 6455, section 5.2).
export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** How a payload is framed. */
export interface FrameOptions {
  readonly opcode: number;
  /** Default: false. */
  readonly fin?: boolean | undefined;
  /** Default: false. */
  readonly mask?: boolean | undefined;
  /** Makes the mask, 4 bytes. Default: from the CSPRNG. */
  readonly generateMask?: ((mask: Buffer) => void) | undefined;
  /** What `generateMask` is given. Default: a new one. */
  readonly maskBuffer?: Buffer | undefined;
  /** The payload may not be masked in place. Default: false. */
  readonly readOnly?: boolean | undefined;
  /** Default: false. */
  readonly rsv1?: boolean | undefined;
}

/** The header of a frame, and behind it the payload, if there is one. */
export function frame(data: string | Uint8Array, options: FrameOptions): Buffer[] {
  const payload =
    typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const { byteLength } = payload;
  const isMasked = options.mask === true;
  const extended = byteLength > 0xffff ? 8 : byteLength > 125 ? 2 : 0;
  const header = Buffer.alloc(2 + extended + (isMasked ? 4 : 0));
  header[0] = (options.fin === true ? 0x80 : 0) | (options.rsv1 === true ? 0x40 : 0) | options.opcode;
  header[1] = (isMasked ? 0x80 : 0) | (extended === 0 ? byteLength : extended === 2 ? 126 : 127);
  if (extended === 2) header.writeUInt16BE(byteLength, 2);
  else if (extended === 8) header.writeBigUInt64BE(BigInt(byteLength), 2);
  if (!isMasked) return byteLength === 0 ? [header] : [header, payload];
  const mask = options.maskBuffer ?? Buffer.alloc(4);
  if (options.generateMask === undefined) randomFillSync(mask);
  else options.generateMask(mask);
  mask.copy(header, 2 + extended);
  if (byteLength === 0) return [header];
  const masked = options.readOnly === true ? Buffer.from(payload) : payload;
  for (let index = 0; index < byteLength; index++) masked[index]! ^= mask[index & 3]!;
  return [header, masked];
}
