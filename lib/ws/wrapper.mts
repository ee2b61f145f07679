/** `import ... from 'websocket-protocol-component/ws'`: the class as default, and everything by name, as in `ws`. */
import type { IncomingMessage } from 'node:http';
import Ws from './index.js';
import type { RequestClass, SocketClass } from './server-options.js';

export const {
  createWebSocketStream,
  extension,
  PerMessageDeflate,
  Receiver,
  Sender,
  Server,
  subprotocol,
  WebSocketServer,
} = Ws;
export type Server<S extends SocketClass = SocketClass, R extends RequestClass = RequestClass> = Ws.Server<
  S,
  R
>;
export type WebSocketServer<
  S extends SocketClass = SocketClass,
  R extends RequestClass = RequestClass,
> = Ws.Server<S, R>;
export type PerMessageDeflate = InstanceType<typeof PerMessageDeflate>;
export type Receiver = InstanceType<typeof Receiver>;
export type Sender = InstanceType<typeof Sender>;
export type AddressInfo = Ws.AddressInfo;
export type BinaryType = Ws.BinaryType;
export type CertMeta = Ws.CertMeta;
export type ClientInfo = Ws.ClientInfo;
export type ClientOptions = Ws.ClientOptions;
export type CloseEvent = Ws.CloseEvent;
export type Data = Ws.Data;
export type ErrorEvent = Ws.ErrorEvent;
export type Event = Ws.Event;
export type EventListenerOptions = Ws.EventListenerOptions;
export type FinishRequestCallback = Ws.FinishRequestCallback;
export type MessageEvent = Ws.MessageEvent;
export type PerMessageDeflateOptions = Ws.PerMessageDeflateOptions;
export type RawData = Ws.RawData;
export type SendCallback = Ws.SendCallback;
export type SendOptions = Ws.SendOptions;
export type SharedOptions = Ws.SharedOptions;
export type SocketEvents = Ws.SocketEvents;
export type WebSocketEventMap = Ws.WebSocketEventMap;
export type EventListener<E = never> = Ws.EventListener<E>;
export type ServerEvents<
  S extends SocketClass = SocketClass,
  R extends RequestClass = RequestClass,
> = Ws.ServerEvents<S, R>;
export type ServerOptions<
  S extends SocketClass = SocketClass,
  R extends RequestClass = RequestClass,
> = Ws.ServerOptions<S, R>;
export type VerifyClientAsync<R extends IncomingMessage = IncomingMessage> = Ws.VerifyClientAsync<R>;
export type VerifyClientCallbackAsync<R extends IncomingMessage = IncomingMessage> = Ws.VerifyClientAsync<R>;
export type VerifyClientCallbackSync<R extends IncomingMessage = IncomingMessage> = Ws.VerifyClientSync<R>;
export type VerifyClientSync<R extends IncomingMessage = IncomingMessage> = Ws.VerifyClientSync<R>;
export { Ws as WebSocket };
export default Ws;
