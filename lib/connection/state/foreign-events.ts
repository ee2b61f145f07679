/** Events and properties that similar classes have and this package's classes lack: a listener would wait for ever. */

import { EventEmitter } from 'node:events';
import { nearest } from './nearest.js';

const CONNECTION: Readonly<Record<string, string>> = {
  open: 'connect, listen and accept give connections that are open',
  connect: 'connect, listen and accept give connections that are open',
  data: "the event 'message' has whole messages",
  end: "the event 'close' tells the end",
  finish: "the event 'close' tells the end",
  disconnect: "the event 'close' tells the end",
  ping: 'pings are answered and not reported',
  upgrade: 'the handshake is over',
  'unexpected-response': 'connect rejects, and the error has the response',
};

const SERVER: Readonly<Record<string, string>> = {
  listening: 'listen resolves when the server listens; httpServer has the event',
  connect: "the event is 'connection'",
  message: "connections have the event 'message'",
  headers: 'use the option headers',
  wsClientError: "the event is 'refused'",
  upgrade: 'httpServer has the event',
  request: 'httpServer has the event',
  secureConnection: 'httpServer has the event',
};

// Without 'error': `once` of node:events listens to it on every emitter.
const CONNECTIONS: Readonly<Record<string, string>> = {
  message: "connections have the event 'message'",
  connection: "the event is 'open'",
  connect: "the event is 'open'",
  close: "connections have the event 'close'; the event 'wait' tells that one has ended",
};

const RELAY: Readonly<Record<string, string>> = {
  ready: 'ready is a promise',
  connect: "the event is 'up'",
  disconnect: "the event is 'down'",
  message: 'connections get the messages',
};

const FOREIGN = { Connection: CONNECTION, Server: SERVER, Connections: CONNECTIONS, Relay: RELAY };

const KNOWN = {
  Connection: ['message', 'pong', 'close', 'error'],
  Server: ['connection', 'refused', 'slow', 'caughtUp', 'error', 'close'],
  Connections: ['attempt', 'open', 'wait'],
  Relay: ['up', 'down', 'lost', 'failed', 'close'],
};

/** A class with events. */
type Emitting = keyof typeof KNOWN;

/** The classes as they are named in warnings. */
const NAMES = {
  Connection: 'a Connection',
  Server: 'a Server',
  Connections: 'the loop of connections()',
  Relay: 'a Relay',
};

const told = new Set<string>();

/**
 * Warns of a listener for an event of another package, or of a misspelled one, once in a process: the process warning is
 * `WSPC_UNKNOWN_EVENT`. Other names may be events of the program's own.
 */
export function warnOfForeignEvent(where: Emitting, event: string | symbol): void {
  if (typeof event !== 'string' || KNOWN[where].includes(event)) return;
  const table: Readonly<Record<string, string>> = FOREIGN[where];
  let advice = Object.hasOwn(table, event) ? table[event] : undefined;
  if (advice === undefined) {
    const meant = nearest(event, KNOWN[where], event.length < 6 ? 1 : 2);
    if (meant === undefined) return;
    advice = `did you mean '${meant}'?`;
  }
  const message = `${NAMES[where]} has no event '${event}': ${advice}`;
  if (told.has(message)) return;
  told.add(message);
  process.emitWarning(message, { code: 'WSPC_UNKNOWN_EVENT' });
}

/**
 * Makes the methods that add listeners warn of foreign events. An emitter's `once` calls `on`, and its
 * `prependOnceListener` calls `prependListener`.
 */
export function warnOfForeignListeners(prototype: object, where: Emitting): void {
  for (const name of ['on', 'addListener', 'prependListener'] as const) {
    const method = Reflect.get(EventEmitter.prototype, name) as (...args: unknown[]) => unknown;
    const value = function (this: unknown, event: string | symbol, ...args: unknown[]): unknown {
      warnOfForeignEvent(where, event);
      return Reflect.apply(method, this, [event, ...args]);
    };
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}

/**
 * Makes the handler properties of the web's `WebSocket` fail when they are set: as plain properties they would be
 * accepted and never called.
 */
export function refuseHandlers(prototype: object): void {
  for (const event of ['open', 'message', 'close', 'error']) {
    const name = `on${event}`;
    Object.defineProperty(prototype, name, {
      configurable: true,
      get: () => undefined,
      set: () => {
        const instead = event === 'open' ? 'it is open already' : `use on('${event}', listener)`;
        throw new TypeError(`a Connection has no ${name}: ${instead}; WebSocket has the web's interface`);
      },
    });
  }
}
