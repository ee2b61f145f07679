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
  if (Array.isArray(filter))
    throw new TypeError(
      'path must be a string, a RegExp or a function, not a list; attach once for each path',
    );
  if (typeof filter !== 'string')
    throw new TypeError(`path must be a string, a RegExp or a function, not ${show(filter)}`);
  if (!filter.startsWith('/'))
    throw new TypeError(`path must begin with /: no request has the path '${filter}'`);
  if (/[?#]/.test(filter))
    throw new TypeError('path is compared with the path alone: it has neither ? nor #');
  if (filter.includes('*') || /\/:\w/.test(filter))
    throw new TypeError(`path has no patterns such as '${filter}': use a RegExp or a function`);
  if (/[^\x21-\x7e]/.test(filter))
    throw new TypeError(
      `path is compared with the path as requests have it: '${encodeURI(filter)}', not '${filter}'`,
    );
  // Clients take the path from a URL, which escapes some more characters, and has no segments '.' and '..'.
  const { pathname } = new URL(`ws://host${filter}`);
  if (pathname !== filter)
    throw new TypeError(`path is compared with the path of a URL: '${pathname}', not '${filter}'`);
}

/** @throws TypeError the value is no filter of origins, or no origin of a browser can match it. */
export function checkOriginFilter(filter: unknown): void {
  if (filter === undefined || typeof filter === 'function' || types.isRegExp(filter)) return;
  const list: readonly unknown[] | null =
    typeof filter === 'string' ? [filter] : Array.isArray(filter) ? (filter as unknown[]) : null;
  if (list?.every((one) => typeof one === 'string' || types.isRegExp(one)) !== true)
    throw new TypeError('origins must be a string, a RegExp, a list of them, or a function');
  for (const one of list) if (typeof one === 'string') checkOrigin(one);
}

/** An origin is `null`, or scheme, host and port (RFC 6454, section 6.2). Browsers leave out the scheme's own port. */
function checkOrigin(origin: string): void {
  if (origin === 'null') return;
  if (origin === '*')
    throw new TypeError("origins has no '*': without the option, pages of all origins may connect");
  if (origin.includes('*'))
    throw new TypeError(`origins has no patterns such as '${origin}': use a RegExp or a function`);
  const [, scheme] = /^([a-z][a-z\d+.-]*):\/\//i.exec(origin) ?? [];
  if (scheme === undefined)
    throw new TypeError(`an origin has a scheme, such as 'https://${origin}': '${origin}' matches none`);
  // Other schemes, such as those of browser extensions, have hosts of their own kind.
  const isOfWeb = /^https?$/i.test(scheme);
  const meant =
    isOfWeb && URL.canParse(origin) ? new URL(origin).origin : origin.replace(/(:\/\/[^/]*)\/.*/, '$1');
  if (meant !== origin) throw new TypeError(`no page has the origin '${origin}': did you mean '${meant}'?`);
}
