/**
 * The drop-in for the package `ws`, `websocket-protocol-component/ws`. This file only gathers the public names for the
 * site: the package itself has `export =`, of which a documentation generator makes no pages.
 */
export type * from '../../lib/ws/types.js';
export { createWebSocketStream } from '../../lib/ws/stream.js';
export { WebSocketServer } from '../../lib/ws/server.js';
export { WebSocket } from '../../lib/ws/websocket.js';
export type { BinaryType, ReadyState } from '../../lib/ws/inner-socket.js';
export type { SharedOptions } from '../../lib/ws/options.js';
export type { SendCallback, SendOptions } from '../../lib/ws/sending.js';
export type { EventListener } from '../../lib/ws/event-target.js';
export type { RequestClass, SocketClass } from '../../lib/ws/server-options.js';
