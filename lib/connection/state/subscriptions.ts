/** The topics to which one connection subscribes. */
import { closedError } from './failures.js';
import type { ConnectionState } from './state.js';
import { checkTopic } from './topics.js';
import type { Topics } from './topics.js';

const NONE: ReadonlySet<string> = new Set<string>();

/**
 * Subscribes a connection that is open.
 *
 * @returns whether it was not a subscriber before.
 */
export function subscribe(connection: ConnectionState, topic: string): boolean {
  const topics = topicsOfServer(connection);
  checkTopic(topic);
  if (connection._isShut(0)) throw closedError(connection);
  return topics.add(topic, connection);
}

/** @returns whether the connection was a subscriber before. */
export function unsubscribe(connection: ConnectionState, topic: string): boolean {
  const topics = topicsOfServer(connection);
  checkTopic(topic);
  return topics.remove(topic, connection);
}

/** The topics of the connection at this moment. */
export function topicsOf(connection: ConnectionState): ReadonlySet<string> {
  return new Set(connection._group.topics?.topicsOf(connection) ?? NONE);
}

function topicsOfServer({ _group: { topics } }: ConnectionState): Topics<ConnectionState> {
  if (topics !== null) return topics;
  throw new TypeError(
    'only a connection of a server has topics: one that listen, attach, listenHttp2 or attachHttp2 made',
  );
}
