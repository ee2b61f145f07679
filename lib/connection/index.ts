/** Connections: sessions on transports. */
export { Connection } from './connection.js';
export { groupOf } from './loose-groups.js';
export type {
  Abortable,
  CloseInfo,
  ConnectionEvents,
  ConnectionInit,
  Counters,
  Face,
  Sendable,
  SendableParts,
} from './types.js';
export { ConnectionError } from './errors.js';
export type { ConnectionErrorCode } from './errors.js';
export { chooseExtension, concludeExtension, parseExtensions } from './codec.js';
export type {
  AcceptedOffer,
  Extension,
  ExtensionElement,
  ExtensionParameters,
  MessageCodec,
} from './codec.js';
export { isValidOffer, perMessageDeflate } from './deflate/index.js';
export type { PerMessageDeflateOptions } from './deflate/index.js';
export { Group } from './group.js';
export type { MessageStream } from './message-stream.js';
export { delayOption, integerOption, settingsOf } from './options.js';
export type { ConnectionOptions, KeepAliveOptions, Settings, TextVerification } from './options.js';
export { channels, debug } from './diagnostics.js';
export { untilAborted } from './deferred.js';
