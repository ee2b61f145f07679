/** One handle of the DLL, as a backend's handle. */
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
import { HRESULTS, S_OK } from '../errors.js';
import type { Addon } from './addon.js';
import { NativeBulkDriver } from './bulk-driver.js';
import {
  actionScratch,
  ActionWord,
  BufferPlace,
  CreateWord,
  Given,
  NONE,
  numberAt,
  WORDS_PER_BUFFER,
} from './scratch.js';
import { headersOf, Texts } from './texts.js';

const EMPTY = new Uint8Array(0);

export class NativeHandle implements BackendHandle {
  /** The DLL names its diagnostics to event tracing only. */
  readonly diagnostic = 0;
  /** How often the handle was aborted or deleted: the bulk driver compares it before and after a sink call. */
  endings = 0;
  private readonly words = actionScratch();

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
    const { words } = handle;
    putProperties(words, properties);
    const hresult = addon.create(handle, role === 'server', words);
    if (hresult !== S_OK) return hresult;
    handle.id = numberAt(words, 0);
    return handle;
  }

  beginClientHandshake(input: ClientHandshakeInput, headers: HttpHeader[]): number {
    const { subprotocols, extensions, initialHeaders } = input;
    const { text, words } = new Texts(subprotocols, extensions, initialHeaders);
    return headersOf(this.addon.beginClientHandshake(this.id, text, words), words, headers);
  }

  endClientHandshake(responseHeaders: readonly HttpHeader[], output: SelectionOutput): number {
    const { text, words } = new Texts([], [], responseHeaders);
    const hresult = this.addon.endClientHandshake(this.id, text, words);
    if (hresult !== S_OK) return hresult;
    output.selectedSubprotocol = words[0] === NONE ? undefined : words[0]!;
    output.selectedExtensions = [...words.subarray(2, 2 + words[1]!)];
    return S_OK;
  }

  beginServerHandshake(input: ServerHandshakeInput, headers: HttpHeader[]): number {
    const { requestHeaders, selectedSubprotocol, selectedExtensions } = input;
    const subprotocols = selectedSubprotocol === undefined ? [] : [selectedSubprotocol];
    const { text, words } = new Texts(subprotocols, selectedExtensions, requestHeaders);
    return headersOf(this.addon.beginServerHandshake(this.id, text, words), words, headers);
  }

  endServerHandshake(): number {
    return this.addon.endServerHandshake(this.id);
  }

  send(type: BufferType, payload: Uint8Array | null, close: CloseBuffer | null, operation: number): number {
    return close === null
      ? this.addon.send(this.id, type, payload, -1, operation)
      : this.addon.send(this.id, type, close.reason ?? null, close.status, operation);
  }

  receive(capacity: number, operation: number): number {
    return this.addon.receive(this.id, capacity, operation);
  }

  getAction(queue: number, maxBuffers: number, output: ActionOutput): number {
    const { words } = this;
    const hresult = this.addon.getAction(this.id, queue, maxBuffers, words);
    if (hresult !== S_OK) return hresult;
    const action = words[ActionWord.Action]!;
    if (action === Action.NoAction) return S_OK;
    output.action = action;
    output.operation = numberAt(words, ActionWord.Operation);
    output.context = numberAt(words, ActionWord.Context);
    if (action === Action.ReceiveFromNetwork) {
      output.window = words[ActionWord.Window]!;
      return S_OK;
    }
    output.bufferType = words[ActionWord.BufferType]!;
    const count = words[ActionWord.BufferCount]!;
    const closeStatus = words[ActionWord.CloseStatus]!;
    try {
      if (closeStatus !== NONE) {
        output.closeStatus = closeStatus;
        output.closeReason = count === 0 ? null : (this.buffer(0, output.context) as Uint8Array);
      } else {
        for (let index = 0; index < count; index++) output.buffers.push(this.buffer(index, output.context));
      }
    } catch {
      // The only possible failure: there is not enough memory. Bytes are lost, and the session with them.
      this.abort();
      this.completeAction(output.context, 0, null);
      return HRESULTS.E_OUTOFMEMORY;
    }
    return S_OK;
  }

  private buffer(index: number, context: number): ActionOutput['buffers'][number] {
    const { words } = this;
    const at = ActionWord.Buffers + index * WORDS_PER_BUFFER;
    const position = words[at + 1]!;
    const length = words[at + 2]!;
    const place: BufferPlace = words[at]!;
    if (place === BufferPlace.Payload) return { offset: position, length };
    if (place === BufferPlace.Scratch)
      return length === 0 ? EMPTY : new Uint8Array(new Uint8Array(words.buffer, position, length));
    const bytes = new Uint8Array(length);
    this.addon.actionBytes(this.id, context, position, bytes);
    return bytes;
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

function putProperties(words: Uint32Array, properties: HandleProperties): void {
  const { disableMasking, disableUtf8Verification } = properties;
  let given = 0;
  const size = (value: number | undefined, at: CreateWord, bit: Given): void => {
    words[at] = value ?? 0;
    if (value !== undefined) given |= bit;
  };
  size(properties.receiveBufferSize, CreateWord.ReceiveBufferSize, Given.ReceiveBufferSize);
  size(properties.sendBufferSize, CreateWord.SendBufferSize, Given.SendBufferSize);
  size(properties.allocatedBufferSize, CreateWord.AllocatedBufferSize, Given.AllocatedBufferSize);
  if (disableMasking !== undefined) given |= Given.DisableMasking;
  if (disableUtf8Verification !== undefined) given |= Given.DisableUtf8Verification;
  words[CreateWord.Given] = given;
  words[CreateWord.Disabled] =
    (disableMasking === true ? Given.DisableMasking : 0) |
    (disableUtf8Verification === true ? Given.DisableUtf8Verification : 0);
}
