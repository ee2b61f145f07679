/** Options that clients and servers of the drop-in share, with the defaults of `ws`. */
import { PropertyType } from '../component/index.js';
import type { BackendName, Component, HandleProperties } from '../component/index.js';
import { perMessageDeflate, settingsOf } from '../connection/index.js';
import type { Extension, PerMessageDeflateOptions, Settings } from '../connection/index.js';
import { chooseBackend } from '../opening/index.js';

/** Options of both sides. */
export interface SharedOptions {
  /** Events may come several times in one tick. Default: true. */
  allowSynchronousEvents?: boolean | undefined;
  /** Pings are answered. `false` needs the portable backend, and takes it. Default: true. */
  autoPong?: boolean | undefined;
  /** Milliseconds to wait for the end of the closing handshake. Default: 30000. */
  closeTimeout?: number | undefined;
  /** Most bytes of a received message; 0 is no limit. Default: 104857600 (100 MiB). */
  maxPayload?: number | undefined;
  /** Most fragments of a received message; 0 is no limit. Default: 16384. */
  maxFragments?: number | undefined;
  /**
   * Most answers to pings that may wait to be written; the next ping ends the connection. 0 is no limit. The native
   * backend shows no pings, and has no such limit. Default: 60.
   */
  maxPendingAutoPongs?: number | undefined;
  /** Without effect here: what waits to be put together is not kept in chunks. */
  maxBufferedChunks?: number | undefined;
  /** Received text and close reasons are not checked. Default: false. */
  skipUTF8Validation?: boolean | undefined;
  /**
   * Compression; asking for it takes the portable backend. Default: client, where the backend has it; server, off.
   */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** Not of `ws`: which backend; see `chooseBackend`. Default: 'auto'. */
  backend?: 'auto' | BackendName | undefined;
  /** Not of `ws`: the component to use, in place of `backend`. */
  component?: Component | undefined;
}

/** What follows from the options. */
export interface SharedSettings {
  readonly component: Component;
  readonly settings: Settings;
  readonly handle: HandleProperties;
  readonly extension: Extension | null;
  readonly autoPong: boolean;
  readonly maxPendingAutoPongs: number;
  readonly allowSynchronousEvents: boolean;
}

/**
 * @param deflateByDefault - compression is wanted where it costs nothing: on the portable backend.
 * @param needsPortable - something else is wanted that only the portable backend has.
 */
export function sharedSettings(
  options: SharedOptions,
  deflateByDefault: boolean,
  needsPortable: boolean,
): SharedSettings {
  const { perMessageDeflate: deflate, autoPong = true, skipUTF8Validation = false, backend } = options;
  const isAsked = (deflate !== undefined && deflate !== false) || !autoPong || needsPortable;
  const { component } = chooseBackend({
    ...(options.component === undefined ? {} : { component: options.component }),
    backend: backend ?? 'auto',
    ...(isAsked ? { perMessageDeflate: true } : {}),
  });
  const isNative = component.backend === 'native';
  const wantsDeflate = deflate === undefined ? deflateByDefault && !isNative : deflate !== false;
  const verifyText = skipUTF8Validation ? 'never' : isNative ? 'always' : 'encoded';
  return {
    component,
    settings: settingsOf(
      {
        maxPayload: options.maxPayload ?? 100 * 1024 * 1024,
        maxFragments: options.maxFragments ?? 16 * 1024,
        maxBufferedBytes: 0,
        closeTimeout: options.closeTimeout ?? 30_000,
        keepAlive: false,
      },
      component.getGlobalProperty(PropertyType.KeepAliveInterval),
      verifyText,
    ),
    handle: skipUTF8Validation || isNative ? { disableUtf8Verification: true } : {},
    extension: wantsDeflate ? perMessageDeflate(typeof deflate === 'object' ? deflate : {}) : null,
    autoPong,
    maxPendingAutoPongs: options.maxPendingAutoPongs ?? 60,
    allowSynchronousEvents: options.allowSynchronousEvents ?? true,
  };
}
