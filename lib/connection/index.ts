/** Connections: sessions on transports. */
export { Connection, groupOf } from './connection.js';
export type {
  Abortable,
  CloseInfo,
  ConnectionEvents,
  ConnectionInit,
  Counters,
  Sendable,
  SendableParts,
} from './connection.js';
export { ConnectionError } from './errors.js';
export type { ConnectionErrorCode } from './errors.js';
export { Group } from './group.js';
export type { MessageStream } from './message-stream.js';
export { delayOption, integerOption, settingsOf } from './options.js';
export type { ConnectionOptions, KeepAliveOptions, Settings } from './options.js';
export { channels, debug } from './diagnostics.js';
export { untilAborted } from './deferred.js';
