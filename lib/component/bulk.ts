/**
 * Bulk drivers: a bulk driver drives one handle without an object per action. A backend may have its own. It must
 * give the same indications and the same bytes as the action loop of `session/`; only the places where a message is
 * cut into fragments may differ. A handle is driven by its bulk driver or by its action queues, never by both.
 */
import type { BufferType, CloseBuffer } from './contract.js';
import type { SharedMessage } from './shared-message.js';

/** Receives the messages and control frames of a chunk, in order, while `receive` runs. */
export interface IndicationSink {
  /**
   * A part of a message: `bytes` from `start` to `end`. The bytes lie in the chunk that was given to
   * {@link BulkDriver.receive}, or in memory of their own; either way they may be kept.
   *
   * @param type - a message type for the last part, a fragment type for an earlier one.
   * @param remaining - how many bytes of the same frame are still to come, or -1 if the backend cannot tell.
   * @param compressed - the message is compressed (RFC 7692, section 6): its text has not been verified. Only
   *   after {@link BulkDriver.allowCompression}.
   * @param ascii - the message is text, and this part is known to be all ASCII, which is faster to decode.
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
   * portable engine indicates pings: the component answers them without an indication (D4-1).
   */
  ping?(payload: Uint8Array): void;
  /** A close frame: status 1005 and reason `null` without a body (D4-7). The reason is a copy. */
  close(status: number, reason: Uint8Array | null): void;
}

/** Drives one handle whose session is open. All failures are `ComponentError`s with the codes of the action queues. */
export interface BulkDriver {
  /**
   * Takes bytes from the network. They may be unmasked in place: the chunk belongs to the driver from now on,
   * and its parts to the receivers that the sink gives them to. Bytes after a close frame are dropped, unread and
   * without an error (RFC 6455, section 1.4).
   *
   * @throws ComponentError the peer broke the protocol (again on each further call), or the handle has been
   *   aborted or deleted. Everything before the violation has been indicated.
   * @throws TypeError the sink has detached the chunk before all parts of it were indicated; the rest is lost.
   * @throws any error that the sink throws. The rest of the chunk is lost then, and with it the place in the stream:
   *   each further call throws the same error, unless a close frame had been indicated. The same holds after a detached
   *   chunk.
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
   * Frames a whole text message, without making a buffer for it first. Absent if the backend would have to make that
   * buffer. Half of a surrogate pair becomes U+FFFD.
   */
  sendText?(text: string): void;
  /**
   * Frames a message that other sessions send too. Where no mask is needed, its memory is taken by reference, whatever
   * its length. Absent if the backend would have to copy it like any other.
   */
  sendShared?(message: SharedMessage): void;
  /**
   * Adds a part of a frame that the caller has made. Its bytes are not checked. Absent if the backend keeps its output
   * to itself.
   *
   * @param mayStay - the bytes do not change until the output has been written, so they may be taken by reference.
   *   Otherwise they are copied.
   */
  sendFramed?(part: Uint8Array, mayStay: boolean): void;
  /**
   * From now on messages may be marked as compressed, by the first reserved bit (RFC 7692, section 6), because
   * the handshake negotiated it; no frames of other extensions are accepted. Absent if the backend cannot do
   * it: the operating system's component refuses reserved bits (A-7, 0x1D).
   */
  allowCompression?(): void;
  /** Whether pings are answered. Absent if the backend cannot change this: the component always answers (D4-1). */
  autoPong?: boolean;
  /**
   * Makes the mask keys of a client, lowest byte first on the wire, in place of the CSPRNG. Absent if the backend
   * cannot change this: the component makes its own keys (D2-12).
   */
  nextMaskKey?: (() => number) | null;
  /**
   * Frames a ping or pong with a payload. Absent for the component, which cannot send one (B6-1, Q-S7).
   *
   * @param payload - at most 125 bytes.
   */
  sendControl?(type: BufferType.PingPong | BufferType.UnsolicitedPong, payload: Uint8Array): void;
  /**
   * The first two bytes of the frame header that was read last; after a violation, of the frame that broke the
   * protocol. Bit 16 is set if the length was refused for its highest bit. Absent for the component.
   */
  readonly frameHeader?: number;
  /** The status of the close frame that was refused; 0 if none was. Absent for the component. */
  readonly refusedStatus?: number;
  /**
   * Bytes still to come of the data frame whose header has been read, even if no byte of its payload has come yet;
   * {@link receive} cannot indicate that. 0 between frames, and for a compressed message, whose length says nothing.
   * Absent for the component.
   */
  readonly announced?: number;
  /**
   * Whether {@link send} copies every payload before it returns, so that the caller may change it at once. Absent or
   * false: a large payload may be taken by reference.
   */
  readonly copiesPayloads?: boolean;
  /**
   * Whether a send has failed in the middle of its frame, so that the session cannot send any more. Absent if that cannot
   * happen.
   */
  readonly isBroken?: boolean;
  /** Bytes of output that wait to be taken. */
  readonly outputLength: number;
  /**
   * The output since the last call, to be written in order: sends and automatic pongs, several frames to a
   * chunk. The chunks are the caller's to keep.
   *
   * @throws TypeError a payload that was taken by reference has been detached; each later call throws too.
   */
  takeOutput(): Uint8Array[];
}

/** Where a handle keeps the bulk driver of its backend; `null` if the backend has none. */
export const bulkDriver: unique symbol = Symbol('bulkDriver');

/** A handle that can be asked for the bulk driver of its backend. */
export interface BulkDrivable {
  [bulkDriver](): BulkDriver | null;
}
