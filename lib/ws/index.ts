/**
 * `websocket-protocol-component/ws`: in place of the package `ws`. `require` gives the class, with everything else on
 * it, `import` the class as default and everything by name, as the package does.
 */
import * as extension from './extension.js';
import { PerMessageDeflate } from './per-message-deflate.js';
import { Receiver } from './receiver.js';
import { Sender } from './sender.js';
import { WebSocketServer } from './server.js';
import { createWebSocketStream } from './stream.js';
import { parse as parseSubprotocols } from './subprotocols.js';
import { WebSocket } from './websocket.js';

/** Reads `Sec-WebSocket-Protocol`. */
const subprotocol = { parse: parseSubprotocols } as const;

export { WebSocket, WebSocketServer, WebSocketServer as Server, createWebSocketStream };
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
export type { BinaryType, SendCallback, SendOptions } from './websocket.js';
export default WebSocket;

// `require` gives the class itself. The names stay on it, and above, where ESM finds them.
module.exports = Object.assign(WebSocket, {
  default: WebSocket,
  WebSocket,
  WebSocketServer,
  Server: WebSocketServer,
  createWebSocketStream,
  extension,
  PerMessageDeflate,
  Receiver,
  Sender,
  subprotocol,
});
