/** The internal interface of a socket. The files for the opening handshake, the events and the sends use it. */
import type { EventEmitter } from 'node:events';
import type { ClientRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Connection, ConnectionCallbacks } from '../connection/index.js';
import type { wasClean } from './event-target.js';

/** How binary messages arrive. */
export type BinaryType = 'nodebuffer' | 'arraybuffer' | 'fragments' | 'blob';

/** The values of `readyState`. */
export type ReadyState = 0 | 1 | 2 | 3;
export const CONNECTING = 0;
export const OPEN = 1;
export const CLOSING = 2;
export const CLOSED = 3;
/** The names of the values of `readyState`. */
export const READY_STATES = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const;

/** The result of an opening handshake that succeeded. */
export interface Attachment {
  readonly makeConnection: (callbacks: ConnectionCallbacks) => Connection;
  readonly transport: Duplex;
  readonly isServer: boolean;
  readonly protocol: string;
  /** Name of the extension in use, or ''. */
  readonly extension: string;
  readonly autoPong: boolean;
  /** Largest number of pongs that may wait to be written; 0 is no limit. */
  readonly maxPendingAutoPongs: number;
  readonly allowSynchronousEvents: boolean;
  /** Makes the masks. Without it the component makes them. */
  readonly generateMask?: ((mask: Buffer) => void) | undefined;
}

export const attach: unique symbol = Symbol('attach');
export const fail: unique symbol = Symbol('fail');
export const shut: unique symbol = Symbol('shut');
export const state: unique symbol = Symbol('state');

export interface InnerSocket extends EventEmitter {
  [state]: ReadyState;
  /** Whether both sides have sent a close frame. */
  [wasClean]: boolean;
  readonly binaryType: BinaryType;
  readonly url: string;
  _url: string;
  _isServer: boolean;
  /** Number of redirects that have been followed. */
  _redirects: number;
  /** The request of the opening handshake; null when no handshake is under way. */
  _req: ClientRequest | null;
  /** Called when the opening handshake has succeeded. Opens the socket. */
  [attach](attachment: Attachment): void;
  /** Called when the opening handshake has failed. Emits `error` and `close`. */
  [fail](error: Error): void;
  /** Called when the connection has ended. Emits `close`. */
  [shut](code?: number, reason?: Buffer): void;
  terminate(): void;
}
