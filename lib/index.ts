/**
 * WebSocket clients, servers and streams over the WebSocket Protocol Component, and the component itself.
 */
export * from './component/index.js';
export {
  Connection,
  ConnectionError,
  perMessageDeflate,
  prepare,
  PreparedMessage,
} from './connection/index.js';
export type {
  Abortable,
  AcceptedOffer,
  CloseInfo,
  ConnectionErrorCode,
  ConnectionEvents,
  ConnectionInit,
  ConnectionOptions,
  Counters,
  Extension,
  ExtensionParameters,
  Iteration,
  KeepAliveOptions,
  MessageCodec,
  MessageEncoder,
  MessageStream,
  PerMessageDeflateOptions,
  PrepareOptions,
  Sendable,
  SendableParts,
  WebReadable,
  WebWritable,
  SlowPolicy,
} from './connection/index.js';
export * from './opening/index.js';
export { attachHttp2, connectHttp2, listenHttp2 } from './opening/http2/index.js';
export type { Http2ConnectOptions, Http2ListenOptions } from './opening/http2/index.js';
export { CloseEvent, WebSocket, WebSocketError, WebSocketStream } from './web/index.js';
export type {
  BinaryType,
  CloseEventInit,
  WebSocketCloseInfo,
  WebSocketEventMap,
  WebSocketInit,
  WebSocketOpenInfo,
  WebSocketOptions,
  WebSocketStreamOptions,
} from './web/index.js';
