/**
 * The native backend: Windows' own `websocket.dll`, through the addon in `native/`. The addon is loaded when it is
 * first needed, and only on Windows.
 */
import { createComponent } from '../component.js';
import type { Component } from '../contract.js';
import { checkFewOptions } from '../not-options.js';
import { loadAddon } from './addon.js';
import { nativeBackend } from './backend.js';

/** The native backend cannot be used on this machine; the message says why. */
export class NativeUnavailableError extends Error {
  override readonly name = 'NativeUnavailableError';
  /** Stable. */
  readonly code = 'ERR_NATIVE_UNAVAILABLE';
  /** What {@link nativeUnavailableReason} returns. */
  readonly reason: string;

  constructor(reason: string) {
    super(`the native backend is not available: ${reason}`);
    this.reason = reason;
  }
}

interface Loaded {
  readonly component: Component;
  readonly fileVersion: string;
}

/** The results by the file that the program named; '' stands for the package's own file. */
const loaded = new Map<string, Loaded | string>();

function load(named = process.env['WSPC_ADDON'] ?? ''): Loaded | string {
  let result = loaded.get(named);
  if (result === undefined) {
    const addon = loadAddon(named);
    result =
      typeof addon === 'string'
        ? addon
        : { component: createComponent(nativeBackend(addon)), fileVersion: addon.fileVersion };
    loaded.set(named, result);
  }
  return result;
}

/**
 * Options of {@link loadNative}.
 *
 * @since 0.1.0
 */
export interface NativeOptions {
  /**
   * The absolute path of the addon, for a bundled program: one of the files in the folder `prebuilds` of this version
   * of the package.
   *
   * @defaultValue the environment variable `WSPC_ADDON`, otherwise the package's own file
   */
  readonly addon?: string | undefined;
}

/**
 * The native backend, whether or not it is the one that was chosen.
 *
 * @throws NativeUnavailableError `ERR_NATIVE_UNAVAILABLE`: not Windows 8 or later, no binary for this
 *   processor, a file that is not the addon of this version, or a `websocket.dll` that does not answer.
 * @throws TypeError `addon` is not a string, options that are no object, or an unknown option.
 */
export function loadNative(options: NativeOptions = {}): Component {
  checkFewOptions('loadNative', options, ['addon']);
  const { addon } = options;
  if (addon !== undefined && typeof addon !== 'string')
    throw new TypeError(`addon must be the path of a file, not ${typeof addon}`);
  const result = load(addon);
  if (typeof result === 'string') throw new NativeUnavailableError(result);
  return result.component;
}

/** Why the native backend cannot be used here, in words; `undefined` if it can. */
export function nativeUnavailableReason(): string | undefined {
  const result = load();
  return typeof result === 'string' ? result : undefined;
}

/**
 * File version of the `websocket.dll` that answers, such as `10.0.22000.1`; `undefined` if the native backend
 * cannot be used or the file does not say.
 */
export function nativeFileVersion(): string | undefined {
  const result = load();
  return typeof result === 'string' || result.fileVersion === '' ? undefined : result.fileVersion;
}
