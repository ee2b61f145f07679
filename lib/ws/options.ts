/** Options that clients and servers of the drop-in share, with the defaults of `ws`. */
import { portable, PropertyType } from '../component/index.js';
import type { Component, HandleProperties } from '../component/index.js';
import { perMessageDeflate, settingsOf } from '../connection/index.js';
import type { Extension, PerMessageDeflateOptions, Settings } from '../connection/index.js';
import { chooseBackend } from '../opening/index.js';

/**
 * Options of both sides.
 *
 * @since 0.1.0
 */
export interface SharedOptions {
  /**
   * Several events may be emitted in one turn of the event loop.
   *
   * @defaultValue true
   */
  allowSynchronousEvents?: boolean | undefined;
  /**
   * Answer pings. `false` selects the portable backend: the native backend always answers.
   *
   * @defaultValue true
   */
  autoPong?: boolean | undefined;
  /**
   * Milliseconds to wait for the end of the closing handshake.
   *
   * @unit milliseconds
   * @defaultValue 30000
   */
  closeTimeout?: number | undefined;
  /**
   * Largest number of bytes of a received message; 0 is no limit.
   *
   * @unit bytes
   * @defaultValue 104857600 (100 MiB)
   */
  maxPayload?: number | undefined;
  /**
   * Largest number of fragments of a received message; 0 is no limit.
   *
   * @unit frames
   * @defaultValue 16384
   */
  maxFragments?: number | undefined;
  /**
   * Largest number of pongs that may wait to be written. A ping beyond that ends the connection. 0 is no limit.
   * The native backend does not report pings, so the limit has no effect there.
   *
   * @unit pongs
   * @defaultValue 60
   */
  maxPendingAutoPongs?: number | undefined;
  /**
   * Accepted, without effect: received data that waits to be put together is not kept in chunks.
   *
   * @defaultValue without effect
   */
  maxBufferedChunks?: number | undefined;
  /**
   * Do not check whether received text and close reasons are UTF-8.
   *
   * @defaultValue false
   */
  skipUTF8Validation?: boolean | undefined;
  /**
   * Compression. A value other than `false` selects the portable backend. Default for a client: on with the portable
   * backend, off with the native one. Default for a server: off.
   *
   * @defaultValue client: `true` with the portable backend, `false` with the native one; server: `false`
   */
  perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /**
   * Not an option of `ws`: the backend to use; see `chooseBackend`.
   *
   * @defaultValue 'auto'
   */
  backend?: 'auto' | 'native' | 'portable' | undefined;
  /**
   * Not an option of `ws`: the component to use. It replaces `backend`.
   *
   * @defaultValue chosen by `backend`
   */
  component?: Component | undefined;
}

/** The settings that {@link sharedSettings} makes from the options. */
export interface SharedSettings {
  readonly component: Component;
  readonly settings: Settings;
  readonly handle: HandleProperties;
  readonly extension: Extension | null;
  readonly autoPong: boolean;
  readonly maxPendingAutoPongs: number;
  readonly allowSynchronousEvents: boolean;
}

/** The value of an option. `ws` takes null, false, 0 and '' for none, as in `condition && value`. */
export function something<T>(value: T | null | undefined): T | undefined {
  if (value) return value;
  return undefined;
}

/**
 * @param deflateByDefault - without the option `perMessageDeflate`, compression is on with the portable backend.
 * @param needsPortable - another option needs a feature that only the portable backend has.
 */
export function sharedSettings(
  options: SharedOptions,
  deflateByDefault: boolean,
  needsPortable: boolean,
): SharedSettings {
  const { perMessageDeflate: wanted, autoPong = true, skipUTF8Validation = false, backend } = options;
  const deflate = wanted === undefined ? undefined : (something(wanted) ?? false);
  const isAsked = (deflate !== undefined && deflate !== false) || !autoPong || needsPortable;
  const { component } = chooseBackend({
    ...(options.component === undefined ? {} : { component: options.component }),
    backend: backend ?? 'auto',
    ...(isAsked ? { perMessageDeflate: true } : {}),
  });
  const isNative = component.backend === 'native';
  const wantsDeflate = deflate === undefined ? deflateByDefault && component === portable : deflate !== false;
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
