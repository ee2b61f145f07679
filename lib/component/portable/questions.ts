/**
 * The open questions of section G, as a type: one member for each question, under its number, with the values that its
 * answer needs. `answers.ts` has the answers.
 */
import type { ErrorCode } from '../errors.js';

/** A client's own headers. */
type ClientHeader = 'Sec-WebSocket-Key' | 'Connection' | 'Upgrade' | 'Sec-WebSocket-Version';
type ServerHeader = 'Upgrade' | 'Connection' | 'Sec-WebSocket-Accept';

/** The answers, by question. */
export interface Answers {
  /** Smallest buffer sizes, in bytes (no largest ones), and what a smaller one gets. */
  readonly 'Q-C1': {
    readonly receiveBufferSize: number;
    readonly sendBufferSize: number;
    readonly error: ErrorCode;
  };
  /** Bytes that an allocated buffer needs beyond the receive and the send buffer, and what a smaller one gets. */
  readonly 'Q-C3': { readonly overhead: number; readonly error: ErrorCode };
  readonly 'Q-G1': { readonly supportedVersions: readonly number[] };
  /** Client headers, in order, without Protocol and Extensions, which follow; values of both sides. */
  readonly 'Q-H1': {
    readonly order: readonly ClientHeader[];
    readonly connection: string;
    readonly upgrade: string;
  };
  readonly 'Q-H2': { readonly separator: string };
  /** A subprotocol or extension of the caller's that is none. */
  readonly 'Q-H4': { readonly error: ErrorCode };
  /** A call that the state of the handle forbids; one of the other side. */
  readonly 'Q-H5': { readonly wrongState: ErrorCode; readonly wrongSide: ErrorCode };
  /** The server chose no subprotocol, or no extension, although some were offered: RFC 6455 allows it. */
  readonly 'Q-H7': { readonly acceptsNoSubprotocol: boolean; readonly acceptsNoExtension: boolean };
  readonly 'Q-H10': { readonly requiresHost: boolean };
  /** Response headers, in order, without Protocol and Extensions, which follow. */
  readonly 'Q-H12': { readonly order: readonly ServerHeader[] };
  /** Whether header and masked payload are one buffer; otherwise two. Control frames are one (Q-S13). */
  readonly 'Q-S1': { readonly contiguous: boolean };
  /** Bytes of a masked payload per action: the send buffer, less this. */
  readonly 'Q-S2': { readonly sliceReserve: number };
  /** Close statuses that cannot be sent: below 1000, and these. */
  readonly 'Q-S5': { readonly refusedStatuses: readonly number[] };
  /** What becomes of a buffer given with a ping or an unsolicited pong. */
  readonly 'Q-S7': { readonly controlPayload: 'refused' | 'ignored' };
  /** Whether a receive may be queued after a close has arrived, and what it gets where not. */
  readonly 'Q-R11': { readonly acceptsReceiveAfterClose: boolean; readonly error: ErrorCode };
  /** Payload of a ping, in hex. */
  readonly 'Q-P1': { readonly pingPayload: string };
  /** The type of an automatic pong, and of how many buffers it is where two fit. */
  readonly 'Q-P2': { readonly pongType: 'PingPong' | 'UnsolicitedPong'; readonly segments: 1 | 2 };
  readonly 'Q-P7': { readonly answersPingAfterCloseReceived: boolean };
  /** Close statuses that cannot be received: below 1000, and these. */
  readonly 'Q-P8': { readonly refusedStatuses: readonly number[]; readonly error: ErrorCode };
  /** `send` and `receive` after an abort. */
  readonly 'Q-A1': { readonly error: ErrorCode };
  /**
   * The HRESULT of each condition (A-7; Q-E1, Q-H6, Q-H8, Q-H10, Q-H11, Q-S5), where its place does not say
   * otherwise. What is not here is `E_INVALID_PROTOCOL_FORMAT`.
   */
  readonly verdicts: Readonly<Record<string, ErrorCode>>;
}
