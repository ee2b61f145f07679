/**
 * The compiled addon: what it exports, and where it is found. `native/addon.cc` is the other side of this
 * interface; everything here is numbers and bytes.
 */
import path from 'node:path';

/** An HRESULT, unsigned. */
type HResult = number;

/** The functions of the addon. A handle is a number; an old one is answered with `E_HANDLE`. */
export interface Addon {
  /** Why the DLL cannot be used; empty when it can. Nothing below exists otherwise. */
  readonly reason: string;
  /** File version of `websocket.dll`, such as `10.0.22000.1`; empty where it has none. */
  readonly fileVersion: string;
  /** The handle is closed when `owner` is collected. A number below 0x80000000 is the handle. */
  create(
    owner: object,
    isServer: boolean,
    receiveBufferSize: number | undefined,
    sendBufferSize: number | undefined,
    disableMasking: boolean | undefined,
    disableUtf8Verification: boolean | undefined,
    allocatedBufferSize: number | undefined,
  ): number;
  /** Headers are names and values in turn. */
  beginClientHandshake(
    handle: number,
    subprotocols: readonly string[],
    extensions: readonly string[],
    headers: readonly string[],
  ): string[] | HResult;
  /** The index of the subprotocol, or -1, and then those of the extensions. */
  endClientHandshake(handle: number, headers: readonly string[]): number[] | HResult;
  beginServerHandshake(
    handle: number,
    subprotocol: string | undefined,
    extensions: readonly string[],
    headers: readonly string[],
  ): string[] | HResult;
  endServerHandshake(handle: number): HResult;
  send(
    handle: number,
    type: number,
    payload: Uint8Array | null,
    closeStatus: number,
    reason: Uint8Array | null,
    operation: number,
  ): HResult;
  receive(handle: number, capacity: number, operation: number): HResult;
  /** The answer is in the scratch; see `scratch.ts`. */
  getAction(handle: number, queue: number, maxBuffers: number, scratch: Uint8Array): HResult;
  /** A copy of a buffer that was too large for the scratch. */
  actionBytes(handle: number, context: number, index: number): Uint8Array;
  completeAction(handle: number, context: number, bytes: number, window: Uint8Array | null): HResult;
  abort(handle: number): HResult;
  delete(handle: number): HResult;
  getGlobalProperty(type: number): number[] | HResult;
  bulkReceive(
    handle: number,
    chunk: Uint8Array,
    consumed: number,
    written: number,
    scratch: Uint8Array,
    slab: Uint8Array,
    slabUsed: number,
  ): HResult;
  bulkSend(
    handle: number,
    type: number,
    payload: Uint8Array | null,
    closeStatus: number,
    reason: Uint8Array | null,
    scratch: Uint8Array,
    slab: Uint8Array,
    slabUsed: number,
  ): HResult;
  takeSpill(handle: number): Uint8Array;
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
