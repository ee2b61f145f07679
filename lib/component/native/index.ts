/**
 * The native backend: Windows' own `websocket.dll`, through the addon in `native/`. Nothing is loaded before it is
 * asked for, and elsewhere than on Windows nothing ever is.
 */
import { createComponent } from '../component.js';
import type { Component } from '../contract.js';
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

let loaded: Loaded | string | undefined;

function load(): Loaded | string {
  if (loaded === undefined) {
    const addon = loadAddon();
    loaded =
      typeof addon === 'string'
        ? addon
        : { component: createComponent(nativeBackend(addon)), fileVersion: addon.fileVersion };
  }
  return loaded;
}

/**
 * The native backend, whether or not it is the one that was chosen.
 *
 * @throws NativeUnavailableError `ERR_NATIVE_UNAVAILABLE`: not Windows 8 or later, no binary for this
 *   processor, or a `websocket.dll` that does not answer.
 */
export function loadNative(): Component {
  const result = load();
  if (typeof result === 'string') throw new NativeUnavailableError(result);
  return result.component;
}

/** Why the native backend cannot be used here, in words; `undefined` where it can. */
export function nativeUnavailableReason(): string | undefined {
  const result = load();
  return typeof result === 'string' ? result : undefined;
}

/**
 * File version of the `websocket.dll` that answers, such as `10.0.22000.1`; `undefined` where the native backend
 * cannot be used or the file does not say.
 */
export function nativeFileVersion(): string | undefined {
  const result = load();
  return typeof result === 'string' || result.fileVersion === '' ? undefined : result.fileVersion;
}
