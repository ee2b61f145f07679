/**
 * Reads frames: validates headers (D-5), unmasks payloads in place and verifies text. The reader takes pieces of
 * memory that are cut anywhere. It reports each part that it finds by position, without an object or a view per
 * frame. If a cut leaves a header (at most 14 bytes) or a control payload (at most 125) unfinished, its bytes move
 * into memory of the reader.
 *
 * Both ways to drive a handle use this reader: the action queues read from the receive buffer, the bulk driver
 * straight from the chunk.
 */
import { BufferType } from '../contract.js';
import { Diagnostic } from '../diagnostics.js';
import {
  BINARY,
  CLOSE,
  CONTINUATION,
  customTypeOf,
  FIN,
  headerLengthOf,
  isCompressedFrame,
  isKnownFrame,
  LARGEST_CONTROL_PAYLOAD,
  LONGEST_HEADER,
  MASK,
  OPCODE,
  PING,
  PONG,
  readKey,
  readUint32,
  RSV1,
  TEXT,
} from './frame-header.js';
import { mask, maskText, rotateKey } from './mask.js';
import { endOfTexts, INVALID, LEAST_AHEAD } from './texts-ahead.js';
import { highBits, NOT_ASCII, Utf8Verifier } from './utf8.js';

/** The finding of {@link FrameReader.next}. */
export enum Found {
  /** Nothing more: all bytes are taken, and more are needed. */
  Nothing,
  /** A part of a message, from `start` to `end` of the memory given. */
  Data,
  /** A ping; its payload is in `control`. */
  Ping,
  /** A pong; its payload is in `control`. */
  Pong,
  /** A close frame; its body is in `control`. */
  Close,
  /** The peer broke the protocol; `diagnostic` says how. The reader cannot go on. */
  Violation,
}

/** The frames that a reader accepts. */
export interface ReaderRules {
  /** The side that reads. A server requires masks, a client refuses them (D-5). */
  readonly server: boolean;
  /** Whether a server accepts frames without mask, too (D-5). */
  readonly maskingDisabled: boolean;
  /** Whether text is left unverified. */
  readonly utf8VerificationDisabled: boolean;
  /** Whether an extension has been negotiated. Its frames are reported with their own type (Q-X1). */
  readonly extensionSelected: boolean;
}

const NO_MESSAGE = 0;

/** Most bytes of a header whose payload is below 64 KiB. */
const SHORT_HEADERS = 8;

/** The kind of a frame. */
enum Kind {
  Data,
  Control,
  Custom,
}

export class FrameReader {
  /** The position after the bytes that {@link next} has taken. */
  at = 0;
  /** `Data`: its position in the given memory, and its type. */
  start = 0;
  end = 0;
  type: BufferType = 0 as BufferType;
  /** Bytes of the frame's payload that have not arrived yet. */
  remaining = 0;
  /** `Data`: whether the message is compressed. */
  compressed = false;
  /** `Data`: whether it is known to be ASCII text; false if that was not checked. */
  ascii = false;
  /** `Ping`, `Pong`, `Close`: the payload, in memory that the next frame overwrites. */
  controlLength = 0;
  diagnostic: Diagnostic = Diagnostic.None;
  /**
   * The first two bytes of the latest header, except for headers of short whole messages. After a violation these are
   * the bytes of the illegal frame. Bit 16 is the highest bit of the length.
   */
  frameHeader = 0;
  /** Whether a close frame has been read. Only pings and pongs may follow it (D4-11). */
  closed = false;
  /** Whether compressed messages are accepted. Then frames of other extensions are refused. */
  compressionAllowed = false;

  private readonly rules: ReaderRules;
  /** The expected mask bit of a frame. */
  private readonly maskBit: number;
  private inPayload = false;
  private kind = Kind.Data;
  private firstByte = 0;
  /** The key, rotated to the next byte of the payload; 0 without a mask. */
  private key = 0;
  /** Opcode of the unfinished message. */
  private message = NO_MESSAGE;
  /** Made for the first text that is not ASCII. */
  private text: Utf8Verifier | null = null;
  /** The memory whose texts may be verified ahead, and the end of the last verified one. */
  private ahead: Uint8Array | null = null;
  private aheadEnd = 0;
  private aheadLimit = 0;

  /** The bytes of a header that a cut left unfinished. */
  private header: Uint8Array | null = null;
  private headerFilled = 0;
  private controlMemory: Uint8Array | null = null;

  constructor(rules: ReaderRules) {
    this.rules = rules;
    this.maskBit = rules.server ? MASK : 0;
  }

  /** Whether no header, payload or message is unfinished, and the end has not been reached. */
  get isBetweenMessages(): boolean {
    return !this.inPayload && this.message === NO_MESSAGE && this.headerFilled === 0 && !this.closed;
  }

  /** Bytes that were taken of an unfinished header or control frame. */
  get pending(): number {
    if (!this.inPayload || this.kind !== Kind.Control) return this.headerFilled;
    // The header of a control frame has the shortest form.
    return (this.maskBit === 0 ? 2 : 6) + this.controlLength;
  }

  /** The fragment type of the unfinished message, or 0. */
  get messageBegun(): BufferType | 0 {
    if (this.message === TEXT) return BufferType.Utf8Fragment;
    return this.message === BINARY ? BufferType.BinaryFragment : 0;
  }

  /** Bytes of the current data frame that have not arrived yet; 0 for a compressed message. */
  get announced(): number {
    return this.inPayload && this.kind === Kind.Data && !this.compressed ? this.remaining : 0;
  }

  /** Memory that holds a control payload. */
  get control(): Uint8Array {
    return (this.controlMemory ??= new Uint8Array(LARGEST_CONTROL_PAYLOAD));
  }

  /** Allows texts in this memory to be verified ahead. Nobody else may write into it until {@link endChunk}. */
  beginChunk(bytes: Uint8Array, limit: number): void {
    this.aheadLimit = limit;
    this.ahead = this.maskBit === 0 && !this.rules.utf8VerificationDisabled ? bytes : null;
    this.aheadEnd = 0;
  }

  endChunk(): void {
    this.ahead = null;
  }

  /**
   * Finds the next part in `bytes` from `at` to `limit`, and moves {@link at} after it.
   *
   * @param most - most bytes of a part of a message.
   */
  next(bytes: Uint8Array, at: number, limit: number, most: number): Found {
    if (this.isBetweenMessages && limit - at >= SHORT_HEADERS) {
      const found = this.readWholeMessage(bytes, at, limit, most);
      if (found !== Found.Nothing) return found;
    }
    this.at = at;
    if (!this.inPayload) {
      if (!this.readHeader(bytes, limit)) {
        return this.diagnostic === Diagnostic.None ? Found.Nothing : Found.Violation;
      }
      this.inPayload = true;
      this.controlLength = 0;
    }
    return this.kind === Kind.Control ? this.readControl(bytes, limit) : this.readData(bytes, limit, most);
  }

  /**
   * Reads the common case in one go: a complete message of one frame below 64 KiB. Returns `Nothing` for all other
   * frames and for every error; the general way handles these.
   */
  private readWholeMessage(bytes: Uint8Array, at: number, limit: number, most: number): Found {
    const firstByte = bytes[at]!;
    if (firstByte !== (FIN | TEXT) && firstByte !== (FIN | BINARY)) return Found.Nothing;
    const maskedLength = bytes[at + 1]! ^ this.maskBit;
    let length = maskedLength;
    let start = at + 2;
    if (maskedLength >= 126) {
      length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
      if (maskedLength > 126 || length < 126) return Found.Nothing;
      start += 2;
    }
    if (this.maskBit !== 0) start += 4;
    const end = start + length;
    if (end > limit || length > most) return Found.Nothing;
    this.at = end;
    this.start = start;
    this.end = end;
    this.compressed = false;
    this.ascii = false;
    if (firstByte === (FIN | BINARY)) {
      if (this.maskBit !== 0) mask(bytes, start, end, readKey(bytes, start - 4));
      this.type = BufferType.BinaryMessage;
      return Found.Data;
    }
    this.type = BufferType.Utf8Message;
    const key = this.maskBit === 0 ? 0 : readKey(bytes, start - 4);
    return this.takeText(bytes, key, true) ? Found.Data : this.violation(Diagnostic.InvalidUtf8);
  }

  private readData(bytes: Uint8Array, limit: number, most: number): Found {
    const start = this.at;
    const length = Math.min(this.remaining, limit - start, most);
    if (length === 0 && this.remaining !== 0 && start === limit) return Found.Nothing;
    const { key } = this;
    this.key = rotateKey(key, length);
    this.at = start + length;
    this.start = start;
    this.end = start + length;
    this.remaining -= length;
    this.ascii = false;
    const ends = this.remaining === 0;
    if (ends) this.inPayload = false;
    const last = ends && (this.firstByte & FIN) !== 0;
    if (this.kind === Kind.Data && this.message === TEXT) {
      this.type = last ? BufferType.Utf8Message : BufferType.Utf8Fragment;
      if (!this.takeText(bytes, key, last)) return this.violation(Diagnostic.InvalidUtf8);
    } else {
      if (key !== 0) mask(bytes, start, this.end, key);
      if (this.kind === Kind.Custom) {
        this.type = customTypeOf(last ? this.firstByte : this.firstByte & ~FIN);
        return Found.Data;
      }
      this.type = last ? BufferType.BinaryMessage : BufferType.BinaryFragment;
    }
    if (last) this.message = NO_MESSAGE;
    return Found.Data;
  }

  /** Unmasks a part of a text, from `start` to `end`, and verifies it if the rules ask for that. */
  private takeText(bytes: Uint8Array, key: number, last: boolean): boolean {
    const { start, end } = this;
    if (this.rules.utf8VerificationDisabled || this.compressed) {
      if (key !== 0) mask(bytes, start, end, key);
      return true;
    }
    const high = key === 0 ? highBits(bytes, start, end) : maskText(bytes, start, end, key);
    if ((high & NOT_ASCII) === 0 && (this.text === null || this.text.complete)) return (this.ascii = true);
    if (last && bytes === this.ahead && this.isVerifiedAhead(bytes)) return true;
    const text = (this.text ??= new Utf8Verifier());
    return text.accept(bytes, start, end) && (!last || text.complete);
  }

  /** Whether a text's end has been verified, alone or with the texts that follow it. If not, it is verified alone. */
  private isVerifiedAhead(bytes: Uint8Array): boolean {
    const { start, end } = this;
    if (end <= this.aheadEnd) return true;
    if (end - start < LEAST_AHEAD || (this.text !== null && !this.text.complete)) return false;
    this.aheadEnd = endOfTexts(bytes, start, end, this.aheadLimit);
    if (this.aheadEnd === INVALID) this.ahead = null;
    return end <= this.aheadEnd;
  }

  private readControl(bytes: Uint8Array, limit: number): Found {
    const control = this.control;
    const length = Math.min(this.remaining, limit - this.at);
    for (let index = 0; index < length; index++) {
      control[this.controlLength++] = bytes[this.at++]! ^ (this.key & 0xff);
      this.key = rotateKey(this.key, 1);
    }
    this.remaining -= length;
    if (this.remaining !== 0) return Found.Nothing;
    this.inPayload = false;
    const opcode = this.firstByte & OPCODE;
    if (opcode === PING) return Found.Ping;
    if (opcode === PONG) return Found.Pong;
    this.closed = true;
    return Found.Close;
  }

  /** Reads and checks a header. True if it is complete; false if bytes are missing or it is refused. */
  private readHeader(bytes: Uint8Array, limit: number): boolean {
    if (this.headerFilled === 0 && limit - this.at >= 2) {
      const length = headerLengthOf(bytes[this.at + 1]!);
      if (limit - this.at >= length) {
        const at = this.at;
        this.at += length;
        return this.acceptType(bytes[at]!, bytes[at + 1]!) && this.acceptLength(bytes, at, length);
      }
    }
    return this.readCutHeader(bytes, limit);
  }

  /** Checks the first two bytes as soon as they have arrived, and the rest when the header is complete. */
  private readCutHeader(bytes: Uint8Array, limit: number): boolean {
    const header = (this.header ??= new Uint8Array(LONGEST_HEADER));
    while (this.at < limit) {
      header[this.headerFilled++] = bytes[this.at++]!;
      if (this.headerFilled === 2 && !this.acceptType(header[0]!, header[1]!)) return false;
      if (this.headerFilled >= 2 && this.headerFilled === headerLengthOf(header[1]!)) {
        const length = this.headerFilled;
        this.headerFilled = 0;
        return this.acceptLength(header, 0, length);
      }
    }
    return false;
  }

  /** Checks the first two bytes, in this order: the frame by itself, its mask, its place in the sequence. */
  private acceptType(firstByte: number, secondByte: number): boolean {
    const { rules } = this;
    this.frameHeader = (firstByte << 8) | secondByte;
    const compressed = this.compressionAllowed && isCompressedFrame(firstByte);
    if (compressed) firstByte &= ~RSV1;
    this.firstByte = firstByte;
    if (!isKnownFrame(firstByte)) {
      if (!rules.extensionSelected || this.compressionAllowed)
        return this.refuse(Diagnostic.FrameTypeUnknown);
      this.kind = Kind.Custom;
    } else if ((firstByte & CLOSE) === 0) {
      this.kind = Kind.Data;
    } else {
      if (!this.acceptControl(firstByte, secondByte)) return false;
      this.kind = Kind.Control;
    }
    const masked = (secondByte & MASK) !== 0;
    if (rules.server) {
      if (!masked && !rules.maskingDisabled) return this.refuse(Diagnostic.ClientFrameUnmasked);
    } else if (masked) {
      return this.refuse(Diagnostic.ServerFrameMasked);
    }
    if (this.kind === Kind.Data) return this.acceptData(firstByte, compressed);
    if (!this.closed) return true;
    if (this.kind === Kind.Custom) return this.refuse(Diagnostic.DataAfterCloseReceived);
    return (firstByte & OPCODE) !== CLOSE || this.refuse(Diagnostic.CloseAfterCloseReceived);
  }

  private acceptData(firstByte: number, compressed: boolean): boolean {
    if (this.closed) return this.refuse(Diagnostic.DataAfterCloseReceived);
    const opcode = firstByte & OPCODE;
    if (opcode === CONTINUATION) {
      return this.message !== NO_MESSAGE || this.refuse(Diagnostic.UnexpectedContinuation);
    }
    if (this.message !== NO_MESSAGE) return this.refuse(Diagnostic.ContinuationExpected);
    this.message = opcode;
    this.compressed = compressed;
    return true;
  }

  private acceptControl(firstByte: number, secondByte: number): boolean {
    const length = secondByte & 0x7f;
    if ((firstByte & FIN) === 0) return this.refuse(Diagnostic.ControlFragmented);
    if (length > LARGEST_CONTROL_PAYLOAD) return this.refuse(Diagnostic.ControlTooLong);
    // One byte cannot hold a status (RFC 6455, section 5.5.1).
    if ((firstByte & OPCODE) !== CLOSE || length !== 1) return true;
    return this.refuse(Diagnostic.CloseSizeInvalid);
  }

  private acceptLength(header: Uint8Array, at: number, length: number): boolean {
    const secondByte = header[at + 1]!;
    const form = secondByte & 0x7f;
    if (form < 126) {
      this.remaining = form;
    } else if (form === 126) {
      this.remaining = (header[at + 2]! << 8) | header[at + 3]!;
      if (this.remaining < 126) return this.refuseLength();
    } else {
      const high = readUint32(header, at + 2);
      const low = readUint32(header, at + 6);
      if (high > 0x7fffffff) {
        this.frameHeader |= 0x10000;
        return this.refuseLength();
      }
      if (high === 0 && low < 0x10000) return this.refuseLength();
      this.remaining = high * 0x100000000 + low;
    }
    this.key = (secondByte & MASK) !== 0 ? readKey(header, at + length - 4) : 0;
    return true;
  }

  private refuse(diagnostic: Diagnostic): false {
    this.diagnostic = diagnostic;
    return false;
  }

  /** Refuses a malformed length. The message that this frame would have begun does not count as begun (Q-A3). */
  private refuseLength(): false {
    const opcode = this.firstByte & OPCODE;
    if (this.kind === Kind.Data && opcode !== CONTINUATION) this.message = NO_MESSAGE;
    return this.refuse(Diagnostic.LengthMalformed);
  }

  private violation(diagnostic: Diagnostic): Found {
    this.diagnostic = diagnostic;
    // A text whose frame came whole was not noted as begun.
    if (diagnostic === Diagnostic.InvalidUtf8) this.message = TEXT;
    return Found.Violation;
  }
}
