/**
 * The contract: the WebSocket Protocol Component as Node sees it. Names are Microsoft's, without the
 * `WebSocket` prefix, in camelCase; enum members carry the operating system's values. Both backends answer
 * exactly this interface, and nothing in this file knows which.
 *
 * References such as `B-6` or `Q-S2` point into the behaviour notes; `docs/behaviour.md` lists them with the
 * scenarios that show them.
 */

/**
 * What a call of {@link SessionHandle.getAction} asks the application to do (C: `WEB_SOCKET_ACTION`, A-3).
 */
export enum Action {
  /** Nothing to do now; it is neither an error nor the end of the session (D1-6). */
  NoAction = 0,
  /** Write `buffers` to the network, in order, then complete with the sum of their lengths (D2-1). */
  SendToNetwork = 1,
  /** A `send` has ended; complete with 0 (D1-4). */
  IndicateSendComplete = 2,
  /** Fill `buffers` from the network, then complete with the number of bytes, or 0 to cancel (D3-3, B9-3). */
  ReceiveFromNetwork = 3,
  /** A `receive` has ended: `buffers` or `close` is what arrived; complete with 0 (D1-5). */
  IndicateReceiveComplete = 4,
}

/** Which operation queue {@link SessionHandle.getAction} looks at (C: `WEB_SOCKET_ACTION_QUEUE`, A-3, D1-2). */
export enum ActionQueue {
  /** Actions of `send` operations. */
  Send = 0x1,
  /** Actions of `receive` operations, and the pongs that received pings cause. */
  Receive = 0x2,
  /** Both: pongs first, then sends, then receives (D1-10). */
  All = 0x3,
}

/**
 * What a buffer holds (C: `WEB_SOCKET_BUFFER_TYPE`, A-3). A *message* type is the whole or the last part of a
 * message, a *fragment* type an earlier part.
 */
export enum BufferType {
  /** The whole or last part of a text message, UTF-8. */
  Utf8Message = 0x80000000,
  /** A part of a text message, not the last; it may end inside a character (Q-R8). */
  Utf8Fragment = 0x80000001,
  /** The whole or last part of a binary message. */
  BinaryMessage = 0x80000002,
  /** A part of a binary message, not the last. */
  BinaryFragment = 0x80000003,
  /** A close frame (B6-2, D4-7). */
  Close = 0x80000004,
  /** A ping if sent, a pong if received (B6-1, D4-5). */
  PingPong = 0x80000005,
  /** An unsolicited pong, for keep-alive; only ever sent, received pongs are `PingPong` (D4-6). */
  UnsolicitedPong = 0x80000006,
}

/** The properties (C: `WEB_SOCKET_PROPERTY_TYPE`, A-3). */
export enum PropertyType {
  /** Bytes; create only. */
  ReceiveBufferSize = 0,
  /** Bytes; create only. */
  SendBufferSize = 1,
  /** Boolean; create only. */
  DisableMasking = 2,
  /** Memory that the component is to use; create only. */
  AllocatedBuffer = 3,
  /** Boolean; create only. */
  DisableUtf8Verification = 4,
  /** Milliseconds; {@link Component.getGlobalProperty} only. */
  KeepAliveInterval = 5,
  /** Protocol versions; {@link Component.getGlobalProperty} only. */
  SupportedVersions = 6,
}

/** Close status codes that the component names (C: `WEB_SOCKET_CLOSE_STATUS`, A-3; RFC 6455, section 7.4.1). */
export enum CloseStatus {
  /** 1000: the purpose of the connection is fulfilled. */
  Success = 1000,
  /** 1001: the server goes down, or the browser leaves the page. */
  EndpointUnavailable = 1001,
  /** 1002: the peer broke the protocol. */
  ProtocolError = 1002,
  /** 1003: a kind of data that cannot be accepted. */
  InvalidDataType = 1003,
  /** 1005: reported for a close frame without a status; never on the wire. */
  Empty = 1005,
  /** 1006: reported for a connection that ended without a close frame; never on the wire. */
  Aborted = 1006,
  /** 1007: data that does not fit its type, such as text that is not UTF-8. */
  InvalidPayload = 1007,
  /** 1008: against the policy of this end. */
  PolicyViolation = 1008,
  /** 1009: a message too big to process. */
  MessageTooBig = 1009,
  /** 1010: the server did not negotiate an extension that the client needs. */
  UnsupportedExtensions = 1010,
  /** 1011: the server met an unexpected condition. */
  ServerError = 1011,
  /** 1015: reported when the TLS handshake failed; never on the wire. */
  SecureHandshakeError = 1015,
}

/** Longest reason of a close frame in bytes of UTF-8 (C: `WEB_SOCKET_MAX_CLOSE_REASON_LENGTH`, A-2). */
export const MAX_CLOSE_REASON_LENGTH = 123;

/**
 * Which implementation answers: the operating system's `websocket.dll`, the TypeScript engine, or a backend of another
 * package by its own name.
 */
// The last part keeps both names in what an editor suggests.
export type BackendName = 'native' | 'portable' | (string & {});

/** One header of an HTTP request or response (C: `WEB_SOCKET_HTTP_HEADER`, A-4). Latin-1, without NUL. */
export interface HttpHeader {
  /** The field name; compared without regard to case (Q-H6). */
  readonly name: string;
  /** The field value; spaces and tabs around it do not count (Q-H6). */
  readonly value: string;
}

/** Status and reason of a close frame (C: `WEB_SOCKET_BUFFER`, arm `CloseStatus`, A-4). */
export interface CloseBuffer {
  /**
   * The status code, 0 to 65535. 1005 sends a close frame without a body (B6-4); below 1000, 1006 and 1015
   * are refused (B6-6, Q-S5).
   */
  readonly status: number;
  /** UTF-8, at most {@link MAX_CLOSE_REASON_LENGTH} bytes (B6-5). Default: none. */
  readonly reason?: Uint8Array | undefined;
}

/**
 * Properties of a new handle (C: `WEB_SOCKET_PROPERTY`, B-1). Each is optional.
 *
 * @since 0.1.0
 */
export interface HandleProperties {
  /**
   * Bytes the handle reads from the network at once; at least 256 (B1-2, B1-3).
   *
   * @unit bytes
   * @defaultValue 4096
   */
  readonly receiveBufferSize?: number | undefined;
  /**
   * Bytes of masked payload a client sends at once; at least 16. A server never copies payloads (B1-2,
   * B1-3, D2-3).
   *
   * @unit bytes
   * @defaultValue 4096 for a client, 16 for a server
   */
  readonly sendBufferSize?: number | undefined;
  /**
   * A client sends with a mask of zero, so that payloads need no copy; a server accepts frames without a mask
   * (D2-12, D-5). Only for transports that no intermediary can read.
   *
   * @defaultValue false
   */
  readonly disableMasking?: boolean | undefined;
  /**
   * Received text is handed on unchecked (D-5).
   *
   * @defaultValue false
   */
  readonly disableUtf8Verification?: boolean | undefined;
  /**
   * Bytes of one block that all memory of the session comes from; at least receive + send buffer size + 144 (B1-6,
   * E-1, Q-C3). The block itself is never visible to JavaScript.
   *
   * @unit bytes
   * @defaultValue the component allocates
   */
  readonly allocatedBufferSize?: number | undefined;
}

/** The offer of {@link ClientHandle.beginClientHandshake} to the server. */
export interface ClientHandshakeRequest {
  /** Subprotocols in order of preference; each a token (Q-H4). */
  readonly subprotocols?: readonly string[] | undefined;
  /** Extensions with their parameters, such as `permessage-foo; x=1`. */
  readonly extensions?: readonly string[] | undefined;
  /** The application's own request headers; they do not change the answer (B2-3, Q-H3). */
  readonly initialHeaders?: readonly HttpHeader[] | undefined;
}

/** The server's choice, as indices into the lists given to {@link ClientHandle.beginClientHandshake} (B3-1). */
export interface HandshakeSelection {
  /** Indices of the chosen extensions, in the order of the server's answer. */
  selectedExtensions: number[];
  /** Index of the chosen subprotocol; `undefined` when the server chose none (Q-H7). */
  selectedSubprotocol: number | undefined;
}

/** The inputs of {@link ServerHandle.beginServerHandshake}: the headers of the request, and the server's choice. */
export interface ServerHandshakeRequest {
  /** All headers of the request; only the WebSocket headers count, all others are ignored (B4-3). */
  readonly requestHeaders: readonly HttpHeader[];
  /** One of the subprotocols that the client offered. Default: none (B4-1). */
  readonly selectedSubprotocol?: string | undefined;
  /** Extensions that the client offered, by name. Default: none (B4-1). */
  readonly selectedExtensions?: readonly string[] | undefined;
}

declare const actionContextBrand: unique symbol;

/** Names one outstanding action; opaque (C: `pvActionContext`, B8-4). */
export interface ActionContext {
  readonly [actionContextBrand]: true;
}

/** The answer of {@link SessionHandle.getAction}. */
export interface ActionResult {
  /** What to do. */
  readonly action: Action;
  /**
   * The type given to `send`, or the type of what arrived; 0 for `NoAction` and `ReceiveFromNetwork` (D2-7,
   * Q-R9). A frame of an extension has its nine header bits here (D-12).
   */
  readonly bufferType: BufferType | 0;
  /**
   * `SendToNetwork`: the bytes to write; they are yours to keep. `ReceiveFromNetwork`: one window to fill, valid until
   * the action is completed. `IndicateReceiveComplete`: the received data, either a copy that is yours, or a view of
   * the buffer given to `receive`. Otherwise empty.
   */
  readonly buffers: readonly Uint8Array[];
  /**
   * Status and reason of a received close frame: 1005 and `null` if it had no body; the status and an empty reason if
   * it had a status only (D4-7). Only on `IndicateReceiveComplete` of a close.
   */
  readonly close?: { readonly status: number; readonly reason: Uint8Array | null };
  /** The `context` of the `send` or `receive`; `undefined` for `NoAction` and automatic pongs (B8-3). */
  readonly applicationContext: unknown;
  /** To be given to {@link SessionHandle.completeAction}; `null` for `NoAction` (B8-4). */
  readonly actionContext: ActionContext | null;
}

/** What client and server handles have in common: the session (C: `WEB_SOCKET_HANDLE`, sections B-6 to B-11). */
export interface SessionHandle extends Disposable {
  /** Which backend answers; a component of another package may leave it out. */
  readonly backend?: BackendName;
  /**
   * Queues a send (C: `WebSocketSend`, B-6). It ends with exactly one `IndicateSendComplete` (D1-4).
   *
   * @param type - a data type with a `Uint8Array`; `Close` with a {@link CloseBuffer}, or none for an empty
   *   close; `PingPong` and `UnsolicitedPong` without a buffer (B6-1).
   * @param buffer - must neither change nor be detached until `IndicateSendComplete` (B6-12).
   * @param context - comes back as `applicationContext`; any value (B6-13).
   * @throws ComponentError `E_INVALID_PROTOCOL_OPERATION`: no session yet, aborted, data or close after a close
   *   (B6-10, B6-11). `E_INVALIDARG`: unknown type, another type inside of an unfinished message (B6-9, H-4), a
   *   reason longer than 123 bytes, a status that cannot be sent, a buffer where none may be (Q-S5, Q-S7).
   */
  send(type: BufferType, buffer?: Uint8Array | CloseBuffer, context?: unknown): void;
  /**
   * Queues a receive (C: `WebSocketReceive`, B-7). It ends with exactly one `IndicateReceiveComplete`, whose
   * data is a message or a part of one, a pong, or a close.
   *
   * @param buffer - receives the data, at most its length at a time. Default, and if it is empty: a fresh copy each
   *   time (B7-3, Q-R6).
   * @param context - comes back as `applicationContext`; any value.
   * @throws ComponentError `E_INVALID_PROTOCOL_OPERATION`: no session yet, aborted, or a close has arrived
   *   (B7-4, Q-R11).
   */
  receive(buffer?: Uint8Array, context?: unknown): void;
  /**
   * Returns the next action of a queue (C: `WebSocketGetAction`, B-8). At most one action of each queue is outstanding;
   * until it is completed that queue answers `NoAction` (B8-7).
   *
   * A frame that is longer than `sendBufferSize` has several `SendToNetwork`. Take all of them from the send queue, as
   * `takeOutput` does, before the receive queue is asked: otherwise a pong may come between them and ruin the
   * stream (Q-P3). `ActionQueue.All` looks for a pong first.
   *
   * @param queue - the queue to look at.
   * @param maxBuffers - how many buffers `SendToNetwork` may have; at least 1, default 2 (D2-5). More than 16
   *   count as 16.
   * @throws ComponentError `E_INVALID_PROTOCOL_FORMAT` or `E_INVALID_PROTOCOL_OPERATION`: the peer broke the
   *   protocol; again on each call until `abort` (B8-6, D-5, Q-E1). `E_INVALIDARG`: unknown queue, or no room
   *   for a buffer (Q-E3, Q-S3).
   * @throws TypeError the buffer of the send that is next has been detached.
   */
  getAction(queue: ActionQueue, maxBuffers?: number): ActionResult;
  /**
   * Says that an action has been performed (C: `WebSocketCompleteAction`, B-9). Never fails: a context that is
   * not outstanding is ignored (B9-4).
   *
   * @param actionContext - from {@link ActionResult.actionContext}; `null` is harmless (B8-5).
   * @param bytesTransferred - bytes moved by a network action; ignored for the others (B9-1). Fewer (or more)
   *   than `SendToNetwork` had cancels that send (B9-2); 0 cancels a receive (B9-3), as does more than the
   *   window holds (Q-R4).
   * @throws TypeError the window has been detached and `bytesTransferred` is not 0.
   */
  completeAction(actionContext: ActionContext | null, bytesTransferred: number): void;
  /**
   * Ends the session (C: `WebSocketAbortHandle`, B-10): `send` and `receive` fail from now on, and queued operations
   * become ready to be indicated. Does nothing before the session (B10-2).
   */
  abort(): void;
  /**
   * Frees everything (C: `WebSocketDeleteHandle`, B-11), in every state, after it has aborted and drained the handle.
   * Every later call but `delete` and `abort` fails with `E_HANDLE`.
   */
  delete(): void;
}

/** The client's side (C: `WebSocketCreateClientHandle`). */
export interface ClientHandle extends SessionHandle {
  /**
   * Makes the headers of the opening handshake (C: `WebSocketBeginClientHandshake`, B-2, C-1).
   *
   * @returns headers to add to the request, replacing any of the same name (B2-3).
   * @throws ComponentError `E_INVALIDARG`: a subprotocol or extension is malformed or given twice
   *   (Q-H4). `E_INVALID_PROTOCOL_OPERATION`: the handshake has already begun (Q-H5).
   */
  beginClientHandshake(request?: ClientHandshakeRequest): HttpHeader[];
  /**
   * Checks the server's answer and opens the session (C: `WebSocketEndClientHandshake`, B-3, C-2). The application
   * checks for status 101 itself (B0-1).
   *
   * @throws ComponentError `E_INVALID_PROTOCOL_FORMAT`: a header is missing, there twice or wrong;
   *   `E_SUBPROTOCOL_NOT_SUPPORTED`: the server chose a subprotocol that was not offered, or none of those that
   *   were (Q-H7, Q-H8); `E_PROTOCOL_EXTENSIONS_NOT_SUPPORTED`: it chose an extension that was not offered (Q-H8).
   *   The call may be repeated after a failure (Q-H13).
   *   `E_INVALID_PROTOCOL_OPERATION`: no handshake has begun, or it has ended (Q-H5).
   */
  endClientHandshake(responseHeaders: readonly HttpHeader[]): HandshakeSelection;
}

/** The server's side (C: `WebSocketCreateServerHandle`). */
export interface ServerHandle extends SessionHandle {
  /**
   * Checks a request and makes the headers of the answer (C: `WebSocketBeginServerHandshake`, B-4, C-3, C-4).
   *
   * @returns headers of the 101 response.
   * @throws ComponentError `E_INVALID_PROTOCOL_FORMAT`: a header is missing, there twice or wrong;
   *   `E_PROTOCOL_VERSION_NOT_SUPPORTED`: the version is not 13 (Q-H10); `E_SUBPROTOCOL_NOT_SUPPORTED`,
   *   `E_PROTOCOL_EXTENSIONS_NOT_SUPPORTED`: chosen, but not offered by the client (Q-H11).
   */
  beginServerHandshake(request: ServerHandshakeRequest): HttpHeader[];
  /**
   * Opens the session (C: `WebSocketEndServerHandshake`, B-5). Optional: the first `send`, `receive` or
   * `getAction` does the same (B5-1, Q-H15).
   *
   * @throws ComponentError `E_INVALID_PROTOCOL_OPERATION`: no handshake has begun, or it has ended (Q-H5).
   */
  endServerHandshake(): void;
}

/** The component: where handles come from. */
export interface Component {
  /** Which backend answers. */
  readonly backend: BackendName;
  /**
   * Makes a client handle (C: `WebSocketCreateClientHandle`, B-1).
   *
   * @throws ComponentError `E_INVALIDARG`: a size below its minimum (Q-C1, Q-C3).
   */
  createClientHandle(properties?: HandleProperties): ClientHandle;
  /**
   * Makes a server handle (C: `WebSocketCreateServerHandle`, B-1).
   *
   * @throws ComponentError `E_INVALIDARG`: a size below its minimum (Q-C1, Q-C3).
   */
  createServerHandle(properties?: HandleProperties): ServerHandle;
  /**
   * The keep-alive interval in milliseconds: 30000, or what the machine's registry says, never below 15000
   * (C: `WebSocketGetGlobalProperty`, B12-1).
   */
  getGlobalProperty(type: PropertyType.KeepAliveInterval): number;
  /** The protocol versions that the component speaks: 13 (B12-2, Q-G1). */
  getGlobalProperty(type: PropertyType.SupportedVersions): readonly number[];
}
