/**
 * The action loop drives any handle, using only the contract (B0-3). It is the reference for each backend's bulk
 * driver. It also drives handles whose backend has no bulk driver.
 *
 * One `receive` is always queued. While there is no chunk to fill in, the action `ReceiveFromNetwork` stays outstanding
 * (B8-7), and the next chunk goes into its window. Sends are not blocked by it, because each queue has an outstanding
 * action of its own (D1-3).
 */
import { types } from 'node:util';
import { keptBytes } from '../component/arguments.js';
import type { BulkDriver, IndicationSink } from '../component/bulk.js';
import { Action, ActionQueue, BufferType } from '../component/contract.js';
import type { ActionResult, CloseBuffer, SessionHandle } from '../component/contract.js';
import { ComponentError, HRESULTS } from '../component/errors.js';
import { Output } from '../component/output.js';

/** How the action loop asks for actions. Every choice gives the same indications and bytes. */
export interface ActionLoopOptions {
  /** Buffers of one `SendToNetwork`, at least 1 (D2-5). Default: 2. */
  readonly capacity?: number;
  /**
   * Which queue `receive` asks: both at once, or the receive queue alone (D1-2, D-9). `send` asks the send queue alone.
   * Default: `'separate'`.
   */
  readonly queues?: 'all' | 'separate';
}

const NOTHING = new Uint8Array(0);
/** The first byte of a frame and its mask bit (D-12). */
const MOST_CUSTOM = 0x1ff;

export class ActionLoop implements BulkDriver {
  readonly #handle: SessionHandle;
  readonly #capacity: number;
  readonly #receiveQueue: ActionQueue;
  /** Whether a receive is queued, that is, has not been indicated. */
  #receiving = false;
  /** The action `ReceiveFromNetwork` that waits for bytes. */
  #reading: ActionResult | null = null;
  #closeReceived = false;
  /** The error that the sink threw. The rest of the chunk was lost with it. */
  #lost: { readonly error: unknown } | null = null;
  #isBroken = false;
  readonly #output = new Output();

  constructor(handle: SessionHandle, options: ActionLoopOptions = {}) {
    this.#handle = handle;
    this.#capacity = options.capacity ?? 2;
    this.#receiveQueue = options.queues === 'all' ? ActionQueue.All : ActionQueue.Receive;
  }

  get outputLength(): number {
    return this.#output.length;
  }

  takeOutput(): Uint8Array[] {
    return this.#output.take();
  }

  get isBroken(): boolean {
    return this.#isBroken;
  }

  send(type: BufferType, buffer?: Uint8Array | CloseBuffer): void {
    this.#handle.send(type, types.isUint8Array(buffer) ? keptBytes(buffer) : buffer);
    // All of the frame, before the receive queue is asked: a component may hand out a pong between two slices (Q-P3).
    try {
      for (;;) {
        const result = this.#handle.getAction(ActionQueue.Send, this.#capacity);
        if (result.action === Action.NoAction) return;
        this.#perform(result);
      }
    } catch (error) {
      // The frame is not complete, and would hold back all later ones: a send after it has to fail.
      this.#isBroken = true;
      this.#handle.abort();
      throw error;
    }
  }

  receive(chunk: Uint8Array, sink: IndicationSink): void {
    if (this.#lost !== null) throw this.#lost.error;
    let offset = 0;
    for (;;) {
      if (this.#reading !== null) {
        if (offset === chunk.byteLength) return;
        offset += this.#fill(this.#reading, chunk, offset);
      }
      if (!this.#receiving) {
        if (this.#closeReceived) return;
        this.#handle.receive();
        this.#receiving = true;
      }
      const result = this.#handle.getAction(this.#receiveQueue, this.#capacity);
      if (result.action === Action.ReceiveFromNetwork) this.#reading = result;
      else if (result.action === Action.IndicateReceiveComplete) this.#indicate(result, sink);
      else if (result.action !== Action.NoAction) this.#perform(result);
      else if (offset === chunk.byteLength) return;
      // A receive is queued but the component asks for no bytes. The rest of the chunk would be lost silently.
      else throw this.#unexpected();
    }
  }

  /** Copies as much as fits into the window and completes the read. Returns the number of bytes copied. */
  #fill(reading: ActionResult, chunk: Uint8Array, offset: number): number {
    const window = reading.buffers[0]!;
    const end = Math.min(chunk.byteLength, offset + window.byteLength);
    try {
      window.set(chunk.subarray(offset, end));
    } catch (error) {
      // The sink has detached the chunk's memory.
      throw this.#lose(error);
    }
    this.#reading = null;
    this.#handle.completeAction(reading.actionContext, end - offset);
    return end - offset;
  }

  /** Handles an action other than the receipt of bytes: output to collect, or the end of a send. */
  #perform(result: ActionResult): void {
    if (result.action !== Action.SendToNetwork && result.action !== Action.IndicateSendComplete) {
      throw this.#unexpected();
    }
    let bytes = 0;
    if (result.action === Action.SendToNetwork) {
      for (const buffer of result.buffers) {
        bytes += buffer.byteLength;
        this.#output.collect(buffer);
      }
    }
    this.#handle.completeAction(result.actionContext, bytes);
  }

  #indicate(result: ActionResult, sink: IndicationSink): void {
    this.#handle.completeAction(result.actionContext, 0);
    this.#receiving = false;
    // An abort has ended the receive: there is nothing to indicate (Q-A3).
    if (result.buffers.length === 0 && result.close === undefined) return;
    const bytes = result.buffers[0] ?? NOTHING;
    if (result.close !== undefined) {
      this.#closeReceived = true;
      sink.close(result.close.status, result.close.reason);
      return;
    }
    const type = result.bufferType as number;
    const isPong = type === BufferType.PingPong || type === BufferType.UnsolicitedPong;
    if (!isPong && !isData(type)) throw this.#unexpected();
    try {
      if (isPong) sink.pong(bytes);
      else sink.data(type, bytes, 0, bytes.byteLength, -1, false, false);
    } catch (error) {
      throw this.#lose(error);
    }
  }

  /** The error for an answer that the component is not known to give. Such an answer is never treated as data. */
  #unexpected(): unknown {
    // Only the operating system's component can surprise: the portable engine knows no other answers.
    return this.#lose(new ComponentError(HRESULTS.E_FAIL, 'WebSocketGetAction', 'native'));
  }

  /** Records an error after which the rest of the chunk is lost. */
  #lose(error: unknown): unknown {
    this.#lost = { error };
    return error;
  }
}

/** Whether the type is a message, a fragment, or a frame type of an extension (D-12). */
function isData(type: number): boolean {
  const isMessage = type >= BufferType.Utf8Message && type <= BufferType.BinaryFragment;
  return isMessage || (type > 0 && type <= MOST_CUSTOM);
}
