/**
 * A handle as JavaScript sees it, over either backend. This file has, once for both, the tasks that C leaves to the
 * caller: the state "deleted", the application's contexts, the identity of action contexts, and the memory rules.
 *
 * Memory: a backend never sees JavaScript's window (it reads the received bytes while `completeAction` runs),
 * and JavaScript never sees a backend's memory. A payload given to `send` is shown again as a view of itself.
 * Before each action of a send the handle checks the payload: if it was detached meanwhile, the call throws a
 * `TypeError`, and no backend sees the payload.
 */
import { types } from 'node:util';
import {
  clientHandshakeInput,
  closeBuffer,
  fixedBytes,
  httpHeaders,
  serverHandshakeInput,
  ulong,
} from './arguments.js';
import { ActionOutput } from './backend.js';
import type { BackendHandle, SelectionOutput } from './backend.js';
import { bulkDriver } from './bulk.js';
import type { BulkDrivable, BulkDriver } from './bulk.js';
import { Action, ActionQueue, BufferType } from './contract.js';
import type {
  ActionContext,
  ActionResult,
  BackendName,
  ClientHandle,
  ClientHandshakeRequest,
  CloseBuffer,
  HandshakeSelection,
  HttpHeader,
  ServerHandle,
  ServerHandshakeRequest,
} from './contract.js';
import { Diagnostic, sentenceOf } from './diagnostics.js';
import { ComponentError, HRESULTS, S_OK } from './errors.js';

/** More buffers than the component ever returns; the limit keeps a backend's array of descriptors small (D2-2). */
const MOST_BUFFERS = 16;

/** The caller's arguments of a `send` or `receive`, kept until its indication has been completed. */
interface Operation {
  readonly context: unknown;
  /** Null if there is none, or after an abort, when it is no longer needed. */
  buffer: Uint8Array | null;
  /** The length at the time of the call: a detached buffer has length 0. */
  readonly length: number;
}

/** An action that was returned and is not yet completed. Its identity is the action context. */
class OutstandingAction {
  constructor(
    readonly id: number,
    readonly action: Action,
    readonly operation: number,
    /** Bytes to write, or bytes of the window. */
    readonly length: number,
    /** The handle's own view; the caller has another view of the same memory, which it may change. */
    readonly window: Uint8Array | null,
  ) {}
}

// An output is in use only while one call runs, and calls do not nest: all handles of a thread share one.
const output = new ActionOutput();
const NOTHING: readonly Uint8Array[] = Object.freeze([]);

/** The operations that are queued and not yet indicated, and the outstanding actions. */
class Pending {
  /** The latest operation. */
  operation = 0;
  window: Uint8Array | null = null;
  readonly sends = new Map<number, Operation>();
  /** No send before this one is queued. */
  oldestSend = 0;
  readonly receives = new Map<number, Operation>();
  readonly outstanding = new Set<OutstandingAction>();
}

/** Shared by all handles that are driven in bulk or not driven yet: it stays empty and takes no memory per handle. */
const NONE = new Pending();

/** Client and server handle in one: the backend refuses the functions of the other side (Q-H5). */
export class CheckedHandle implements ClientHandle, ServerHandle, BulkDrivable {
  /** Null once deleted. */
  #handle: BackendHandle | null;
  readonly #backend: BackendName;
  #pending = NONE;

  constructor(handle: BackendHandle, backend: BackendName) {
    this.#handle = handle;
    this.#backend = backend;
  }

  /** Which backend answers. */
  get backend(): BackendName {
    return this.#backend;
  }

  beginClientHandshake(request?: ClientHandshakeRequest): HttpHeader[] {
    const operation = 'WebSocketBeginClientHandshake';
    const input = clientHandshakeInput(request);
    const handle = this.#live(operation);
    const headers: HttpHeader[] = [];
    this.#check(handle, operation, handle.beginClientHandshake(input, headers));
    return headers;
  }

  endClientHandshake(responseHeaders: readonly HttpHeader[]): HandshakeSelection {
    const operation = 'WebSocketEndClientHandshake';
    const headers = httpHeaders('responseHeaders', responseHeaders);
    const handle = this.#live(operation);
    const selection: SelectionOutput = { selectedExtensions: [], selectedSubprotocol: undefined };
    this.#check(handle, operation, handle.endClientHandshake(headers, selection));
    return selection;
  }

  beginServerHandshake(request: ServerHandshakeRequest): HttpHeader[] {
    const operation = 'WebSocketBeginServerHandshake';
    const input = serverHandshakeInput(request);
    const handle = this.#live(operation);
    const headers: HttpHeader[] = [];
    this.#check(handle, operation, handle.beginServerHandshake(input, headers));
    return headers;
  }

  endServerHandshake(): void {
    const operation = 'WebSocketEndServerHandshake';
    const handle = this.#live(operation);
    this.#check(handle, operation, handle.endServerHandshake());
  }

  send(type: BufferType, buffer?: Uint8Array | CloseBuffer, context?: unknown): void {
    ulong('type', type);
    let payload: Uint8Array | null = null;
    let close: CloseBuffer | null = null;
    if (buffer !== undefined) {
      if (type === BufferType.Close) close = closeBuffer(buffer);
      else payload = fixedBytes('buffer', buffer);
    }
    const handle = this.#live('WebSocketSend');
    const pending = this.#own();
    const id = ++pending.operation;
    this.#check(handle, 'WebSocketSend', handle.send(type, payload, close, id));
    if (pending.sends.size === 0) pending.oldestSend = id;
    pending.sends.set(id, { context, buffer: payload, length: payload === null ? 0 : payload.byteLength });
  }

  receive(buffer?: Uint8Array, context?: unknown): void {
    const memory = buffer === undefined ? null : fixedBytes('buffer', buffer);
    const handle = this.#live('WebSocketReceive');
    const pending = this.#own();
    const id = ++pending.operation;
    const length = memory === null ? -1 : memory.byteLength;
    this.#check(handle, 'WebSocketReceive', handle.receive(length, id));
    pending.receives.set(id, { context, buffer: memory, length });
  }

  getAction(queue: ActionQueue, maxBuffers = 2): ActionResult {
    ulong('queue', queue);
    const count = Math.min(ulong('maxBuffers', maxBuffers), MOST_BUFFERS);
    const handle = this.#live('WebSocketGetAction');
    if ((queue & ActionQueue.Send) !== 0) this.#requireIntactPayload();
    output.clear();
    this.#check(handle, 'WebSocketGetAction', handle.getAction(queue, count, output));
    return this.#result();
  }

  /** The sends are performed in order, so the oldest is the one whose payload is needed next. */
  #requireIntactPayload(): void {
    const pending = this.#pending;
    const { sends } = pending;
    if (sends.size === 0) return;
    // Visits each number once: an iterator of the map would pass the places of all deleted entries, every time.
    while (!sends.has(pending.oldestSend)) pending.oldestSend++;
    const { buffer, length } = sends.get(pending.oldestSend)!;
    if (buffer !== null && buffer.byteLength !== length) {
      throw new TypeError('the buffer of a queued send has been detached; abort the handle');
    }
  }

  #result(): ActionResult {
    const { action, bufferType, operation, context } = output;
    if (context === 0) {
      return { action, bufferType, buffers: NOTHING, applicationContext: undefined, actionContext: null };
    }
    const given = this.#pending.sends.get(operation) ?? this.#pending.receives.get(operation);
    let buffers = NOTHING;
    let length = 0;
    let window: Uint8Array | null = null;
    if (action === Action.SendToNetwork) {
      buffers = output.buffers.map((part) =>
        types.isUint8Array(part) ? part : given!.buffer!.subarray(part.offset, part.offset + part.length),
      );
      for (const buffer of buffers) length += buffer.byteLength;
    } else if (action === Action.ReceiveFromNetwork) {
      length = output.window;
      window = this.#lendWindow(length, context);
      buffers = [window.subarray(0, length)];
    } else if (action === Action.IndicateReceiveComplete && output.buffers.length !== 0) {
      buffers = [received(output.buffers[0] as Uint8Array, bufferType, given?.buffer ?? null)];
    }
    const outstanding = new OutstandingAction(context, action, operation, length, window);
    this.#own().outstanding.add(outstanding);
    const result = {
      action,
      bufferType,
      buffers,
      applicationContext: given?.context,
      actionContext: outstanding as unknown as ActionContext,
    };
    return output.closeStatus < 0
      ? result
      : { ...result, close: { status: output.closeStatus, reason: output.closeReason } };
  }

  /** One window per handle, as at most one read is outstanding (D1-3); a new one is made if it was detached. */
  #lendWindow(length: number, context: number): Uint8Array {
    const pending = this.#own();
    if (pending.window === null || pending.window.byteLength < length) {
      try {
        pending.window = new Uint8Array(length);
      } catch {
        // The only possible failure: there is not enough memory. The read is cancelled, so the queue goes on.
        this.#handle!.completeAction(context, 0, null);
        throw new ComponentError(HRESULTS.E_OUTOFMEMORY, 'WebSocketGetAction', this.#backend);
      }
    }
    return pending.window;
  }

  completeAction(actionContext: ActionContext | null, bytesTransferred: number): void {
    if (actionContext !== null && typeof actionContext !== 'object') {
      throw new TypeError(`actionContext must be an action context or null, not ${typeof actionContext}`);
    }
    let bytes = ulong('bytesTransferred', bytesTransferred);
    const handle = this.#live('WebSocketCompleteAction');
    const outstanding = actionContext as unknown as OutstandingAction | null;
    if (outstanding === null || !this.#pending.outstanding.has(outstanding)) return;
    const { id, action, operation, length, window } = outstanding;
    if (bytes > length) bytes = 0;
    let bytesRead: Uint8Array | null = null;
    if (window !== null && bytes !== 0) {
      if (window.byteLength < length)
        throw new TypeError('the window of ReceiveFromNetwork has been detached');
      bytesRead = window.subarray(0, bytes);
    }
    this.#pending.outstanding.delete(outstanding);
    handle.completeAction(id, bytes, bytesRead);
    if (action === Action.IndicateSendComplete) this.#pending.sends.delete(operation);
    else if (action === Action.IndicateReceiveComplete) this.#pending.receives.delete(operation);
  }

  [bulkDriver](): BulkDriver | null {
    return this.#live('WebSocketReceive').bulkDriver();
  }

  abort(): void {
    const handle = this.#handle;
    if (handle === null) return;
    handle.abort();
    for (const send of this.#pending.sends.values()) send.buffer = null;
  }

  delete(): void {
    const handle = this.#handle;
    if (handle === null) return;
    this.#handle = null;
    this.#drain(handle);
    handle.delete();
    this.#pending = NONE;
  }

  #own(): Pending {
    if (this.#pending === NONE) this.#pending = new Pending();
    return this.#pending;
  }

  [Symbol.dispose](): void {
    this.delete();
  }

  /** Aborts, completes the outstanding actions, then processes the remaining ones, as B11-1 asks before a delete. */
  #drain(handle: BackendHandle): void {
    handle.abort();
    for (const { id } of this.#pending.outstanding) handle.completeAction(id, 0, null);
    // Every operation has at most one indication left; the bound guards against a backend that never ends.
    for (let left = this.#pending.sends.size + this.#pending.receives.size; left > 0; left--) {
      output.clear();
      if (handle.getAction(ActionQueue.All, MOST_BUFFERS, output) !== S_OK || output.context === 0) return;
      handle.completeAction(output.context, 0, null);
    }
  }

  #live(operation: string): BackendHandle {
    if (this.#handle === null) throw new ComponentError(HRESULTS.E_HANDLE, operation, this.#backend);
    return this.#handle;
  }

  #check(handle: BackendHandle, operation: string, hresult: number): void {
    if (hresult === S_OK) return;
    const diagnostic: Diagnostic = handle.diagnostic;
    const detail =
      diagnostic === Diagnostic.None ? undefined : { diagnostic, sentence: sentenceOf(diagnostic) };
    throw new ComponentError(hresult, operation, this.#backend, detail);
  }
}

/**
 * Moves received data into the caller's buffer, unless there is no buffer, the buffer was detached, or the data is a
 * control frame.
 */
function received(data: Uint8Array, type: number, buffer: Uint8Array | null): Uint8Array {
  const isControl = type === BufferType.Close || type === BufferType.PingPong;
  if (buffer === null || isControl || data.byteLength === 0 || buffer.byteLength < data.byteLength)
    return data;
  buffer.set(data);
  return buffer.subarray(0, data.byteLength);
}
