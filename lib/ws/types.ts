/** The types that `@types/ws` has, by the same names: in the namespace of the class, and exported. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { CloseEvent, ErrorEvent, Event, MessageEvent } from './event-target.js';
import type { WebSocket } from './websocket.js';

export type { AddressInfo } from 'node:net';
export type { PerMessageDeflateOptions } from '../connection/index.js';
export type { ClientOptions } from './client.js';
export type { CloseEvent, ErrorEvent, Event, MessageEvent } from './event-target.js';
export type { ServerOptions, VerifyClientAsync, VerifyClientSync, WebSocketServer } from './server.js';
export type { createWebSocketStream } from './stream.js';
export type { WebSocket } from './websocket.js';

/** A message as the event `message` of the emitter has it; a Blob where `binaryType` says so. */
export type RawData = Buffer | ArrayBuffer | Buffer[];
/** A message as a {@link MessageEvent} has it. */
export type Data = string | RawData;

/** Customizes the request of a handshake, and ends it. */
export type FinishRequestCallback = (request: ClientRequest, websocket: WebSocket) => void;

/** Options of `addEventListener`. */
export interface EventListenerOptions {
  once?: boolean | undefined;
}

/** The events of `addEventListener`. */
export interface WebSocketEventMap {
  open: Event;
  error: ErrorEvent;
  close: CloseEvent;
  message: MessageEvent;
}

/** The events of the emitter `WebSocket`, with their arguments. */
export interface SocketEvents {
  open: [];
  message: [data: RawData, isBinary: boolean];
  ping: [data: Buffer];
  pong: [data: Buffer];
  error: [error: Error];
  close: [code: number, reason: Buffer];
  upgrade: [response: IncomingMessage];
  redirect: [url: string, request: ClientRequest];
  'unexpected-response': [request: ClientRequest, response: IncomingMessage];
}

/** The events of the emitter `WebSocketServer`, with their arguments. */
export interface ServerEvents {
  connection: [websocket: WebSocket, request: IncomingMessage];
  headers: [headers: string[], request: IncomingMessage];
  wsClientError: [error: Error, socket: Duplex, request: IncomingMessage];
  error: [error: Error];
  listening: [];
  close: [];
}
