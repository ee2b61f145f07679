/** Events and properties that similar classes have and this package's classes lack: a listener would wait for ever. */

import { EventEmitter } from 'node:events';
import { nearest } from './nearest.js';

/** A class with events, as the warnings need it. */
export interface EmittingClass {
  /** With its article: `a Server`. */
  readonly name: string;
  readonly events: readonly string[];
  /** Events that similar classes have, with advice for each. */
  readonly foreign: Readonly<Record<string, string>>;
}

/** The class of a connection. The other classes with events have theirs beside them. */
export const CONNECTION_EVENTS: EmittingClass = {
  name: 'a Connection',
  events: ['message', 'pong', 'close', 'error'],
  foreign: {
    open: 'connect, listen and accept give connections that are open',
    connect: 'connect, listen and accept give connections that are open',
    data: "the event 'message' has whole messages",
    end: "the event 'close' tells the end",
    finish: "the event 'close' tells the end",
    disconnect: "the event 'close' tells the end",
    ping: 'pings are answered and not reported',
    upgrade: 'the handshake is over',
    'unexpected-response': 'connect rejects, and the error has the response',
  },
};

const told = new Set<string>();

/**
 * Warns of a listener for an event of another package, or of a misspelled one, once in a process: the process warning is
 * `WSPC_UNKNOWN_EVENT`. Other names may be events of the program's own.
 */
export function warnOfForeignEvent({ name, events, foreign }: EmittingClass, event: string | symbol): void {
  if (typeof event !== 'string' || events.includes(event)) return;
  let advice = Object.hasOwn(foreign, event) ? foreign[event] : undefined;
  if (advice === undefined) {
    const meant = nearest(event, events, event.length < 6 ? 1 : 2);
    if (meant === undefined) return;
    advice = `did you mean '${meant}'?`;
  }
  const message = `${name} has no event '${event}': ${advice}`;
  if (told.has(message)) return;
  told.add(message);
  process.emitWarning(message, { code: 'WSPC_UNKNOWN_EVENT' });
}

/**
 * Makes the methods that add listeners warn of foreign events. An emitter's `once` calls `on`, and its
 * `prependOnceListener` calls `prependListener`.
 */
export function warnOfForeignListeners(prototype: object, emitting: EmittingClass): void {
  for (const name of ['on', 'addListener', 'prependListener'] as const) {
    const method = Reflect.get(EventEmitter.prototype, name) as (...args: unknown[]) => unknown;
    const value = function (this: unknown, event: string | symbol, ...args: unknown[]): unknown {
      warnOfForeignEvent(emitting, event);
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
