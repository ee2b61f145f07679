/**
 * WebSocket clients, servers and streams over the WebSocket Protocol Component, and the component itself.
 */
export * from './component/index.js';
export { Connection, ConnectionError } from './connection/index.js';
export type {
  Abortable,
  CloseInfo,
  ConnectionErrorCode,
  ConnectionEvents,
  ConnectionInit,
  ConnectionOptions,
  Counters,
  KeepAliveOptions,
  MessageStream,
  Sendable,
  SendableParts,
} from './connection/index.js';
export * from './http/index.js';
