/**
 * The queue of send operations, and the next step of the operation at its head (D-1, D-2). An operation is one frame:
 * its header and its payload are handed out as segments, and the indication follows.
 *
 * A control frame is one segment (Q-S13, Q-P2). A payload without mask is handed out whole, by its position in the
 * caller's memory (D2-3). A payload with a mask is copied in slices, each at most as long as the send buffer (D2-4,
 * Q-S2). The header takes its part of the first slice (Q-S1).
 */
import type { ActionOutput } from '../backend.js';
import { Action } from '../contract.js';
import type { BufferType } from '../contract.js';
import { Fifo } from './fifo.js';
import { headerLength, writeHeader } from './frame-header.js';
import { INTERIM } from './interim.js';
import { mask, rotateKey } from './mask.js';
import { randomMaskKey } from './random.js';

/** How a handle writes its frames. */
export interface WriterRules {
  /** Whether each frame has a mask key of its own, as a client's frames have unless masking is disabled. */
  readonly masks: boolean;
  /** The mask key if masking is off: zero for a client (D2-12), none for a server. */
  readonly plainKey: 0 | undefined;
  /** Bytes of masked payload per action. */
  readonly sendBufferSize: number;
}

/** The mask key of the next frame; undefined for a frame without mask. */
export function nextKey(rules: WriterRules): number | undefined {
  return rules.masks ? randomMaskKey() : rules.plainKey;
}

/** A whole small frame in its own memory: the header, then the masked payload. */
export function contiguousFrame(firstByte: number, payload: Uint8Array, key: number | undefined): Uint8Array {
  const frame = new Uint8Array(headerLength(payload.length, key !== undefined) + payload.length);
  const at = writeHeader(frame, 0, firstByte, payload.length, key);
  frame.set(payload, at);
  if (key !== undefined && key !== 0) mask(frame, at, frame.length, key);
  return frame;
}

/** One send, from `WebSocketSend` to its completed indication. */
class SendOperation {
  /** Made when the first segment is asked for; null again after it was handed out. */
  header: Uint8Array | null;
  /** Bytes of the payload handed out. */
  sent = 0;
  /** The mask key, rotated to the next byte. 0 or undefined: there is nothing to mask. */
  key: number | undefined;
  cancelled = false;

  constructor(
    readonly operation: number,
    readonly type: BufferType,
    readonly payload: Uint8Array,
    header: Uint8Array,
    key: number | undefined,
  ) {
    this.header = header;
    this.key = key;
  }

  get handedOut(): boolean {
    return this.header === null && this.sent === this.payload.length;
  }
}

const EMPTY = new Uint8Array(0);

export class SendQueue {
  private readonly operations = new Fifo<SendOperation>();
  /** The outstanding action of the head of the queue. */
  private outstanding = Action.NoAction;
  private outstandingBytes = 0;
  private aborted = false;

  constructor(private readonly rules: WriterRules) {}

  /** Whether a part of a frame has been handed out and its end has not. No other frame may come between (Q-P3). */
  get isInsideFrame(): boolean {
    const head = this.operations.first;
    return head !== undefined && !head.cancelled && head.header === null && !head.handedOut;
  }

  /** Queues a data frame. */
  addData(operation: number, type: BufferType, firstByte: number, payload: Uint8Array): void {
    const key = nextKey(this.rules);
    const header = new Uint8Array(headerLength(payload.length, key !== undefined));
    writeHeader(header, 0, firstByte, payload.length, key);
    this.operations.push(new SendOperation(operation, type, payload, header, key));
  }

  /** Queues a control frame. */
  addControl(operation: number, type: BufferType, firstByte: number, body: Uint8Array): void {
    const frame = contiguousFrame(firstByte, body, nextKey(this.rules));
    this.operations.push(new SendOperation(operation, type, EMPTY, frame, undefined));
  }

  /**
   * Hands out the next action.
   *
   * @param mayWrite - false while a pong is on its way to the network. Then there is no action (D1-9), unless the
   * session has been aborted.
   * @returns whether there is an action.
   */
  next(output: ActionOutput, maxBuffers: number, context: number, mayWrite: boolean): boolean {
    const head = this.operations.first;
    if (head === undefined || this.outstanding !== Action.NoAction) return false;
    const indicates = head.cancelled || head.handedOut;
    if (!mayWrite && !this.aborted) return false;
    output.action = indicates ? Action.IndicateSendComplete : Action.SendToNetwork;
    output.bufferType = head.type;
    output.operation = head.operation;
    output.context = context;
    if (!indicates) this.outstandingBytes = this.handOut(head, output, maxBuffers);
    this.outstanding = output.action;
    return true;
  }

  /** Adds segments of an operation to the output and returns their bytes (Q-S1, Q-S3). */
  private handOut(head: SendOperation, output: ActionOutput, maxBuffers: number): number {
    const { header, sent, key } = head;
    const left = head.payload.length - sent;
    let bytes = 0;
    if (header !== null) {
      head.header = null;
      if (INTERIM['Q-S1'].contiguous && key !== undefined && key !== 0 && left !== 0) {
        const first = this.nextSlice(head, key, header);
        output.buffers.push(first);
        return first.length;
      }
      bytes = header.length;
      output.buffers.push(header);
    }
    // At most the header and one more.
    if (output.buffers.length === maxBuffers || left === 0) return bytes;
    if (key === undefined || key === 0) {
      output.buffers.push({ offset: sent, length: left });
      head.sent += left;
      return bytes + left;
    }
    const slice = this.nextSlice(head, key);
    output.buffers.push(slice);
    return bytes + slice.length;
  }

  /**
   * Masks the next part of a payload into new memory (D2-4, Q-S2).
   *
   * @param header - goes before the payload, and takes its part of the send buffer.
   */
  private nextSlice(head: SendOperation, key: number, header: Uint8Array = EMPTY): Uint8Array {
    const { payload, sent } = head;
    const room = Math.max(1, this.rules.sendBufferSize - INTERIM['Q-S2'].sliceReserve - header.length);
    const length = Math.min(room, payload.length - sent);
    // A copy, since the mask must not change the caller's memory.
    const slice = new Uint8Array(header.length + length);
    slice.set(header);
    slice.set(payload.subarray(sent, sent + length), header.length);
    mask(slice, header.length, slice.length, key);
    head.sent = sent + length;
    head.key = rotateKey(key, length);
    return slice;
  }

  /** Completes the outstanding action. Too few bytes cancel the operation (B9-2). */
  complete(bytes: number): void {
    if (this.outstanding === Action.IndicateSendComplete) this.operations.shift();
    else if (bytes !== this.outstandingBytes) this.operations.first!.cancelled = true;
    this.outstanding = Action.NoAction;
  }

  /** Leaves all operations with nothing but their indication (B10-1). */
  abort(): void {
    this.aborted = true;
    this.operations.forEach((operation) => (operation.cancelled = true));
  }
}
