/**
 * The component of this machine: the operating system's where there is one, otherwise the TypeScript engine.
 * Until the native backend is in the tree the choice is easy.
 */
import type { Component } from './contract.js';
import { portable } from './portable/index.js';

export * from './contract.js';
export { ComponentError, HRESULTS } from './errors.js';
export type { ErrorCode } from './errors.js';
export { portable };

/** The chosen backend. */
export const component: Component = portable;

/** Why the native backend is not used; `undefined` where it is. */
export function nativeUnavailableReason(): string | undefined {
  return process.platform === 'win32'
    ? 'the native backend is not built yet'
    : `websocket.dll is a part of Windows, and this is ${process.platform}`;
}
