/**
 * The compiled addon: what it exports, and where it is found. `native/addon.cc` is the other side of this
 * interface; everything here is numbers and bytes.
 */
import path from 'node:path';

/** An HRESULT, unsigned. */
type HResult = number;

/**
 * The functions of the addon. A handle is a number, which is never given out twice; one of a deleted handle is answered
 * with `E_HANDLE`, arguments of a wrong type with `E_INVALIDARG`. `words` are those of a scratch (`scratch.ts`), in which
 * lies whatever is more than a number. No function runs JavaScript.
 */
export interface Addon {
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

/** From dist/lib/component/native to the folder of the package, where `prebuilds` is. */
const PACKAGE = path.join(__dirname, '../../../..');

/** Loads the binary of this platform, or says why there is none to be used. */
export function loadAddon(): Addon | string {
  if (process.platform !== 'win32')
    return `websocket.dll is part of Windows, and this is ${process.platform}`;
  try {
    // Not before it is known to be needed, and never elsewhere: nothing but Windows has a binary.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const find = require('node-gyp-build') as (folder: string) => Addon;
    const addon = find(PACKAGE);
    return addon.reason === '' ? addon : addon.reason;
  } catch (error) {
    return `the addon could not be loaded: ${error instanceof Error ? error.message : String(error)}`;
  }
}
