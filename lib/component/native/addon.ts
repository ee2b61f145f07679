/**
 * The compiled addon: its exports, and how it is loaded. `native/addon.cc` is the other side of this
 * interface; everything here is numbers and bytes.
 */
import { findAddon, NoAddon } from './find-addon.js';
import { IDENTITY } from './identity.js';

/** An HRESULT, unsigned. */
type HResult = number;

/**
 * The functions of the addon. A handle is a number, which is never given out twice; one of a deleted handle is answered
 * with `E_HANDLE`, arguments of a wrong type with `E_INVALIDARG`. `words` are those of a scratch (`scratch.ts`), in which
 * lies whatever is more than a number. No function runs JavaScript.
 */
export interface Addon {
  /** Name and version of the package that the addon was built from. */
  readonly identity: string;
  /** Why the DLL cannot be used; empty when it can. Nothing below exists otherwise. */
  readonly reason: string;
  /** File version of `websocket.dll`, such as `10.0.22000.1`; empty where it has none. */
  readonly fileVersion: string;
  /** Takes and answers what `CreateWord` says. The handle is closed when `owner` is collected. */
  create(owner: object, isServer: boolean, words: Uint32Array): HResult;
  /** @returns all names and values as one string, whose parts the words tell. */
  beginClientHandshake(handle: number, texts: string, words: Uint32Array): string | HResult;
  /** Answers with the index of the subprotocol or {@link NONE}, how many extensions there are, and theirs. */
  endClientHandshake(handle: number, texts: string, words: Uint32Array): HResult;
  beginServerHandshake(handle: number, texts: string, words: Uint32Array): string | HResult;
  endServerHandshake(handle: number): HResult;
  /** @param bytes - the payload, or the reason of a close frame; the status is -1 where it is none. */
  send(
    handle: number,
    type: number,
    bytes: Uint8Array | null,
    closeStatus: number,
    operation: number,
  ): HResult;
  /** @param capacity - bytes of the caller's buffer, or -1 for none. */
  receive(handle: number, capacity: number, operation: number): HResult;
  /** Answers what `ActionWord` says. */
  getAction(handle: number, queue: number, maxBuffers: number, words: Uint32Array): HResult;
  /** Copies a buffer that was too large for the scratch. */
  actionBytes(handle: number, context: number, index: number, bytes: Uint8Array): HResult;
  completeAction(handle: number, context: number, bytes: number, window: Uint8Array | null): HResult;
  abort(handle: number): HResult;
  delete(handle: number): HResult;
  /** Answers with how many ULONGs there are, and these. */
  getGlobalProperty(type: number, words: Uint32Array): HResult;
  /** Takes and answers what `BulkWord` says: the HRESULT of the DLL is one of the words. */
  bulkReceive(handle: number, chunk: Uint8Array, words: Uint32Array, slab: Uint8Array): HResult;
  bulkSend(
    handle: number,
    type: number,
    bytes: Uint8Array | null,
    closeStatus: number,
    words: Uint32Array,
    slab: Uint8Array,
  ): HResult;
  /** Moves what the last bulk calls could not put anywhere else. @param bytes - as many as they said. */
  takeSpill(handle: number, bytes: Uint8Array): HResult;
}

/**
 * Loads the binary of this platform, or says why there is none to be used.
 *
 * @param named - its file, where the program names it.
 */
export function loadAddon(named?: string): Addon | string {
  if (process.platform !== 'win32')
    return `websocket.dll is part of Windows, and this is ${process.platform}`;
  let file = '';
  try {
    file = findAddon(named);
    const module = { exports: {} as Addon };
    // Not `require`: bundles as ES modules have none.
    process.dlopen(module, file);
    const addon = module.exports;
    if (addon.identity !== IDENTITY) return `${file} is not the addon of ${IDENTITY}`;
    return addon.reason === '' ? addon : addon.reason;
  } catch (error) {
    if (error instanceof NoAddon) return error.message;
    return `the addon ${file} could not be loaded: ${error instanceof Error ? error.message : String(error)}`;
  }
}
