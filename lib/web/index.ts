/** The web platform's `WebSocket`. */
export { CloseEvent } from './events.js';
export type { CloseEventInit } from './events.js';
export { WebSocket } from './websocket.js';
export { WebSocketError, WebSocketStream } from './websocket-stream.js';
export type { WebSocketCloseInfo, WebSocketOpenInfo, WebSocketStreamOptions } from './websocket-stream.js';
export type { BinaryType, WebSocketEventMap, WebSocketInit, WebSocketOptions } from './websocket.js';
