/** Which redirects a client follows, and which headers and options it keeps. */
import { HandshakeError } from './errors.js';
import { parseUrl, targetOf } from './target.js';
import type { Target } from './target.js';

const STATUSES = new Set([301, 302, 303, 307, 308]);

/** Headers that belong to one origin. */
export const OF_ORIGIN: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'host',
  'proxy-authorization',
]);

/** Options of TLS that belong to one origin: its name, and this client's certificate. */
export const TLS_OF_ORIGIN: ReadonlySet<string> = new Set([
  'cert',
  'key',
  'pfx',
  'passphrase',
  'session',
  'servername',
  'host',
  'port',
  'path',
  'pskCallback',
]);

export function isRedirect(statusCode: number): boolean {
  return STATUSES.has(statusCode);
}

/** The location without user and password, for a message. */
export function publicLocation(location: string): string {
  return location.replace(/\/\/[^/?#]*@/, '//');
}

/** Where a redirect leads. */
export interface Redirect {
  readonly target: Target;
  /** Headers and options that belong to the origin are dropped. */
  readonly leavesOrigin: boolean;
}

/**
 * Judges a redirect.
 *
 * @throws HandshakeError `ERR_UNSAFE_REDIRECT`: a redirect to a location that is no WebSocket URL, from `wss:` to
 *   `ws:`, or to or from a unix socket.
 */
export function redirect(from: Target, location: string, statusCode: number): Redirect {
  const unsafe = (why: string, cause?: unknown): HandshakeError =>
    new HandshakeError('ERR_UNSAFE_REDIRECT', `the server redirects ${why}: ${publicLocation(location)}`, {
      statusCode,
      ...(cause === undefined ? {} : { cause }),
    });
  // A unix socket has no host: a location that is only a path stays at the socket, any other leads away from it.
  const scheme = from.isSecure ? 'wss' : 'ws';
  const base = `${scheme}://${from.authority}${from.path}`;
  let target: Target;
  try {
    const url = parseUrl(location, base);
    url.hash = '';
    target = targetOf(url);
  } catch (cause) {
    throw unsafe('to something that is no WebSocket URL', cause);
  }
  if (target.socketPath !== undefined) throw unsafe('to a unix socket');
  if (from.isSecure && !target.isSecure) throw unsafe('from wss: to ws:');
  const isSameOrigin =
    from.isSecure === target.isSecure && from.authority.toLowerCase() === target.authority.toLowerCase();
  if (!isSameOrigin && from.socketPath !== undefined) throw unsafe('away from a unix socket');
  if (!isSameOrigin) return { target: { ...target, credentials: undefined }, leavesOrigin: true };
  return {
    target: { ...target, socketPath: from.socketPath, credentials: from.credentials },
    leavesOrigin: false,
  };
}
