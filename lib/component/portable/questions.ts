/**
 * The open questions of section G, as a type. Each question is a member, under its number, with the values that make
 * up its answer. The answers are in `answers.ts`.
 */
import type { ErrorCode } from '../errors.js';

/** A client's own headers. */
type ClientHeader = 'Sec-WebSocket-Key' | 'Connection' | 'Upgrade' | 'Sec-WebSocket-Version';
export type ServerHeader = 'Upgrade' | 'Connection' | 'Sec-WebSocket-Accept';

/** The answers, by question. */
export interface Answers {
  /** The smallest buffer sizes, in bytes, and the error for a smaller one. There is no largest size. */
  readonly 'Q-C1': {
    readonly receiveBufferSize: number;
    readonly sendBufferSize: number;
    readonly error: ErrorCode;
  };
  /** Bytes that an allocated buffer needs beyond the receive and the send buffer, and the error for a smaller one. */
  readonly 'Q-C3': { readonly overhead: number; readonly error: ErrorCode };
  readonly 'Q-G1': { readonly supportedVersions: readonly number[] };
  /**
   * The client's headers in their order, and the values of two of them. Protocol and Extensions are not listed: they
   * follow the others.
   */
  readonly 'Q-H1': {
    readonly order: readonly ClientHeader[];
    readonly connection: string;
    readonly upgrade: string;
  };
  readonly 'Q-H2': { readonly separator: string };
  /** The error for a subprotocol or an extension of the caller that breaks the grammar of its list. */
  readonly 'Q-H4': { readonly error: ErrorCode };
  /** The errors for a call that the state of the handle forbids, and for a call that only the other role has. */
  readonly 'Q-H5': { readonly wrongState: ErrorCode; readonly wrongSide: ErrorCode };
  /**
   * Whether a response is accepted that chooses none of the offered subprotocols, or none of the offered extensions.
   * RFC 6455 allows both. The documentation and browsers refuse the first (H-9).
   */
  readonly 'Q-H7': { readonly acceptsNoSubprotocol: boolean; readonly acceptsNoExtension: boolean };
  readonly 'Q-H10': { readonly requiresHost: boolean };
  /** The server's headers in their order. Protocol and Extensions are not listed: they follow the others. */
  readonly 'Q-H12': { readonly order: readonly ServerHeader[] };
  /**
   * Whether a client's header and its first masked bytes are one buffer, which together fill the send buffer at most
   * (H-2). Otherwise they are two buffers, and the payload alone may fill the send buffer. A control frame is always
   * one buffer (Q-S13).
   */
  readonly 'Q-S1': { readonly contiguous: boolean };
  /** Bytes of the send buffer that a slice of a masked payload leaves free. */
  readonly 'Q-S2': { readonly sliceReserve: number };
  /** Close statuses that cannot be sent: these, and all below 1000. */
  readonly 'Q-S5': { readonly refusedStatuses: readonly number[] };
  /** How a buffer that comes with a ping or an unsolicited pong is treated. */
  readonly 'Q-S7': { readonly controlPayload: 'refused' | 'ignored' };
  /** Whether a receive may be queued after a close has arrived, and the error if it may not. */
  readonly 'Q-R11': { readonly acceptsReceiveAfterClose: boolean; readonly error: ErrorCode };
  /** Payload of a ping, in hex. */
  readonly 'Q-P1': { readonly pingPayload: string };
  /** The type of an automatic pong, and the number of its buffers when the caller has room for two. */
  readonly 'Q-P2': { readonly pongType: 'PingPong' | 'UnsolicitedPong'; readonly segments: 1 | 2 };
  /**
   * Whether an automatic pong may go out between two slices of a frame, which ruins the stream. The real component
   * may do so (H-3). `false` is safe: the pong waits until the whole frame has been handed out.
   */
  readonly 'Q-P3': { readonly pongBetweenSlices: boolean };
  /** Whether a ping that arrives after the peer's close is answered. */
  readonly 'Q-P7': { readonly answersPingAfterCloseReceived: boolean };
  /** Close statuses that cannot be received: these, and all below 1000. */
  readonly 'Q-P8': { readonly refusedStatuses: readonly number[]; readonly error: ErrorCode };
  /** The error of `send` and `receive` after an abort. */
  readonly 'Q-A1': { readonly error: ErrorCode };
  /**
   * The HRESULT of each condition (A-7; Q-E1, Q-H6, Q-H8, Q-H10, Q-H11, Q-S5). A condition that is not listed gives
   * `E_INVALID_PROTOCOL_FORMAT`.
   */
  readonly verdicts: Readonly<Record<string, ErrorCode>>;
}
