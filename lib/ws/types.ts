/** The types of `@types/ws`, with the same names. `index.ts` puts them in the namespace of the class. */
import type { ClientRequest } from 'node:http';
import type * as attributes from './attributes.js';
import type * as client from './client.js';
import type { WebSocket } from './websocket.js';

export type { AddressInfo } from 'node:net';
export type { PerMessageDeflateOptions } from '../connection/index.js';
export type { EventListenerOptions } from './attributes.js';
export type { Data, RawData } from './data.js';
export type {
  ClientInfo,
  ServerEvents,
  ServerOptions,
  VerifyClientAsync,
  VerifyClientSync,
} from './server-options.js';
export type { SocketEvents } from './socket-events.js';

/** Options of a client. */
export type ClientOptions = client.ClientOptions<WebSocket>;

/** Certificates and keys. */
export type CertMeta = string | string[] | Buffer | Buffer[];

export type Event = attributes.Event<WebSocket>;
export type CloseEvent = attributes.CloseEvent<WebSocket>;
export type ErrorEvent = attributes.ErrorEvent<WebSocket>;
export type MessageEvent = attributes.MessageEvent<WebSocket>;
/** The events of `addEventListener`. */
export type WebSocketEventMap = attributes.EventMap<WebSocket>;

/** Changes the request of an opening handshake, and has to call its `end`. */
export type FinishRequestCallback = (request: ClientRequest, websocket: WebSocket) => void;
