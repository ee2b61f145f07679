/**
 * Makes frames that the component does not make: frames with a mask that the program chooses, and frames that are
 * masked or unmasked against RFC 6455. {@link Sender} makes all its frames here.
 */
import { crypto } from '../component/on-demand.js';

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
  /** Fills a Buffer with the 4 bytes of the mask. Default: bytes from the CSPRNG. */
  readonly generateMask?: ((mask: Buffer) => void) | undefined;
  /** The Buffer that is filled with the mask. Default: a new one for each frame. */
  readonly maskBuffer?: Buffer | undefined;
  /** The bytes of the payload must not be changed: the masked payload is a copy. Default: false. */
  readonly readOnly?: boolean | undefined;
  /** Default: false. */
  readonly rsv1?: boolean | undefined;
}

/** Returns the header of a frame, followed by the payload if there is one. */
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
  if (options.generateMask === undefined) crypto().randomFillSync(mask);
  else options.generateMask(mask);
  mask.copy(header, 2 + extended);
  if (byteLength === 0) return [header];
  const masked = options.readOnly === true ? Buffer.from(payload) : payload;
  for (let index = 0; index < byteLength; index++) masked[index]! ^= mask[index & 3]!;
  return [header, masked];
}
