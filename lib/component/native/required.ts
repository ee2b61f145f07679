/**
 * The native backend and nothing else (`websocket-protocol-component/native`), for programs that want to fail
 * where Windows does not answer. Importing it throws {@link NativeUnavailableError} there.
 */
import type { Component } from '../contract.js';
import { loadNative } from './index.js';

export * from '../contract.js';
export { ComponentError, HRESULTS } from '../errors.js';
export type { ErrorCode } from '../errors.js';
export { nativeFileVersion, NativeUnavailableError } from './index.js';

/** The component, answered by the operating system. */
export const native: Component = loadNative();
