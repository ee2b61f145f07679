/**
 * The portable backend by itself (`websocket-protocol-component/portable`): the contract, implemented in TypeScript,
 * without any reference to the native addon. It is for bundlers, and for programs that want the same engine on every
 * system.
 */
import '../host.js';
import { createComponent } from '../component.js';
import type { Component } from '../contract.js';
import { portableBackend } from './backend.js';

export * from '../contract.js';
export { ComponentError, HRESULTS } from '../errors.js';
export type { ErrorCode } from '../errors.js';
export { takeOutput } from '../take-output.js';
export { recordTrace } from '../trace.js';
export type { TracedComponent, TraceOptions } from '../trace.js';

/** The component of the TypeScript engine. */
export const portable: Component = createComponent(portableBackend);
