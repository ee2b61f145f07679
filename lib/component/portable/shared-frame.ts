/** The frame of a message that many servers' sessions send: the header is written once, before the payload. */
import type { SharedMessage } from '../shared-message.js';
import { BufferType } from '../contract.js';
import { BINARY, FIN, headerLength, RSV1, TEXT, writeHeader } from './frame-header.js';

/** @returns the frame without a mask, in the memory of the payload. */
export function sharedFrame(message: SharedMessage): Uint8Array {
  const { type, payload, compressed } = message;
  const { length } = payload;
  const header = headerLength(length, false);
  const opcode = type === BufferType.Utf8Message ? TEXT : BINARY;
  const frame = Buffer.from(payload.buffer, payload.byteOffset - header, header + length);
  writeHeader(frame, 0, FIN | opcode | (compressed ? RSV1 : 0), length, undefined);
  return (message.frame = frame);
}
