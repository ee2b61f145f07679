/**
 * The queue of receive operations, and what the one at its head does next (D-1, D-3, D-4). It owns the receive buffer: the
 * network fills it, the reader goes through it, each operation ends with the first thing found that is for
 * the application. A ping found on the way becomes a pong, which this queue hands out before it goes on.
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

/** What the head of the queue has to indicate. */
interface Indication {
  readonly type: number;
  readonly data: Uint8Array | null;
  readonly close: ReceivedClose | null;
}

interface ReceiveOperation {
  readonly operation: number;
  /** Bytes of the caller's buffer, or -1 for none. */
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
  /** Payload of a pong that waits to be handed out. */
  private pong: Uint8Array | null = null;
  private refusal: Refusal | null = null;
  private aborted = false;

  /**
   * Received bytes that have not been read: from `at` to `limit`. It is as large as the largest read so far, so a
   * generous receive buffer size costs nothing until it is used.
   */
  private buffer = EMPTY;
  private at = 0;
  private limit = 0;

  constructor(
    private readonly reader: FrameReader,
    private readonly receiveBufferSize: number,
    private readonly writer: WriterRules,
  ) {}

  /** A pong is on its way to the network: nothing else may be written (D1-9). */
  get pongIsOutstanding(): boolean {
    return this.outstanding === Outstanding.Pong;
  }

  /** A violation that ends the receiving, until an abort (Q-E1). */
  get failure(): Refusal | null {
    return this.outstanding === Outstanding.Nothing && this.indication === null && this.pong === null
      ? this.refusal
      : null;
  }

  add(operation: number, capacity: number): void {
    this.operations.push({ operation, capacity });
  }

  /**
   * Reads on in what has arrived, until there is something to do: an indication, a pong, a violation, or a read.
   *
   * @param pongMayGo - false while a frame is being sent in parts: then a pong waits and reading goes on
   *   (D1-8, Q-P3). Of several that wait, the latest is sent (RFC 6455, section 5.5.3): the memory is bounded.
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
    // A pong that waits may not hide a violation: there is no way on, and no action either (D1-8).
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
          // A close that was refused has not been received: a receive may be queued as after any violation.
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

  /** Hands out the pong that waits, if it may go. */
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
    // Cancelled or aborted: the type of the message that is unfinished, and nothing else (Q-R5, Q-A3).
    output.bufferType = this.indication?.type ?? this.reader.messageBegun;
    if (this.indication === null) return;
    const { data, close } = this.indication;
    if (data !== null) output.buffers.push(data);
    if (close !== null) {
      output.closeStatus = close.status;
      output.closeReason = close.reason;
    }
  }

  /** The outstanding action has been performed. No bytes cancel a read (B9-3). */
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

  /** Whatever is queued has only its indication left; a pong is dropped (B10-1, Q-A3). */
  abort(): void {
    this.aborted = true;
    this.refusal = null;
    this.pong = null;
    // One that is outstanding keeps what it indicates; the others lose it.
    if (this.outstanding !== Outstanding.Indication) this.indication = null;
  }
}

/** One contiguous buffer where only one fits, otherwise header and payload (Q-P2). */
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
