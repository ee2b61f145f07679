/** Filters that a program gives as text, pattern or function: of paths, and of origins. */
import type { IncomingMessage } from 'node:http';
import { types } from 'node:util';
import { show } from './answer.js';
import { ask } from './guard.js';
import type { Stop } from './guard.js';

/** Which requests an endpoint takes, by the path without the query. */
export type PathFilter = string | RegExp | ((path: string) => boolean);

/** Which origins may connect. A function gets the origin and the request. */
export type OriginFilter =
  string | RegExp | readonly (string | RegExp)[] | ((origin: string, request: IncomingMessage) => boolean);

/** Whether one filter lets a text pass. The flags `g` and `y` of a pattern have no effect. */
function matches(filter: string | RegExp, text: string): boolean {
  if (typeof filter === 'string') return filter === text;
  if (!filter.global && !filter.sticky) return filter.test(text);
  return new RegExp(filter.source, filter.flags.replace(/[gy]/g, '')).test(text);
}

/** Asks a filter of paths. */
export function matchesPath(filter: PathFilter, path: string): boolean | Stop {
  if (typeof filter === 'string') return filter === path;
  return ask('path', () => (typeof filter === 'function' ? filter(path) : matches(filter, path)), Boolean);
}

/** Asks a filter of origins. */
export function matchesOrigin(
  filter: OriginFilter,
  origin: string,
  request: IncomingMessage,
): boolean | Stop {
  return ask(
    'origins',
    () => {
      if (typeof filter === 'function') return filter(origin, request);
      if (typeof filter === 'string' || types.isRegExp(filter)) return matches(filter, origin);
      return filter.some((one) => matches(one, origin));
    },
    Boolean,
  );
}

/** @throws TypeError the value is no filter of paths, or no path can match it. */
export function checkPathFilter(filter: unknown): void {
  if (filter === undefined || typeof filter === 'function' || types.isRegExp(filter)) return;
  if (typeof filter !== 'string')
    throw new TypeError(`path must be a string, a RegExp or a function, not ${show(filter)}`);
  if (!filter.startsWith('/'))
    throw new TypeError(`path must begin with /: no request has the path '${filter}'`);
  if (/[?#]/.test(filter))
    throw new TypeError('path is compared with the path alone: it has neither ? nor #');
}

/** @throws TypeError the value is no filter of origins. */
export function checkOriginFilter(filter: unknown): void {
  if (filter === undefined || typeof filter === 'function' || typeof filter === 'string') return;
  if (types.isRegExp(filter)) return;
  if (!Array.isArray(filter) || !filter.every((one) => typeof one === 'string' || types.isRegExp(one)))
    throw new TypeError('origins must be a string, a RegExp, a list of them, or a function');
}
