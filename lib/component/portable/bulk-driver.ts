/**
 * The bulk driver of the portable engine. It needs no receive buffer and no queues: a chunk goes through the reader
 * to the sink, and `send` writes into the output.
 */
import type { BulkDriver, IndicationSink } from '../bulk.js';
import { BufferType } from '../contract.js';
import type { CloseBuffer } from '../contract.js';
import { bytesLength, closeBuffer, keptBytes, ulong } from '../arguments.js';
import { Diagnostic, sentenceOf } from '../diagnostics.js';
import { ComponentError, S_OK } from '../errors.js';
import { FIN, LARGEST_CONTROL_PAYLOAD, PING, PONG, RSV1, TEXT } from './frame-header.js';
import { FrameOutput } from './frame-output.js';
import { Found } from './frame-reader.js';
import type { FrameReader } from './frame-reader.js';
import { closeOf } from './incoming-close.js';
import { Refusal, verdictOn } from './interim.js';
import type { ReaderLoan } from './reader-loan.js';
import { BETWEEN_MESSAGES, isControlType, wholeByteOf } from './outgoing.js';
import type { Outgoing } from './outgoing.js';
import { nextKey } from './send-queue.js';
import type { WriterRules } from './send-queue.js';
import { sharedFrame } from './shared-frame.js';
import type { SharedMessage } from '../shared-message.js';

const EMPTY = new Uint8Array(0);
// These constants are read for each message. A constant of this module costs nothing; one of another module costs a
// look into it.
const WHOLE_TEXT = FIN | TEXT;
const REST = BETWEEN_MESSAGES;

/** An output whose chunks were taken is empty again. The next driver that sends reuses it. */
let spareOutput: FrameOutput | null = null;

/** The rules that all sessions of one kind share. */
export interface SessionRules {
  readonly readers: ReaderLoan;
  /** The driver puts its own state in here for each send. */
  readonly outgoing: Outgoing;
  readonly writing: WriterRules;
}

/**
 * Why nothing more is received: a violation of the peer, or an error that the sink threw. After such an error the
 * rest of the chunk is lost.
 */
class Stop {
  constructor(
    readonly refusal: Refusal | null,
    readonly error?: unknown,
    /** The status of a refused close frame. */
    readonly status = 0,
  ) {}

  failure(): unknown {
    return this.refusal === null ? this.error : errorOf(this.refusal, 'WebSocketGetAction');
  }
}

/**
 * Settings that few sessions change. All other sessions share one object of defaults, so each pays for one field
 * only.
 */
class SessionBehaviour {
  autoPong = true;
  nextMaskKey: (() => number) | null = null;
  compressionAllowed = false;
}

const DEFAULT_BEHAVIOUR: Readonly<SessionBehaviour> = new SessionBehaviour();

export class PortableBulkDriver implements BulkDriver {
  /**
   * S_OK, or the HRESULT of every call after the handle was aborted or deleted. The handle sets it. It is not read from
   * the handle, whose memory no message touches.
   */
  ending = S_OK;
  /** The session's own settings, or the shared defaults. */
  private behaviour = DEFAULT_BEHAVIOUR;
  /** Null while there is no output to take. */
  private output: FrameOutput | null = null;
  /** Null between messages. */
  private reader: FrameReader | null = null;
  private stop: Stop | null = null;

  /** The state of {@link Outgoing} for this session. */
  private sending = BETWEEN_MESSAGES;

  constructor(private readonly rules: SessionRules) {}

  receive(chunk: Uint8Array, sink: IndicationSink): void {
    if (this.stop !== null) throw this.stop.failure();
    const isOurs = this.reader === null;
    const reader = (this.reader ??= this.rules.readers.take(this.behaviour.compressionAllowed));
    reader.beginChunk(chunk, chunk.length);
    try {
      this.read(reader, chunk, sink);
    } catch (error) {
      // Only errors of the sink are kept. The handle repeats its own refusals itself.
      const bySink = this.stop === null && !reader.closed && this.ending === S_OK;
      if (bySink) this.stop = new Stop(null, error);
      throw error;
    } finally {
      reader.endChunk();
    }
    // A sink may call `receive`. The outer call then still needs the reader.
    if (!isOurs || !reader.isBetweenMessages || this.stop !== null) return;
    this.reader = null;
    this.rules.readers.giveBack(reader);
  }

  private read(reader: FrameReader, chunk: Uint8Array, sink: IndicationSink): void {
    const limit = chunk.length;
    let at = 0;
    while (this.canReceive(reader)) {
      const found = reader.next(chunk, at, limit, limit);
      at = reader.at;
      if (found === Found.Data) {
        const { type, start, end, remaining, compressed, ascii } = reader;
        sink.data(type, chunk, start, end, remaining, compressed, ascii);
      } else if (found === Found.Nothing) return;
      else this.take(found, reader, sink);
      // Only the sink can have detached the chunk: it has the chunk's memory.
      if (chunk.length !== limit && at !== limit)
        throw new TypeError('the chunk was detached while parts of it were left');
    }
  }

  /** Asked for each frame, since the sink may abort the handle. */
  private canReceive(reader: FrameReader): boolean {
    if (this.stop !== null) throw this.stop.failure();
    if (reader.closed) return false;
    this.requireSession('WebSocketReceive');
    return true;
  }

  private requireSession(operation: string): void {
    const { ending } = this;
    if (ending !== S_OK) throw new ComponentError(ending, operation, 'portable');
  }

  private take(found: Found, reader: FrameReader, sink: IndicationSink): void {
    const payload = reader.control.subarray(0, reader.controlLength);
    switch (found) {
      case Found.Ping:
        if (this.behaviour.autoPong)
          (this.output ?? this.open()).add(FIN | PONG, payload, payload.length, this.maskKey());
        sink.ping?.(payload.slice());
        return;
      case Found.Pong:
        sink.pong(payload.slice());
        return;
      case Found.Close: {
        const close = closeOf(payload.slice());
        if (close instanceof Refusal) {
          this.stop = new Stop(close, undefined, (payload[0]! << 8) | payload[1]!);
        } else sink.close(close.status, close.reason);
        return;
      }
      default:
        this.stop = new Stop(new Refusal(reader.diagnostic));
    }
  }

  allowCompression(): void {
    this.ownBehaviour().compressionAllowed = true;
    if (this.reader !== null) this.reader.compressionAllowed = true;
  }

  /**
   * A whole message is always allowed between other messages, and leaves no state. All other sends take the slower
   * way.
   */
  send(type: BufferType, buffer?: Uint8Array | CloseBuffer, compressed = false): void {
    const firstByte = wholeByteOf(type);
    if (firstByte === 0) return this.sendChecked(type, buffer, compressed);
    const payload = buffer === undefined ? EMPTY : (buffer as Uint8Array);
    const length = bytesLength('buffer', payload);
    if (compressed || this.isSpecial()) return this.sendChecked(type, payload, compressed);
    (this.output ?? this.open()).add(firstByte, payload, length, nextKey(this.rules.writing));
  }

  sendText(text: string): void {
    if (!this.isSpecial()) {
      (this.output ?? this.open()).addText(WHOLE_TEXT, text, nextKey(this.rules.writing));
      return;
    }
    const key = this.maskKey();
    const { firstByte, state } = this.admit(BufferType.Utf8Message, null, null);
    (this.output ?? this.open()).addText(firstByte, text, key);
    this.sending = state;
  }

  sendShared(message: SharedMessage): void {
    const { masks, plainKey } = this.rules.writing;
    if (masks || plainKey !== undefined || this.sending !== REST || this.ending !== S_OK) {
      this.send(message.type, message.payload, message.compressed);
      return;
    }
    const frame = message.frame ?? sharedFrame(message);
    (this.output ?? this.open()).appendWhole(frame, frame.length);
  }

  sendFramed(part: Uint8Array, mayStay: boolean): void {
    const output = this.output ?? this.open();
    if (!mayStay) output.copy(part);
    else {
      const kept = keptBytes(part);
      output.append(kept, 0, kept.length);
    }
  }

  /**
   * Whether a message has begun, a close has been sent, the session has ended, or the session has settings of its
   * own.
   */
  private isSpecial(): boolean {
    return this.sending !== REST || this.ending !== 0 || this.behaviour !== DEFAULT_BEHAVIOUR;
  }

  private sendChecked(
    type: BufferType,
    buffer: Uint8Array | CloseBuffer | undefined,
    compressed: boolean,
  ): void {
    ulong('type', type);
    const close = type === BufferType.Close && buffer !== undefined ? closeBuffer(buffer) : null;
    const payload = close === null && buffer !== undefined ? (buffer as Uint8Array) : null;
    const length = payload === null ? 0 : bytesLength('buffer', payload);
    // The key comes first: the application's key function may throw, or send a message itself.
    const key = this.maskKey();
    const { firstByte, body, state } = this.admit(type, payload, close);
    const output = this.output ?? this.open();
    if (isControlType(type)) output.add(firstByte, body, body.length, key);
    else output.add(compressed ? firstByte | RSV1 : firstByte, payload ?? EMPTY, length, key);
    this.sending = state;
  }

  /** Allows a send. The caller sets `sending` to the returned state once the send has succeeded. */
  private admit(type: BufferType, payload: Uint8Array | null, close: CloseBuffer | null): Outgoing {
    this.requireSession('WebSocketSend');
    const { outgoing } = this.rules;
    outgoing.state = this.sending;
    const diagnostic = outgoing.admit(type, payload, close);
    if (diagnostic !== Diagnostic.None) refuse(diagnostic);
    return outgoing;
  }

  sendControl(type: BufferType.PingPong | BufferType.UnsolicitedPong, payload: Uint8Array): void {
    const length = bytesLength('payload', payload);
    if (length > LARGEST_CONTROL_PAYLOAD) {
      throw new RangeError(`the payload of a ping or pong has at most ${LARGEST_CONTROL_PAYLOAD} bytes`);
    }
    this.requireSession('WebSocketSend');
    const opcode = type === BufferType.PingPong ? PING : PONG;
    (this.output ?? this.open()).add(FIN | opcode, payload, length, this.maskKey());
  }

  private maskKey(): number | undefined {
    const { nextMaskKey } = this.behaviour;
    return nextMaskKey === null ? nextKey(this.rules.writing) : nextMaskKey();
  }

  get autoPong(): boolean {
    return this.behaviour.autoPong;
  }

  set autoPong(value: boolean) {
    this.ownBehaviour().autoPong = value;
  }

  get nextMaskKey(): (() => number) | null {
    return this.behaviour.nextMaskKey;
  }

  set nextMaskKey(next: (() => number) | null) {
    this.ownBehaviour().nextMaskKey = next;
  }

  private ownBehaviour(): SessionBehaviour {
    if (this.behaviour === DEFAULT_BEHAVIOUR) this.behaviour = new SessionBehaviour();
    return this.behaviour;
  }

  get refusedStatus(): number {
    return this.stop?.status ?? 0;
  }

  get announced(): number {
    return this.reader?.announced ?? 0;
  }

  get frameHeader(): number {
    return this.reader?.frameHeader ?? 0;
  }

  get copiesPayloads(): boolean {
    return this.rules.writing.masks && this.behaviour.nextMaskKey === null;
  }

  get outputLength(): number {
    return this.output === null ? 0 : this.output.length;
  }

  private open(): FrameOutput {
    const output = spareOutput ?? new FrameOutput();
    spareOutput = null;
    return (this.output = output);
  }

  takeOutput(): Uint8Array[] {
    const { output } = this;
    if (output === null) return [];
    // If `take` throws, no other driver may reuse this output.
    const chunks = output.take();
    this.output = null;
    spareOutput = output;
    return chunks;
  }
}

function refuse(diagnostic: Diagnostic): never {
  throw errorOf(new Refusal(diagnostic, verdictOn(diagnostic)), 'WebSocketSend');
}

function errorOf({ hresult, diagnostic }: Refusal, operation: string): ComponentError {
  return new ComponentError(hresult, operation, 'portable', { diagnostic, sentence: sentenceOf(diagnostic) });
}
