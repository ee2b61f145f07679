/**
 * `websocket-protocol-component/ws` replaces the package `ws`. `require` returns the class `WebSocket`, and the other
 * exports are properties of the class, as in `ws`. `import` takes the same exports from `wrapper.mts`.
 */
import '../component/host.js';
import type { IncomingMessage } from 'node:http';
import { format, parse } from './extension.js';
import type * as extensionHeader from './extension.js';
import { PerMessageDeflate } from './per-message-deflate.js';
import { Receiver } from './receiver.js';
import { Sender } from './sender.js';
import { WebSocketServer } from './server.js';
import type { WebSocketServer as ServerOfWs } from './server.js';
import type { RequestClass, SocketClass } from './server-options.js';
import { createWebSocketStream } from './stream.js';
import { parse as parseSubprotocols } from './subprotocols.js';
import type * as eventTarget from './event-target.js';
import type * as innerSocket from './inner-socket.js';
import type * as options from './options.js';
import type * as sending from './sending.js';
import type * as types from './types.js';
import { WebSocket as Socket } from './websocket.js';

/** The class of the sockets. The other exports are properties of it. */
const WebSocket: typeof Socket & WebSocket.Exports = Object.assign(Socket, {
  WebSocket: Socket as typeof Socket & WebSocket.Exports,
  WebSocketServer,
  Server: WebSocketServer,
  createWebSocketStream,
  extension: { format, parse },
  PerMessageDeflate,
  Receiver,
  Sender,
  subprotocol: { parse: parseSubprotocols } as const,
});
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
interface WebSocket extends Socket {}

/** The types that `@types/ws` has in the namespace of the class, and the types that only this package has. */
// eslint-disable-next-line @typescript-eslint/no-namespace
declare namespace WebSocket {
  /** The exports that are properties of the class. */
  interface Exports {
    readonly WebSocket: typeof Socket & Exports;
    readonly WebSocketServer: typeof WebSocketServer;
    readonly Server: typeof WebSocketServer;
    readonly createWebSocketStream: typeof createWebSocketStream;
    /** Reads and writes `Sec-WebSocket-Extensions`. */
    readonly extension: typeof extensionHeader;
    readonly PerMessageDeflate: typeof PerMessageDeflate;
    readonly Receiver: typeof Receiver;
    readonly Sender: typeof Sender;
    /** Reads `Sec-WebSocket-Protocol`. */
    readonly subprotocol: { readonly parse: typeof parseSubprotocols };
  }
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type
  interface WebSocket extends Socket {}
  type WebSocketServer<
    S extends SocketClass = SocketClass,
    R extends RequestClass = RequestClass,
  > = ServerOfWs<S, R>;
  type Server<S extends SocketClass = SocketClass, R extends RequestClass = RequestClass> = ServerOfWs<S, R>;
  type AddressInfo = types.AddressInfo;
  type BinaryType = innerSocket.BinaryType;
  type CertMeta = types.CertMeta;
  type ClientInfo = types.ClientInfo;
  type ClientOptions = types.ClientOptions;
  type CloseEvent = types.CloseEvent;
  type Data = types.Data;
  type ErrorEvent = types.ErrorEvent;
  type Event = types.Event;
  type EventListener<E = never> = eventTarget.EventListener<E>;
  type EventListenerOptions = types.EventListenerOptions;
  type FinishRequestCallback = types.FinishRequestCallback;
  type MessageEvent = types.MessageEvent;
  type PerMessageDeflateOptions = types.PerMessageDeflateOptions;
  type RawData = types.RawData;
  type SendCallback = sending.SendCallback;
  type SendOptions = sending.SendOptions;
  type ServerEvents<
    S extends SocketClass = SocketClass,
    R extends RequestClass = RequestClass,
  > = types.ServerEvents<S, R>;
  type ServerOptions<
    S extends SocketClass = SocketClass,
    R extends RequestClass = RequestClass,
  > = types.ServerOptions<S, R>;
  type SharedOptions = options.SharedOptions;
  type SocketEvents = types.SocketEvents;
  type VerifyClientAsync<R extends IncomingMessage = IncomingMessage> = types.VerifyClientAsync<R>;
  type VerifyClientCallbackAsync<R extends IncomingMessage = IncomingMessage> = types.VerifyClientAsync<R>;
  type VerifyClientCallbackSync<R extends IncomingMessage = IncomingMessage> = types.VerifyClientSync<R>;
  type VerifyClientSync<R extends IncomingMessage = IncomingMessage> = types.VerifyClientSync<R>;
  type WebSocketEventMap = types.WebSocketEventMap;
}

export = WebSocket;
