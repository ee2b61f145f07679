/** The topics to which one connection subscribes. */
import type { ConnectionState } from './state.js';
import { checkTopic } from './topics.js';
import type { Topics } from './topics.js';

const NONE: ReadonlySet<string> = new Set<string>();

/**
 * Subscribes a connection that is open. On a closing one it does nothing: the peer chooses the moment of the end, so an
 * error here would come in the middle of any program, and in a listener it would end the process.
 *
 * @returns whether the connection is a subscriber now and was none before.
 */
export function subscribe(connection: ConnectionState, topic: string): boolean {
  const topics = topicsOfServer(connection);
  checkTopic(topic);
  return !connection._isShut(0) && topics.add(topic, connection);
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
