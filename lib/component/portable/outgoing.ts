/**
 * Decides which sends are allowed (B6-2 to B6-11), and gives their first byte. Only two facts outlast a send: whether
 * a message is unfinished, and whether a close has been sent.
 */
import type { CloseBuffer } from '../contract.js';
import { BufferType, MAX_CLOSE_REASON_LENGTH } from '../contract.js';
import { Diagnostic } from '../diagnostics.js';
import {
  BINARY,
  CLOSE,
  CUSTOM_MASK_BIT,
  FIN,
  firstByteOfCustomType,
  OPCODE,
  PING,
  PONG,
  TEXT,
} from './frame-header.js';
import { INTERIM } from './interim.js';

/** No message begun, no close sent. */
export const BETWEEN_MESSAGES = 0;
const CLOSED = 0x100;
const NO_DATA = 0;

// These constants are read for each message. A constant of this module costs nothing; one of another module costs a
// look into it.
const BINARY_MESSAGE = BufferType.BinaryMessage;
const TEXT_MESSAGE = BufferType.Utf8Message;
const WHOLE_BINARY = FIN | BINARY;
const WHOLE_TEXT = FIN | TEXT;
const EMPTY = new Uint8Array(0);
const PING_PAYLOAD = Uint8Array.from(Buffer.from(INTERIM['Q-P1'].pingPayload, 'hex'));
/** Status of a close frame without a body; never on the wire (B6-4). */
const NO_STATUS = 1005;

export class Outgoing {
  /** The frame that the last {@link admit} allowed: its first byte and, for a control frame, its body. */
  firstByte = 0;
  body: Uint8Array = EMPTY;
  /**
   * The only state that outlasts a send: the opcode of the unfinished message, and {@link CLOSED}. An owner that
   * keeps this value can share the object with others. It takes an allowed send back if it does not store the new
   * value.
   */
  state = BETWEEN_MESSAGES;

  constructor(private readonly extensionSelected: boolean) {}

  /**
   * Allows a send, or returns the reason against it. An allowed send counts as sent (Q-S6, Q-S8): after a close no
   * data is allowed, after a fragment no other message.
   */
  admit(type: BufferType, payload: Uint8Array | null, close: CloseBuffer | null): Diagnostic {
    const dataByte = dataByteOf(type);
    if (dataByte !== NO_DATA) return this.admitData(dataByte);
    switch (type) {
      case BufferType.Close:
        return this.admitClose(close);
      case BufferType.PingPong:
        return this.admitControl(PING, payload);
      case BufferType.UnsolicitedPong:
        return this.admitControl(PONG, payload);
      default:
        return this.admitCustom(type);
    }
  }

  /** Allows a frame of data. `dataByte` is its first byte if it begins a message. */
  private admitData(dataByte: number): Diagnostic {
    const opcode = dataByte & OPCODE;
    const { state } = this;
    if ((state & CLOSED) !== 0) return Diagnostic.SendDataAfterClose;
    if (state !== BETWEEN_MESSAGES && state !== opcode) return Diagnostic.SendTypeInterleaved;
    this.firstByte = state === BETWEEN_MESSAGES ? dataByte : dataByte & FIN;
    this.state = dataByte < FIN ? opcode : BETWEEN_MESSAGES;
    return Diagnostic.None;
  }

  private admitClose(close: CloseBuffer | null): Diagnostic {
    const reason = close?.reason ?? EMPTY;
    const status = close?.status ?? NO_STATUS;
    if (reason.length > MAX_CLOSE_REASON_LENGTH) return Diagnostic.ReasonTooLong;
    if (status === NO_STATUS && reason.length !== 0) return Diagnostic.ReasonForbidden;
    if (status < 1000 || INTERIM['Q-S5'].refusedStatuses.includes(status))
      return Diagnostic.CloseStatusForbidden;
    if ((this.state & CLOSED) !== 0) return Diagnostic.SendCloseAfterClose;
    this.firstByte = FIN | CLOSE;
    this.body = status === NO_STATUS ? EMPTY : closeBody(status, reason);
    this.state |= CLOSED;
    return Diagnostic.None;
  }

  private admitControl(opcode: number, payload: Uint8Array | null): Diagnostic {
    if (payload !== null && INTERIM['Q-S7'].controlPayload === 'refused') return Diagnostic.InvalidParameter;
    this.firstByte = FIN | opcode;
    this.body = opcode === PING ? PING_PAYLOAD : EMPTY;
    return Diagnostic.None;
  }

  private admitCustom(type: number): Diagnostic {
    const firstByte = firstByteOfCustomType(type);
    if (firstByte < 0 || !this.extensionSelected) return Diagnostic.InvalidBufferType;
    if ((type & CUSTOM_MASK_BIT) !== 0) return Diagnostic.MaskBitReserved;
    if ((this.state & CLOSED) !== 0) return Diagnostic.SendDataAfterClose;
    this.firstByte = firstByte;
    return Diagnostic.None;
  }
}

/** The first byte of a whole message; 0 for any other type. */
export function wholeByteOf(type: BufferType): number {
  if (type === BINARY_MESSAGE) return WHOLE_BINARY;
  return type === TEXT_MESSAGE ? WHOLE_TEXT : 0;
}

/** The first byte of a data frame that begins a message; {@link NO_DATA} for any other type. */
function dataByteOf(type: BufferType): number {
  if (type === BufferType.BinaryFragment) return BINARY;
  return type === BufferType.Utf8Fragment ? TEXT : wholeByteOf(type);
}

/** Whether the engine makes the body of this type, instead of using the caller's payload. */
export function isControlType(type: BufferType): boolean {
  return type === BufferType.Close || type === BufferType.PingPong || type === BufferType.UnsolicitedPong;
}

function closeBody(status: number, reason: Uint8Array): Uint8Array {
  const body = new Uint8Array(2 + reason.length);
  body[0] = status >>> 8;
  body[1] = status;
  body.set(reason, 2);
  return body;
}
