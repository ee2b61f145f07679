/**
 * Bulk drivers: what drives one handle without an object per action. A backend may bring its own, which must
 * give the same indications and the same bytes as the action loop of `session/`, up to where a message is cut
 * into fragments. A handle is driven by its bulk driver or by its action queues, never by both.
 */
import type { BufferType, CloseBuffer } from './contract.js';

/** Receives what `receive` finds in a chunk, in order, while it runs. */
export interface IndicationSink {
  /**
   * A part of a message: `bytes` from `start` to `end`. The bytes lie in the chunk that was given to
   * {@link BulkDriver.receive}, or in memory of their own; either way they may be kept.
   *
   * @param type - a message type for the last part, a fragment type for an earlier one.
   * @param remaining - how many bytes of the same frame are still to come, or -1 where the backend cannot tell.
   * @param compressed - the message is compressed (RFC 7692, section 6): its text has not been verified. Only
   *   after {@link BulkDriver.allowCompression}.
   * @param ascii - it is text, and all of this part is known to be ASCII, which is the faster to decode.
   */
  data(
    type: BufferType,
    bytes: Uint8Array,
    start: number,
    end: number,
    remaining: number,
    compressed: boolean,
    ascii: boolean,
  ): void;
  /** A pong; its payload is a copy. */
  pong(payload: Uint8Array): void;
  /**
   * A ping, which has been answered unless {@link BulkDriver.autoPong} is off; its payload is a copy. Only the
   * portable engine shows them: the component answers pings and keeps them to itself (D4-1).
   */
  ping?(payload: Uint8Array): void;
  /** A close frame: status 1005 and reason `null` without a body (D4-7). The reason is a copy. */
  close(status: number, reason: Uint8Array | null): void;
}

/** Drives one handle whose session is open. All failures are `ComponentError`s with the codes of the action queues. */
export interface BulkDriver {
  /**
   * Takes bytes from the network. They may be unmasked in place: the chunk belongs to the driver from now on,
   * and to whoever the sink gives its parts. What comes behind a close frame is dropped, unread and without an
   * error (RFC 6455, section 1.4).
   *
   * @throws ComponentError the peer broke the protocol (again on each further call), or the handle has been
   *   aborted or deleted. What came before the offence has been indicated.
   * @throws TypeError the sink has detached the chunk while parts of it were left, which are lost.
   * @throws whatever the sink throws. What is left of the chunk is lost then, and with it the place in the stream: each
   *   further call throws the same, unless a close frame had been indicated. The same holds after a detached chunk.
   */
  receive(chunk: Uint8Array, sink: IndicationSink): void;
  /**
   * Frames one send into the output.
   *
   * @param buffer - as for `SessionHandle.send`. A large unmasked payload is taken by reference: it must not
   *   change until the output has been written. Everything else is copied, from shared or resizable memory as well.
   * @param compressed - marks the message as compressed; only with its first frame, and only after
   *   {@link allowCompression}. Default: false.
   */
  send(type: BufferType, buffer?: Uint8Array | CloseBuffer, compressed?: boolean): void;
  /**
   * Frames a whole text message, without making a buffer for it first. Absent where that is how it would be done.
   * Half of a surrogate pair becomes U+FFFD.
   */
  sendText?(text: string): void;
  /**
   * From now on messages may be marked as compressed, by the first reserved bit (RFC 7692, section 6), because
   * the handshake negotiated it; no frames of other extensions are accepted. Absent where the backend cannot do
   * it: the operating system's component refuses reserved bits (A-7, 0x1D).
   */
  allowCompression?(): void;
  /** Whether pings are answered. Absent where that cannot be changed: the component always answers (D4-1). */
  autoPong?: boolean;
  /**
   * Makes the mask keys of a client, lowest byte first on the wire, in place of the CSPRNG. Absent where that cannot
   * be changed: the component makes its own (D2-12).
   */
  nextMaskKey?: (() => number) | null;
  /**
   * Frames a ping or pong with a payload, which the component cannot send (B6-1, Q-S7). Absent there.
   *
   * @param payload - at most 125 bytes.
   */
  sendControl?(type: BufferType.PingPong | BufferType.UnsolicitedPong, payload: Uint8Array): void;
  /**
   * The first two bytes of the frame header that was read last: of the offence, when there was one. Bit 16 is set where
   * the length was refused for its highest bit. Absent as above.
   */
  readonly frameHeader?: number;
  /** The status of the close frame that was refused; 0 before. Absent as above. */
  readonly refusedStatus?: number;
  /**
   * Bytes still to come of the data frame whose header has been read, be it that none has come yet: what {@link receive}
   * cannot indicate. 0 between frames, and of a compressed message, whose length says nothing. Absent as above.
   */
  readonly announced?: number;
  /** Bytes of output that wait to be taken. */
  readonly outputLength: number;
  /**
   * The output since the last call, to be written in order: sends and automatic pongs, several frames to a
   * chunk. The chunks are the caller's to keep.
   *
   * @throws TypeError a payload that was taken by reference has been detached; from then on each time.
   */
  takeOutput(): Uint8Array[];
}

/** Where a handle keeps the bulk driver of its backend; `null` where the backend has none. */
export const bulkDriver: unique symbol = Symbol('bulkDriver');

/** A handle that can be asked for the bulk driver of its backend. */
export interface BulkDrivable {
  [bulkDriver](): BulkDriver | null;
}
