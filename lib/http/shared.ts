/** What both sides of the opening handshake have in common. */
import { PropertyType } from '../component/index.js';
import type { Component, HandleProperties, HttpHeader } from '../component/index.js';
import { settingsOf } from '../connection/index.js';
import type { ConnectionOptions, Settings } from '../connection/index.js';
import { HandshakeError } from './errors.js';

/** Options of client and server that concern the component below. */
export interface ComponentOptions {
  /** Which component makes the handles. Default: the one chosen for this machine. */
  readonly component?: Component;
  /** Sizes of the component's buffers; see `HandleProperties`. */
  readonly handle?: Pick<HandleProperties, 'receiveBufferSize' | 'sendBufferSize' | 'disableMasking'>;
  /** What drives the handles; see `openSession`. Default: 'auto'. */
  readonly driver?: 'auto' | 'action-loop';
  /** Compression. Not available yet: anything but `false` is `ERR_UNSUPPORTED_OPTION`. Default: false. */
  readonly perMessageDeflate?: boolean | object;
}

/** Refuses what cannot be had, instead of leaving it out. */
export function requireSupported({ perMessageDeflate }: ComponentOptions, component: Component): void {
  if (perMessageDeflate === undefined || perMessageDeflate === false) return;
  throw new HandshakeError(
    'ERR_UNSUPPORTED_OPTION',
    `perMessageDeflate is not supported by the ${component.backend} backend`,
  );
}

/**
 * Properties of a new handle. The DLL answers malformed text as it does any malformed frame, so on the native
 * backend the connection checks the text, to be able to close with 1007.
 */
export function propertiesOf(options: ComponentOptions, component: Component): HandleProperties {
  return checksText(component) ? { ...options.handle, disableUtf8Verification: true } : { ...options.handle };
}

function checksText(component: Component): boolean {
  return component.backend === 'native';
}

export function connectionSettings(options: ConnectionOptions, component: Component): Settings {
  const interval = component.getGlobalProperty(PropertyType.KeepAliveInterval);
  return settingsOf(options, interval, checksText(component));
}

/** Node's list of names and values as the component takes it. */
export function headersOf(rawHeaders: readonly string[]): HttpHeader[] {
  const headers: HttpHeader[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.push({ name: rawHeaders[index]!, value: rawHeaders[index + 1]! });
  }
  return headers;
}
