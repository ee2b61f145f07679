/** The types that `@types/ws` has, by the same names: `index.ts` exports them, and has them in the namespace of the class. */
import type { ClientRequest } from 'node:http';
import type { EventMap } from './attributes.js';
import type * as client from './client.js';
import type * as events from './event-target.js';
import type { WebSocket } from './websocket.js';

export type { AddressInfo } from 'node:net';
export type { PerMessageDeflateOptions } from '../connection/index.js';
export type { EventListenerOptions } from './attributes.js';
export type { Data, RawData } from './data.js';
export type { ServerEvents, ServerOptions, VerifyClientAsync, VerifyClientSync } from './server.js';
export type { SocketEvents } from './socket-events.js';

/** Options of a client. */
export type ClientOptions = client.ClientOptions<WebSocket>;

export type Event = events.Event<WebSocket>;
export type CloseEvent = events.CloseEvent<WebSocket>;
export type ErrorEvent = events.ErrorEvent<WebSocket>;
export type MessageEvent = events.MessageEvent<WebSocket>;
/** The events of `addEventListener`. */
export type WebSocketEventMap = EventMap<WebSocket>;

/** Customizes the request of a handshake, and ends it. */
export type FinishRequestCallback = (request: ClientRequest, websocket: WebSocket) => void;
