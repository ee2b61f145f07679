/**
 * The interface of a backend: the 13 functions in their C shape. Arguments have been checked, failures come
 * back as HRESULTs, an operation is a number. Everything that JavaScript adds (objects, exceptions, the
 * memory rules) is written once for both backends, in `component.ts` and `session-handle.ts`.
 */
import type { BulkDriver } from './bulk.js';
import type {
  BackendName,
  BufferType,
  CloseBuffer,
  HandleProperties,
  HttpHeader,
  PropertyType,
} from './contract.js';

/** Which side a handle plays. */
export type Role = 'client' | 'server';

/** A backend. */
export interface Backend {
  readonly name: BackendName;
  /** Makes a handle, or returns the HRESULT of the failure. */
  createHandle(role: Role, properties: HandleProperties): BackendHandle | number;
  /** Returns one ULONG for the keep-alive interval, an array for the versions, or the HRESULT of the failure. */
  getGlobalProperty(type: PropertyType): { readonly values: readonly number[] } | number;
}

/** Inputs of `WebSocketBeginClientHandshake`, read from the caller's objects once. */
export interface ClientHandshakeInput {
  readonly subprotocols: readonly string[];
  readonly extensions: readonly string[];
  readonly initialHeaders: readonly HttpHeader[];
}

/** Inputs of `WebSocketBeginServerHandshake`, read from the caller's objects once. */
export interface ServerHandshakeInput {
  readonly requestHeaders: readonly HttpHeader[];
  readonly selectedSubprotocol: string | undefined;
  readonly selectedExtensions: readonly string[];
}

/** Outputs of `WebSocketEndClientHandshake`. */
export interface SelectionOutput {
  selectedExtensions: number[];
  selectedSubprotocol: number | undefined;
}

/** Receives the outputs of `WebSocketGetAction`. It is cleared before each call: a backend writes only what it has. */
export class ActionOutput {
  action = 0;
  bufferType = 0;
  /** The operation's number, or 0 if the DLL does not write the application context (B8-3). */
  operation = 0;
  /** Names the outstanding action among those of its handle; 0 for NULL. */
  context = 0;
  /** Bytes of the window of `ReceiveFromNetwork`. */
  window = 0;
  /** Buffers to write, or received, each in its own memory; a {@link PayloadRange} lies in the caller's payload. */
  readonly buffers: (Uint8Array | PayloadRange)[] = [];
  /** Status of a received close, -1 for none. */
  closeStatus = -1;
  closeReason: Uint8Array | null = null;

  clear(): void {
    this.action = 0;
    this.bufferType = 0;
    this.operation = 0;
    this.context = 0;
    this.window = 0;
    if (this.buffers.length !== 0) this.buffers.length = 0;
    this.closeStatus = -1;
    this.closeReason = null;
  }
}

/** A part of the payload that was given to `send`, by position: never copied. */
export interface PayloadRange {
  readonly offset: number;
  readonly length: number;
}

/** One handle of a backend. Every function returns an HRESULT. */
export interface BackendHandle {
  /** Diagnostic of the latest failure, 0 if unknown. */
  readonly diagnostic: number;
  beginClientHandshake(input: ClientHandshakeInput, headers: HttpHeader[]): number;
  endClientHandshake(responseHeaders: readonly HttpHeader[], output: SelectionOutput): number;
  beginServerHandshake(input: ServerHandshakeInput, headers: HttpHeader[]): number;
  endServerHandshake(): number;
  /**
   * @param payload - data, or null for none. It does not change until the operation's indication: if it was detached,
   *   the session handle throws before the backend sees it.
   * @param operation - a number above 0, given out once per handle.
   */
  send(type: BufferType, payload: Uint8Array | null, close: CloseBuffer | null, operation: number): number;
  /** @param capacity - bytes of the caller's buffer, or -1 for none. */
  receive(capacity: number, operation: number): number;
  getAction(queue: number, maxBuffers: number, output: ActionOutput): number;
  /**
   * @param bytes - at most the bytes of the action; a number out of range arrives as 0 (B9-2, Q-R4).
   * @param window - the received bytes, if the action is `ReceiveFromNetwork`; read before this returns.
   */
  completeAction(context: number, bytes: number, window: Uint8Array | null): void;
  abort(): void;
  /** The backend's own bulk driver for this handle; null if it has none. Called at most once. */
  bulkDriver(): BulkDriver | null;
  /** Frees everything. All operations have been drained before, and no function is called afterwards. */
  delete(): void;
}
