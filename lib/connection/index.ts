/** Connections: sessions on transports. */
export { Connection, groupOf } from './connection.js';
export type {
  Abortable,
  CloseInfo,
  ConnectionEvents,
  ConnectionInit,
  Counters,
  ConnectionCallbacks,
  Sendable,
  SendableParts,
} from './state/types.js';
export type { WebReadable, WebWritable } from './state/web-streams.js';
export { ConnectionError } from './state/errors.js';
export type { ConnectionErrorCode } from './state/errors.js';
export { isCloseCode, isSendableCloseCode } from './state/close-code.js';
export { invalidCloseCode, invalidText } from './state/failures.js';
export { chooseExtension, concludeExtension, parseExtensions } from './codec/codec.js';
export type {
  AcceptedOffer,
  Extension,
  ExtensionElement,
  ExtensionParameters,
  MessageCodec,
  MessageEncoder,
} from './codec/codec.js';
export { isValidOffer, perMessageDeflate } from './codec/deflate/index.js';
export type { PerMessageDeflateOptions } from './codec/deflate/index.js';
export { Group } from './state/group.js';
export type { Iteration } from './incoming/iteration.js';
export type { MessageStream } from './incoming/message-stream.js';
export { delayOption, integerOption, numberOption, settingsOf } from './state/options.js';
export type { ConnectionOptions, KeepAliveOptions, Settings, TextVerification } from './state/options.js';
export { channels, debug } from './state/diagnostics.js';
export { Publisher } from './outgoing/publishing.js';
export type { LagListener, PublisherRelay, SlowPolicy } from './outgoing/publishing.js';
export { checkTopic, LONGEST_TOPIC } from './state/topics.js';
export type { TopicWatcher } from './state/topics.js';
export { RESOLVED } from './outgoing/framing.js';
export { prepare, PreparedMessage } from './payload/prepared.js';
export type { PrepareOptions } from './payload/prepared.js';
export { BY_REFERENCE } from './payload/by-reference.js';
export { isBlob } from './payload/brands.js';
export { quietDeferred, untilAborted } from './state/deferred.js';
export { checkSignal, follow, abortReason, throwIfAborted } from './payload/signals.js';
export { guarded } from './state/emitter.js';
export { atEndOfTick, inMicrotask, inNextTurn } from './state/tick.js';
export { Alarm } from './state/alarm.js';
export { nearest } from './state/nearest.js';
export { warnOfForeignListeners } from './state/foreign-events.js';
export type { EmittingClass } from './state/foreign-events.js';
