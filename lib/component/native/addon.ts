/**
 * The compiled addon: its exports, and how it is loaded. `native/addon.cc` is the other side of this
 * interface; everything here is numbers and bytes.
 */
import { types } from 'node:util';
import { findAddon, NoAddon } from './find-addon.js';
import { IDENTITY } from './identity.js';

/** An HRESULT, unsigned. */
type HResult = number;

/**
 * The functions of the addon. A handle is a number that is never used twice. For the number of a deleted handle a
 * function returns `E_HANDLE`, for arguments of a wrong type `E_INVALIDARG`. `words` are the words of a scratch
 * (`scratch.ts`); everything that is more than a number lies there. No function runs JavaScript.
 */
export interface Addon {
  /** Name and version of the package that the addon was built from. */
  readonly identity: string;
  /** Why the DLL cannot be used; empty when it can. Nothing below exists otherwise. */
  readonly reason: string;
  /** File version of `websocket.dll`, such as `10.0.22000.1`; empty if it has none. */
  readonly fileVersion: string;
  /** `CreateWord` describes the inputs and outputs. The handle is closed when `owner` is collected. */
  create(owner: object, isServer: boolean, words: Uint32Array): HResult;
  /** @returns all names and values as one string; the words have the lengths of its parts. */
  beginClientHandshake(handle: number, texts: string, words: Uint32Array): string | HResult;
  /** Answers with the index of the subprotocol or {@link NONE}, the number of extensions, and their indices. */
  endClientHandshake(handle: number, texts: string, words: Uint32Array): HResult;
  beginServerHandshake(handle: number, texts: string, words: Uint32Array): string | HResult;
  endServerHandshake(handle: number): HResult;
  /** @param bytes - the payload, or the reason of a close frame; the status is -1 for other types. */
  send(
    handle: number,
    type: number,
    bytes: Uint8Array | null,
    closeStatus: number,
    operation: number,
  ): HResult;
  /** @param capacity - bytes of the caller's buffer, or -1 for none. */
  receive(handle: number, capacity: number, operation: number): HResult;
  /** `ActionWord` describes the outputs. */
  getAction(handle: number, queue: number, maxBuffers: number, words: Uint32Array): HResult;
  /** Copies a buffer that was too large for the scratch. */
  actionBytes(handle: number, context: number, index: number, bytes: Uint8Array): HResult;
  completeAction(handle: number, context: number, bytes: number, window: Uint8Array | null): HResult;
  abort(handle: number): HResult;
  delete(handle: number): HResult;
  /** Answers with the number of ULONGs, and the ULONGs. */
  getGlobalProperty(type: number, words: Uint32Array): HResult;
  /** `BulkWord` describes the inputs and outputs; the HRESULT of the DLL is one of the words. */
  bulkReceive(handle: number, chunk: Uint8Array, words: Uint32Array, slab: Uint8Array): HResult;
  bulkSend(
    handle: number,
    type: number,
    bytes: Uint8Array | null,
    closeStatus: number,
    words: Uint32Array,
    slab: Uint8Array,
  ): HResult;
  /** Moves the bytes that found no room in the last bulk calls. @param bytes - the number that those calls returned. */
  takeSpill(handle: number, bytes: Uint8Array): HResult;
}

/**
 * Loads the binary of this platform, or returns the reason why none can be used.
 *
 * @param named - the file of the binary, if the program names it.
 */
export function loadAddon(named?: string): Addon | string {
  if (process.platform !== 'win32')
    return `websocket.dll is part of Windows, and this is ${process.platform}`;
  let file = '';
  try {
    file = findAddon(named);
    const module = { exports: {} as Addon };
    // Not `require`: a bundle that is an ES module has none.
    process.dlopen(module, file);
    const addon = module.exports;
    if (addon.identity !== IDENTITY) return `${file} is not the addon of ${IDENTITY}`;
    return addon.reason === '' ? addon : addon.reason;
  } catch (error) {
    if (error instanceof NoAddon) return error.message;
    return `the addon ${file} could not be loaded: ${types.isNativeError(error) ? error.message : String(error)}`;
  }
}
