/**
 * What may be sent when (B6-2 to B6-11), and which first byte it gets. It keeps the two facts that
 * outlast a send: the message that is unfinished, and that a close has been sent.
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

// What is read for each message: a constant of this module costs nothing, one of another a look into it.
const BINARY_MESSAGE = BufferType.BinaryMessage;
const TEXT_MESSAGE = BufferType.Utf8Message;
const WHOLE_BINARY = FIN | BINARY;
const WHOLE_TEXT = FIN | TEXT;
const EMPTY = new Uint8Array(0);
const PING_PAYLOAD = Uint8Array.from(Buffer.from(INTERIM['Q-P1'].pingPayload, 'hex'));
/** Status of a close frame without a body; never on the wire (B6-4). */
const NO_STATUS = 1005;

export class Outgoing {
  /** The frame that the last {@link admit} allowed: its first byte and, of a control frame, its body. */
  firstByte = 0;
  body: Uint8Array = EMPTY;
  /**
   * All that outlasts a send: the opcode of the message begun and not finished, and {@link CLOSED}. Who keeps it may
   * share the rest with others, and takes back what was allowed by not keeping it.
   */
  state = BETWEEN_MESSAGES;

  constructor(private readonly extensionSelected: boolean) {}

  /**
   * Allows a send, or says why not. What it allows is taken as sent (Q-S6, Q-S8): a close forbids data from
   * now on, a fragment forbids other messages.
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

  /** A frame of data, by the first byte that it has at the beginning of a message. */
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

/** The first byte of a frame of data that begins a message, or {@link NO_DATA} for any other type. */
function dataByteOf(type: BufferType): number {
  if (type === BufferType.BinaryFragment) return BINARY;
  return type === BufferType.Utf8Fragment ? TEXT : wholeByteOf(type);
}

/** Whether a type is sent with a body that the engine makes, not with the caller's payload. */
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
