/**
 * The `_sender` of a socket. Programs use it to make the frame of a broadcast once, and to pass it to many sockets:
 * socket.io does so when it does not compress.
 */
import type { Duplex } from 'node:stream';
import { atEndOfTick, BY_REFERENCE } from '../connection/index.js';
import type { Connection } from '../connection/index.js';
import { bytesOf } from './bytes.js';
import { OPEN, READY_STATES, state } from './inner-socket.js';
import type { InnerSocket } from './inner-socket.js';
import type { SendCallback } from './sending.js';

/** The parts of one frame. `ws` accepts strings too: `Sender.frame` passes a text on as it is. */
export type FrameParts = readonly (Uint8Array | string)[];

/** The large frame that was sent last, until the end of the tick. */
interface Recent {
  readonly list: FrameParts;
  /** The parts of the list at that time. */
  readonly parts: readonly (Uint8Array | string)[];
  /** The parts in one piece of memory; null before the second socket. */
  whole: Buffer | null;
}

let recent: Recent | null = null;

function forget(): void {
  recent = null;
}

export class FrameSender {
  readonly #socket: InnerSocket;
  readonly #connection: Connection;
  readonly #transport: Duplex;

  constructor(socket: InnerSocket, connection: Connection, transport: Duplex) {
    this.#socket = socket;
    this.#connection = connection;
    this.#transport = transport;
  }

  /**
   * Sends a finished frame, before messages that wait for compression or for a Blob. It is not checked. A frame of
   * 4096 bytes and more must not change until it has been written.
   *
   * @param list - the parts of the frame.
   * @param callback - called when the frame has been written, or with the error.
   * @throws TypeError: a part is neither text nor bytes. Nothing of the frame is sent then.
   */
  sendFrame(list: FrameParts, callback?: SendCallback): void {
    const done = typeof callback === 'function' ? callback : undefined;
    const { [state]: readyState } = this.#socket;
    if (readyState !== OPEN) {
      // Nothing may follow a close frame (RFC 6455, section 5.5.1).
      const name = READY_STATES[readyState];
      if (done !== undefined)
        process.nextTick(done, new Error(`WebSocket is not open: readyState ${readyState} (${name})`));
      return;
    }
    const length = this.#lengthOf(list);
    const parts = length < BY_REFERENCE ? list.map(bytesOf) : partsToShare(list, length);
    this.#connection.sendFramed(parts, done as ((error?: Error | null) => void) | undefined);
  }

  /** @throws TypeError: a part cannot be sent. The error is the one of the transport, as in `ws`. */
  #lengthOf(list: FrameParts): number {
    // An empty list has an undefined first part, which no transport takes.
    if (list.length === 0) this.#transport.write(undefined);
    let length = 0;
    for (const part of list) {
      if (typeof part === 'string') length += Buffer.byteLength(part);
      else if (ArrayBuffer.isView(part)) length += part.byteLength;
      else this.#transport.write(part);
    }
    return length;
  }
}

/**
 * The bytes of a large frame. If it was sent to another socket in the same tick, its parts are put together once, and
 * all further sockets write the same memory. A write of one piece costs less than a write of two.
 */
function partsToShare(list: FrameParts, length: number): readonly Uint8Array[] {
  if (list.length === 1) return list.map(bytesOf);
  const known = recent;
  if (known?.list !== list || !hasSameParts(known.parts, list)) {
    if (recent === null) atEndOfTick(forget, undefined);
    recent = { list, parts: [...list], whole: null };
    return list.map(bytesOf);
  }
  // Memory of its own, so that a peer that does not read keeps no copy.
  known.whole ??= concatenated(list, length);
  return [known.whole];
}

function hasSameParts(some: FrameParts, others: FrameParts): boolean {
  return some.length === others.length && some.every((part, index) => part === others[index]);
}

function concatenated(list: FrameParts, length: number): Buffer {
  const whole = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const part of list) {
    const bytes = bytesOf(part);
    whole.set(bytes, at);
    at += bytes.byteLength;
  }
  return whole;
}
