/**
 * The queue of receive operations, and the next step of the operation at its head (D-1, D-3, D-4). The queue owns the
 * receive buffer: the network fills it and the reader reads it. Each operation ends with the first part that is for
 * the application. A ping becomes a pong, which this queue hands out before it goes on.
 */
import type { ActionOutput } from '../backend.js';
import { Action, BufferType } from '../contract.js';
import { Fifo } from './fifo.js';
import { FIN, PONG } from './frame-header.js';
import { Found } from './frame-reader.js';
import type { FrameReader } from './frame-reader.js';
import { closeOf } from './incoming-close.js';
import type { ReceivedClose } from './incoming-close.js';
import { INTERIM, Refusal } from './interim.js';
import { contiguousFrame, nextKey } from './send-queue.js';
import type { WriterRules } from './send-queue.js';

/** The result that the head of the queue indicates. */
interface Indication {
  readonly type: number;
  readonly data: Uint8Array | null;
  readonly close: ReceivedClose | null;
}

interface ReceiveOperation {
  readonly operation: number;
  /** Size of the caller's buffer in bytes; -1 without one. */
  readonly capacity: number;
}

enum Outstanding {
  Nothing,
  Read,
  Indication,
  Pong,
}

const EMPTY = new Uint8Array(0);

export class ReceiveQueue {
  private readonly operations = new Fifo<ReceiveOperation>();
  private outstanding = Outstanding.Nothing;
  private indication: Indication | null = null;
  /** Payload of a waiting pong. */
  private pong: Uint8Array | null = null;
  private refusal: Refusal | null = null;
  private aborted = false;

  /**
   * Received bytes that were not read yet are from `at` to `limit`. The memory is as large as the largest read so
   * far, so a large receive buffer size costs nothing until it is used.
   */
  private buffer = EMPTY;
  private at = 0;
  private limit = 0;

  constructor(
    private readonly reader: FrameReader,
    private readonly receiveBufferSize: number,
    private readonly writer: WriterRules,
  ) {}

  /** Whether a pong is on its way to the network. Then nothing else may be written (D1-9). */
  get pongIsOutstanding(): boolean {
    return this.outstanding === Outstanding.Pong;
  }

  /** A violation that ends receiving until an abort (Q-E1). */
  get failure(): Refusal | null {
    return this.outstanding === Outstanding.Nothing && this.indication === null && this.pong === null
      ? this.refusal
      : null;
  }

  add(operation: number, capacity: number): void {
    this.operations.push({ operation, capacity });
  }

  /**
   * Reads the bytes that have arrived until there is something to do: an indication, a pong, a violation, or a read.
   *
   * @param pongMayGo - false while a frame is being sent in parts. A pong then waits, and reading goes on (D1-8,
   * Q-P3). If several pongs wait, only the latest is sent (RFC 6455, section 5.5.3), so the memory is bounded.
   */
  advance(pongMayGo: boolean): void {
    while (this.wantsInput && !(this.pong !== null && pongMayGo)) {
      const capacity = this.operations.first!.capacity;
      const most = capacity < 0 ? this.limit : capacity;
      const found = this.reader.next(this.buffer, this.at, this.limit, most);
      this.at = this.reader.at;
      if (found === Found.Nothing) return;
      this.take(found);
    }
    // A waiting pong must not hide a violation: the pong cannot go, and nothing else is left to do (D1-8).
    if (this.refusal !== null && !pongMayGo) this.pong = null;
  }

  private get wantsInput(): boolean {
    return (
      this.operations.length !== 0 &&
      this.outstanding === Outstanding.Nothing &&
      this.indication === null &&
      this.refusal === null &&
      !this.aborted
    );
  }

  private take(found: Found): void {
    const { reader } = this;
    switch (found) {
      case Found.Data:
        this.indication = {
          type: reader.type,
          data: this.buffer.slice(reader.start, reader.end),
          close: null,
        };
        break;
      case Found.Pong:
        this.indication = { type: BufferType.PingPong, data: this.controlPayload(), close: null };
        break;
      case Found.Ping:
        if (!reader.closed || INTERIM['Q-P7'].answersPingAfterCloseReceived)
          this.pong = this.controlPayload();
        break;
      case Found.Close: {
        const close = closeOf(this.controlPayload());
        if (close instanceof Refusal) {
          this.refusal = close;
          // A refused close does not count as received. A receive may be queued, as after any violation.
          reader.closed = false;
        } else this.indication = { type: BufferType.Close, data: null, close };
        break;
      }
      default:
        this.refusal = new Refusal(reader.diagnostic);
    }
  }

  private controlPayload(): Uint8Array {
    return this.reader.control.slice(0, this.reader.controlLength);
  }

  /** Hands out the waiting pong, if it may go. */
  nextPong(output: ActionOutput, maxBuffers: number, context: number, mayGo: boolean): boolean {
    if (this.pong === null || !mayGo || this.outstanding !== Outstanding.Nothing) return false;
    output.action = Action.SendToNetwork;
    output.bufferType = BufferType[INTERIM['Q-P2'].pongType];
    output.context = context;
    pushPong(output, this.pong, maxBuffers, nextKey(this.writer));
    this.pong = null;
    this.outstanding = Outstanding.Pong;
    return true;
  }

  /** Hands out a read or an indication. */
  next(output: ActionOutput, context: number): boolean {
    const head = this.operations.first;
    if (head === undefined || this.outstanding !== Outstanding.Nothing || this.refusal !== null) return false;
    output.operation = head.operation;
    output.context = context;
    if (this.indication !== null || this.aborted) {
      this.indicate(output);
      this.outstanding = Outstanding.Indication;
    } else {
      output.action = Action.ReceiveFromNetwork;
      output.window = this.receiveBufferSize - this.reader.pending;
      this.outstanding = Outstanding.Read;
    }
    return true;
  }

  private indicate(output: ActionOutput): void {
    output.action = Action.IndicateReceiveComplete;
    // After a cancel or an abort the indication has the type of the unfinished message, and nothing else (Q-R5,
    // Q-A3).
    output.bufferType = this.indication?.type ?? this.reader.messageBegun;
    if (this.indication === null) return;
    const { data, close } = this.indication;
    if (data !== null) output.buffers.push(data);
    if (close !== null) {
      output.closeStatus = close.status;
      output.closeReason = close.reason;
    }
  }

  /** Completes the outstanding action. A read of no bytes is cancelled (B9-3). */
  complete(bytes: number, window: Uint8Array | null): void {
    const { outstanding } = this;
    this.outstanding = Outstanding.Nothing;
    if (outstanding === Outstanding.Indication) {
      this.indication = null;
      this.operations.shift();
    } else if (outstanding === Outstanding.Read) {
      if (bytes === 0 || window === null) {
        this.indication = { type: this.reader.messageBegun, data: null, close: null };
      } else if (!this.aborted) {
        this.fill(window);
      }
    }
  }

  private fill(window: Uint8Array): void {
    if (this.buffer.length < window.length) this.buffer = window.slice();
    else this.buffer.set(window);
    this.at = 0;
    this.limit = window.length;
  }

  /** Leaves all operations with nothing but their indication. A pong is dropped (B10-1, Q-A3). */
  abort(): void {
    this.aborted = true;
    this.refusal = null;
    this.pong = null;
    // An outstanding indication keeps its result; all others lose it.
    if (this.outstanding !== Outstanding.Indication) this.indication = null;
  }
}

/** Adds a pong: one contiguous buffer if the caller has room for one only, otherwise header and payload (Q-P2). */
function pushPong(
  output: ActionOutput,
  payload: Uint8Array,
  maxBuffers: number,
  key: number | undefined,
): void {
  const frame = contiguousFrame(FIN | PONG, payload, key);
  const length = frame.length - payload.length;
  if (maxBuffers === 1 || INTERIM['Q-P2'].segments === 1 || payload.length === 0) output.buffers.push(frame);
  else output.buffers.push(frame.slice(0, length), frame.slice(length));
}
