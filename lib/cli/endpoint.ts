/**
 * The action loop by hand: one handle on one byte stream, written to be read. It uses the 13 functions and nothing
 * else. A program would use `Connection` instead.
 *
 * `send` and `receive` queue an operation and return a promise; the operation's context settles the promise. `#pump` asks
 * both queues for actions until neither has one. It is called again when that may have changed: an operation was queued,
 * bytes arrived, the stream ended.
 *
 * The send queue is asked first, and a write is complete as soon as the stream has its bytes. So all slices of a frame
 * are in the stream before the receive queue can hand out a pong (Q-P3).
 */
import type { Duplex } from 'node:stream';

import { Action, ActionQueue, BufferType } from '../component/index.js';
import type { ActionResult, CloseBuffer, SessionHandle } from '../component/index.js';

/** One performed action: which queue it came from and how many bytes it moved. */
export interface PerformedAction {
  readonly queue: ActionQueue.Send | ActionQueue.Receive;
  readonly result: ActionResult;
  readonly bytes: number;
}

/** A part of a message, a pong, or a close frame. */
export interface Indication {
  readonly type: BufferType;
  /** The payload; empty for a close frame. */
  readonly data: Uint8Array;
  /** The content of a close frame: status 1005 and reason null if it has no body. */
  readonly close: { readonly status: number; readonly reason: Uint8Array | null } | undefined;
}

/** The stream ended before the closing handshake was done. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  readonly code = 'ERR_CONNECTION_LOST';

  constructor(cause: Error | undefined) {
    const why = cause === undefined ? '' : `: ${cause.message}`;
    super(`the connection ended without a closing handshake${why}`, { cause });
  }
}

/** The application context of an operation: it settles the operation's promise. */
interface Settle {
  readonly queue: ActionQueue.Send | ActionQueue.Receive;
  readonly resolve: (indication: Indication | undefined) => void;
  readonly reject: (reason: Error) => void;
  /** Actions of a send whose bytes the stream has not flushed. */
  unflushed: number;
  /** Whether the component has indicated that the send is complete. */
  indicated: boolean;
}

const NOTHING = new Uint8Array(0);

export class Endpoint {
  readonly #handle: SessionHandle;
  readonly #stream: Duplex;
  readonly #watch: (performed: PerformedAction) => void;
  /** Operations that have not been indicated. */
  readonly #pending = new Set<Settle>();
  /** Bytes that were read from the stream and had no room in the last window. */
  #unread: Uint8Array = NOTHING;
  /** The `ReceiveFromNetwork` action that waits for bytes. */
  #reading: ActionResult | null = null;
  /** The stream has ended: no more bytes will come. */
  #ended = false;
  #deleted = false;
  #pumping = false;
  /** The error of a peer that broke the protocol. Every receive fails with it from then on; sends go on (Q-E1). */
  #offence: Error | undefined;
  #streamError: Error | undefined;
  #closeSent = false;

  /** Resolves when the stream is closed and the handle deleted. */
  readonly closed: Promise<void>;

  /**
   * @param handle - a handle whose session is open. The endpoint deletes it.
   * @param stream - the transport. The endpoint ends it.
   * @param watch - called with each action that was performed.
   */
  constructor(handle: SessionHandle, stream: Duplex, watch: (performed: PerformedAction) => void = () => {}) {
    this.#handle = handle;
    this.#stream = stream;
    this.#watch = watch;
    this.closed = new Promise((resolve) => {
      stream.once('close', () => {
        this.#dispose();
        resolve();
      });
    });
    stream.on('readable', () => this.#pump());
    stream.once('end', () => {
      this.#ended = true;
      this.#pump();
    });
    stream.on('error', (error: Error) => {
      this.#streamError = error;
    });
  }

  /** Whether a close frame has been given to `send`. */
  get closeSent(): boolean {
    return this.#closeSent;
  }

  /** Resolves when the bytes have been written. Rejects when the stream broke. */
  async send(type: BufferType, buffer?: Uint8Array | CloseBuffer): Promise<void> {
    await this.#operation(ActionQueue.Send, (context) => {
      this.#handle.send(type, buffer, context);
      if (type === BufferType.Close) this.#closeSent = true;
    });
  }

  /** The next part of a message, pong or close frame. Rejects when the peer broke the protocol, or left. */
  async receive(): Promise<Indication> {
    const indication = await this.#operation(ActionQueue.Receive, (context) => {
      if (this.#offence !== undefined) throw this.#offence;
      this.#handle.receive(undefined, context);
    });
    return indication!;
  }

  /**
   * Ends the stream after all queued bytes, and waits until the other side has ended it as well.
   *
   * @param patience - milliseconds after which the stream is destroyed.
   */
  async finish(patience: number): Promise<void> {
    const timer = setTimeout(() => this.destroy(), patience);
    this.#stream.end();
    this.discard();
    await this.closed;
    clearTimeout(timer);
  }

  /** Reads and drops all bytes. A stream emits its end only when it has been read to the end. */
  discard(): void {
    this.#stream.removeAllListeners('readable');
    this.#stream.resume();
  }

  destroy(): void {
    this.#stream.destroy();
  }

  #operation(
    queue: ActionQueue.Send | ActionQueue.Receive,
    begin: (context: Settle) => void,
  ): Promise<Indication | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#deleted) throw new ConnectionLost(this.#streamError);
      const settle: Settle = { queue, resolve, reject, unflushed: 0, indicated: false };
      begin(settle);
      this.#pending.add(settle);
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#pumping || this.#deleted) return;
    this.#pumping = true;
    try {
      this.#continueReading();
      while (this.#step(ActionQueue.Send) || this.#step(ActionQueue.Receive));
    } finally {
      this.#pumping = false;
    }
  }

  /** Performs the next action of a queue; false when there is none. */
  #step(queue: ActionQueue.Send | ActionQueue.Receive): boolean {
    if (queue === ActionQueue.Receive && this.#offence !== undefined) return false;
    let result: ActionResult;
    try {
      result = this.#handle.getAction(queue);
    } catch (error) {
      this.#fail(queue, error as Error);
      return true;
    }
    switch (result.action) {
      case Action.NoAction:
        return false;
      case Action.SendToNetwork:
        this.#write(queue, result);
        return true;
      case Action.ReceiveFromNetwork:
        this.#reading = result;
        this.#continueReading();
        return true;
      case Action.IndicateSendComplete:
      case Action.IndicateReceiveComplete:
        this.#indicate(queue, result);
        return true;
    }
  }

  #write(queue: ActionQueue.Send | ActionQueue.Receive, result: ActionResult): void {
    const total = result.buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0);
    const last = result.buffers.length - 1;
    // Undefined for a pong, which is no operation of ours.
    const settle = result.applicationContext as Settle | undefined;
    this.#watch({ queue, result, bytes: total });
    if (settle !== undefined) settle.unflushed++;
    this.#stream.cork();
    result.buffers.forEach((buffer, index) => {
      if (index < last) this.#stream.write(buffer);
      else this.#stream.write(buffer, (error) => this.#flushed(settle, error));
    });
    this.#stream.uncork();
    this.#handle.completeAction(result.actionContext, total);
  }

  /** Fills the waiting window with the bytes that are there. At the end of the stream, 0 bytes cancel the receive (B9-3). */
  #continueReading(): void {
    const reading = this.#reading;
    if (reading === null) return;
    if (this.#unread.byteLength === 0) this.#unread = (this.#stream.read() as Uint8Array | null) ?? NOTHING;
    const window = reading.buffers[0]!;
    const bytes = Math.min(window.byteLength, this.#unread.byteLength);
    if (bytes === 0 && !this.#ended) return;
    window.set(this.#unread.subarray(0, bytes));
    this.#unread = this.#unread.subarray(bytes);
    this.#reading = null;
    this.#watch({ queue: ActionQueue.Receive, result: reading, bytes });
    this.#handle.completeAction(reading.actionContext, bytes);
  }

  #indicate(queue: ActionQueue.Send | ActionQueue.Receive, result: ActionResult): void {
    const { action, bufferType, buffers, close, applicationContext, actionContext } = result;
    const data = buffers[0] ?? NOTHING;
    this.#watch({ queue, result, bytes: data.byteLength });
    this.#handle.completeAction(actionContext, 0);
    const settle = applicationContext as Settle;
    if (action === Action.IndicateSendComplete) {
      settle.indicated = true;
      this.#settleSend(settle);
      return;
    }
    this.#pending.delete(settle);
    const isLost = this.#ended || this.#streamError !== undefined || this.#deleted;
    if (isLost && buffers.length === 0 && close === undefined) {
      settle.reject(new ConnectionLost(this.#streamError));
    } else {
      settle.resolve({ type: bufferType as BufferType, data, close });
    }
  }

  #flushed(settle: Settle | undefined, error: Error | null | undefined): void {
    if (error) this.#streamError ??= error;
    if (settle === undefined) return;
    settle.unflushed--;
    this.#settleSend(settle);
  }

  /** A send resolves when its bytes have been flushed: until then its payload must not change (B6-12). */
  #settleSend(settle: Settle): void {
    if (!settle.indicated || settle.unflushed > 0 || !this.#pending.delete(settle)) return;
    if (this.#streamError === undefined && !this.#deleted) settle.resolve(undefined);
    else settle.reject(new ConnectionLost(this.#streamError));
  }

  /** The peer broke the protocol: every receive fails. A close frame can still be sent. */
  #fail(queue: ActionQueue, error: Error): void {
    if (queue === ActionQueue.Send) {
      this.#streamError ??= error;
      this.#stream.destroy();
      return;
    }
    this.#offence = error;
    for (const settle of this.#pending) {
      if (settle.queue === queue) settle.reject(error);
    }
  }

  /** Abort, drain until NoAction, delete (B10-1, B11-1). */
  #dispose(): void {
    this.#ended = true;
    this.#deleted = true;
    this.#continueReading();
    this.#handle.abort();
    for (const queue of [ActionQueue.Send, ActionQueue.Receive] as const) {
      for (;;) {
        const result = this.#handle.getAction(queue);
        if (result.action === Action.NoAction) break;
        this.#indicate(queue, result);
      }
    }
    this.#handle.delete();
    for (const settle of this.#pending) settle.reject(new ConnectionLost(this.#streamError));
    this.#pending.clear();
  }
}
