/**
 * The native backend and nothing else (`websocket-protocol-component/native`), for programs that must not run on
 * another backend. Importing it throws {@link NativeUnavailableError} if the native backend cannot be used.
 */
import '../host.js';
import type { Component } from '../contract.js';
import { loadNative } from './index.js';

export * from '../contract.js';
export { ComponentError, HRESULTS } from '../errors.js';
export type { ErrorCode } from '../errors.js';
export { nativeFileVersion, NativeUnavailableError } from './index.js';

/** The component, answered by the operating system. */
export const native: Component = loadNative();
