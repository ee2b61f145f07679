/** Checks the arguments of `publish` and `broadcast` of a server. */
import { types } from 'node:util';
import { Connection, integerOption, prepare, PreparedMessage, Publisher } from '../connection/index.js';
import type { Group, LagListener } from '../connection/index.js';
import { checkOptions, PUBLISH_OPTIONS } from './known-options.js';
import type { AttachOptions, PublishOptions } from './server-options.js';

/** A message to publish: a string (text), bytes (binary), or a message that `prepare` has made. */
export type Publishable = string | ArrayBufferView | ArrayBufferLike | PreparedMessage;

const POLICIES: readonly unknown[] = ['wait', 'drop', 'close'];
const DEFAULT_LIMIT = 1024 * 1024;

/** @throws TypeError, RangeError: an option of the wrong type or out of range. */
export function publisherOf(
  group: Group<Connection>,
  { slowSubscribers = 'wait', slowSubscriberBytes }: AttachOptions,
  listener: LagListener<Connection>,
): Publisher<Connection> {
  if (!POLICIES.includes(slowSubscribers))
    throw new TypeError("slowSubscribers must be 'wait', 'drop' or 'close'");
  const limit = integerOption('slowSubscriberBytes', slowSubscriberBytes, DEFAULT_LIMIT, 1);
  return new Publisher<Connection>(group, slowSubscribers, limit, listener);
}

/** @throws TypeError data that cannot be published. */
export function checkPublishable(data: unknown): asserts data is Publishable {
  if (typeof data === 'string' || data instanceof PreparedMessage) return;
  if (ArrayBuffer.isView(data) || types.isAnyArrayBuffer(data)) return;
  throw new TypeError('data must be a string, bytes or a prepared message');
}

export function preparedOf(data: Publishable): PreparedMessage {
  return data instanceof PreparedMessage ? data : prepare(data);
}

/** @throws TypeError options that cannot be used. */
export function exceptionOf(
  where: string,
  options: PublishOptions | undefined,
): Connection | ReadonlySet<Connection> | undefined {
  if (options === undefined) return undefined;
  if (options instanceof Connection)
    throw new TypeError(`${where} takes { except: connection } as its options`);
  checkOptions(where, options, PUBLISH_OPTIONS);
  const { except } = options;
  if (except === undefined || except instanceof Connection) return except;
  const isIterable = typeof except === 'object' && (except as unknown) !== null && Symbol.iterator in except;
  const all = isIterable ? new Set<unknown>(except) : null;
  if (all === null || [...all].some((one) => !(one instanceof Connection)))
    throw new TypeError('except must be a Connection or an iterable of Connections');
  return all as Set<Connection>;
}
