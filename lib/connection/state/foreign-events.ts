/** Events and properties that similar classes have and this package's classes lack: a listener would wait for ever. */

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

const KNOWN = {
  Connection: ['message', 'pong', 'close', 'error'],
  Server: ['connection', 'refused', 'slow', 'caughtUp', 'error', 'close'],
};

const told = new Set<string>();

/**
 * Warns of a listener for an event of another package, or of a misspelled one, once in a process: the process warning is
 * `WSPC_UNKNOWN_EVENT`. Other names may be events of the program's own.
 */
export function warnOfForeignEvent(where: 'Connection' | 'Server', event: string | symbol): void {
  if (typeof event !== 'string' || KNOWN[where].includes(event)) return;
  const table = where === 'Connection' ? CONNECTION : SERVER;
  let advice = Object.hasOwn(table, event) ? table[event] : undefined;
  if (advice === undefined) {
    const meant = nearest(event, KNOWN[where], event.length < 6 ? 1 : 2);
    if (meant === undefined) return;
    advice = `did you mean '${meant}'?`;
  }
  const message = `a ${where} has no event '${event}': ${advice}`;
  if (told.has(message)) return;
  told.add(message);
  process.emitWarning(message, { code: 'WSPC_UNKNOWN_EVENT' });
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
