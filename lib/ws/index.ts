/**
 * `websocket-protocol-component/ws`: in place of the package `ws`. `require` gives the class, with everything else on
 * it, `import` the class as default and everything by name, as the package does.
 */
import * as extension from './extension.js';
import { PerMessageDeflate } from './per-message-deflate.js';
import { Receiver } from './receiver.js';
import { Sender } from './sender.js';
import { WebSocketServer } from './server.js';
import type { WebSocketServer as ServerOfWs } from './server.js';
import { createWebSocketStream } from './stream.js';
import { parse as parseSubprotocols } from './subprotocols.js';
import type * as types from './types.js';
import { WebSocket as Socket } from './websocket.js';

/** Reads `Sec-WebSocket-Protocol`. */
const subprotocol = { parse: parseSubprotocols } as const;

export { WebSocketServer, WebSocketServer as Server, createWebSocketStream };
export { extension, PerMessageDeflate, Receiver, Sender, subprotocol };
export type { EventListener } from './event-target.js';
export type { SharedOptions } from './options.js';
export type { ClientInfo } from './server.js';
export type {
  AddressInfo,
  ClientOptions,
  CloseEvent,
  Data,
  ErrorEvent,
  Event,
  EventListenerOptions,
  FinishRequestCallback,
  MessageEvent,
  PerMessageDeflateOptions,
  RawData,
  ServerEvents,
  ServerOptions,
  SocketEvents,
  VerifyClientAsync,
  VerifyClientAsync as VerifyClientCallbackAsync,
  VerifyClientSync,
  VerifyClientSync as VerifyClientCallbackSync,
  WebSocketEventMap,
} from './types.js';
export type { BinaryType } from './inner-socket.js';
export type { SendCallback, SendOptions } from './sending.js';
/** The exports that `ws` has on the class as well. */
const statics = {
  WebSocket: Socket,
  WebSocketServer,
  Server: WebSocketServer,
  createWebSocketStream,
  extension,
  PerMessageDeflate,
  Receiver,
  Sender,
  subprotocol,
};

/** The class of the sockets, with the other exports on it. */
export const WebSocket = Object.assign(Socket, statics);
export type WebSocket = Socket;

// The types that `@types/ws` has in the namespace of the class.
// eslint-disable-next-line @typescript-eslint/no-namespace
export declare namespace WebSocket {
  type WebSocket = Socket;
  type WebSocketServer = Server;
  type Server = ServerOfWs;
  type RawData = types.RawData;
  type Data = types.Data;
  type AddressInfo = types.AddressInfo;
  type ClientOptions = types.ClientOptions;
  type ServerOptions = types.ServerOptions;
  type PerMessageDeflateOptions = types.PerMessageDeflateOptions;
  type FinishRequestCallback = types.FinishRequestCallback;
  type VerifyClientCallbackSync = types.VerifyClientSync;
  type VerifyClientCallbackAsync = types.VerifyClientAsync;
  type Event = types.Event;
  type CloseEvent = types.CloseEvent;
  type ErrorEvent = types.ErrorEvent;
  type MessageEvent = types.MessageEvent;
  type WebSocketEventMap = types.WebSocketEventMap;
  type EventListenerOptions = types.EventListenerOptions;
}

export default WebSocket;

// `require` gives the class itself. The names stay on it, and above, where ESM finds them.
module.exports = Object.assign(WebSocket, { default: WebSocket });
