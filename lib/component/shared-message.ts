/** A whole message that many sessions send: its bytes are checked and framed once. */
import type { BufferType } from './contract.js';

/** Bytes before the payload that are free for the header of a frame without a mask (RFC 6455, section 5.2). */
export const HEADER_ROOM = 10;

/** The memory of a shared message never changes, so any number of transports may have it at the same time. */
export class SharedMessage {
  /** The whole frame without a mask. An engine that can use it makes it when the message is first sent. */
  frame: Uint8Array | null = null;

  /**
   * @param payload - must have {@link HEADER_ROOM} bytes before it in its memory that belong to this message.
   * @param compressed - whether the payload went through the codec of an extension.
   */
  constructor(
    readonly type: BufferType.Utf8Message | BufferType.BinaryMessage,
    readonly payload: Uint8Array,
    readonly compressed: boolean,
  ) {}
}

/** Makes the memory of a payload that a {@link SharedMessage} takes. */
export function sharedPayload(length: number): Buffer {
  return Buffer.allocUnsafeSlow(HEADER_ROOM + length).subarray(HEADER_ROOM);
}
