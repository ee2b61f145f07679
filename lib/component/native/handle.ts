/** One handle of the DLL, in the shape that the checked handle asks for. */
import type {
  ActionOutput,
  BackendHandle,
  ClientHandshakeInput,
  Role,
  SelectionOutput,
  ServerHandshakeInput,
} from '../backend.js';
import type { BulkDriver } from '../bulk.js';
import { Action } from '../contract.js';
import type { BufferType, CloseBuffer, HandleProperties, HttpHeader } from '../contract.js';
import { S_OK } from '../errors.js';
import type { Addon } from './addon.js';
import { NativeBulkDriver } from './bulk-driver.js';
import { actionScratch, ActionWord, BufferPlace, NO_CLOSE, WORDS_PER_BUFFER } from './scratch.js';
import type { Scratch } from './scratch.js';

const EMPTY = new Uint8Array(0);
const FIRST_FAILURE = 0x80000000;

export class NativeHandle implements BackendHandle {
  /** The DLL names its diagnostics to event tracing only. */
  readonly diagnostic = 0;
  /** How often the handle was aborted or deleted: whoever runs a sink looks whether that changed it. */
  endings = 0;
  private readonly scratch: Scratch = actionScratch();

  private constructor(
    readonly addon: Addon,
    private readonly role: Role,
    private readonly properties: HandleProperties,
    /** 0 until created. */
    public id: number,
  ) {}

  static create(addon: Addon, role: Role, properties: HandleProperties): NativeHandle | number {
    // The addon closes the handle when this object is collected, so it has to exist first.
    const handle = new NativeHandle(addon, role, properties, 0);
    const id = addon.create(
      handle,
      role === 'server',
      properties.receiveBufferSize,
      properties.sendBufferSize,
      properties.disableMasking,
      properties.disableUtf8Verification,
      properties.allocatedBufferSize,
    );
    if (id >= FIRST_FAILURE) return id;
    handle.id = id;
    return handle;
  }

  beginClientHandshake(input: ClientHandshakeInput, headers: HttpHeader[]): number {
    const { subprotocols, extensions, initialHeaders } = input;
    return takeHeaders(
      this.addon.beginClientHandshake(this.id, subprotocols, extensions, flatten(initialHeaders)),
      headers,
    );
  }

  endClientHandshake(responseHeaders: readonly HttpHeader[], output: SelectionOutput): number {
    const result = this.addon.endClientHandshake(this.id, flatten(responseHeaders));
    if (typeof result === 'number') return result;
    const [subprotocol = -1, ...extensions] = result;
    output.selectedSubprotocol = subprotocol < 0 ? undefined : subprotocol;
    output.selectedExtensions = extensions;
    return S_OK;
  }

  beginServerHandshake(input: ServerHandshakeInput, headers: HttpHeader[]): number {
    const { requestHeaders, selectedSubprotocol, selectedExtensions } = input;
    return takeHeaders(
      this.addon.beginServerHandshake(
        this.id,
        selectedSubprotocol,
        selectedExtensions,
        flatten(requestHeaders),
      ),
      headers,
    );
  }

  endServerHandshake(): number {
    return this.addon.endServerHandshake(this.id);
  }

  send(type: BufferType, payload: Uint8Array | null, close: CloseBuffer | null, operation: number): number {
    return this.addon.send(
      this.id,
      type,
      payload,
      close === null ? -1 : close.status,
      close?.reason ?? null,
      operation,
    );
  }

  receive(capacity: number, operation: number): number {
    return this.addon.receive(this.id, capacity, operation);
  }

  getAction(queue: number, maxBuffers: number, output: ActionOutput): number {
    const { bytes, words } = this.scratch;
    const hresult = this.addon.getAction(this.id, queue, maxBuffers, bytes);
    if (hresult !== S_OK) return hresult;
    const action = words[ActionWord.Action]!;
    if (action === Action.NoAction) return S_OK;
    output.action = action;
    output.operation = words[ActionWord.OperationLow]! + words[ActionWord.OperationHigh]! * 0x100000000;
    output.context = words[ActionWord.Context]!;
    if (action === Action.ReceiveFromNetwork) {
      output.window = words[ActionWord.Window]!;
      return S_OK;
    }
    output.bufferType = words[ActionWord.BufferType]!;
    const count = words[ActionWord.BufferCount]!;
    const closeStatus = words[ActionWord.CloseStatus]!;
    if (closeStatus !== NO_CLOSE) {
      output.closeStatus = closeStatus;
      output.closeReason = count === 0 ? null : (this.buffer(0, output.context) as Uint8Array);
      return S_OK;
    }
    for (let index = 0; index < count; index++) output.buffers.push(this.buffer(index, output.context));
    return S_OK;
  }

  private buffer(index: number, context: number): ActionOutput['buffers'][number] {
    const { bytes, words } = this.scratch;
    const at = ActionWord.Buffers + index * WORDS_PER_BUFFER;
    const position = words[at + 1]!;
    const length = words[at + 2]!;
    const place: BufferPlace = words[at]!;
    if (place === BufferPlace.Payload) return { offset: position, length };
    if (place === BufferPlace.Component) return this.addon.actionBytes(this.id, context, position);
    return length === 0 ? EMPTY : bytes.slice(position, position + length);
  }

  completeAction(context: number, bytes: number, window: Uint8Array | null): void {
    this.addon.completeAction(this.id, context, bytes, window);
  }

  abort(): void {
    this.endings++;
    this.addon.abort(this.id);
  }

  bulkDriver(): BulkDriver {
    const { disableMasking = false } = this.properties;
    return new NativeBulkDriver(this, this.role === 'client' && !disableMasking);
  }

  delete(): void {
    this.endings++;
    this.addon.delete(this.id);
  }
}

function flatten(headers: readonly HttpHeader[]): string[] {
  const flat: string[] = [];
  for (const { name, value } of headers) flat.push(name, value);
  return flat;
}

function takeHeaders(result: string[] | number, headers: HttpHeader[]): number {
  if (typeof result === 'number') return result;
  for (let index = 0; index + 1 < result.length; index += 2) {
    headers.push({ name: result[index]!, value: result[index + 1]! });
  }
  return S_OK;
}
