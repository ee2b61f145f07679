/** Where a client's request goes, made from a URL; user and password are kept apart. */
import { unescape } from 'node:querystring';
import { show } from './answer.js';

/** Where a request goes. */
export interface Target {
  /** Without user, password and fragment: for errors, logs and `connection.url`. */
  readonly publicUrl: string;
  readonly isSecure: boolean;
  readonly host: string;
  readonly port: number;
  /** A unix socket or named pipe, in place of host and port. */
  readonly socketPath: string | undefined;
  /** The value of the header `Host`. */
  readonly authority: string;
  /** Path and query, unchanged. */
  readonly path: string;
  /** `user:password`, percent-decoded; undefined if the URL has neither. */
  readonly credentials: string | undefined;
}

const SCHEMES: Readonly<Record<string, readonly [isSecure: boolean, isUnix: boolean]>> = {
  'ws:': [false, false],
  'http:': [false, false],
  'wss:': [true, false],
  'https:': [true, false],
  'ws+unix:': [false, true],
  'wss+unix:': [true, true],
};

/**
 * User and password of a URL for basic authorization, read as `ws` reads them: percent-decoded, or unchanged if they
 * cannot be decoded.
 */
export function credentialsOf({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  return `${unescape(username)}:${unescape(password)}`;
}

/** @throws TypeError the value is no URL; the error does not show the value, since it may have a password. */
export function parseUrl(url: unknown, base?: string): URL {
  // A URL of another realm is accepted too.
  const text = typeof url === 'string' ? url : (url as { readonly href?: unknown } | null | undefined)?.href;
  if (typeof text !== 'string')
    throw new TypeError(`the URL must be a string or a URL, not ${show(url)}${instead(url)}`);
  try {
    return new URL(text, base);
  } catch {
    const meant = /^[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:\/[\w\-./]*)?$/.test(text)
      ? `; did you mean ws://${text}?`
      : '';
    throw new TypeError(`the URL is not valid: it must be like ws://host:port/path${meant}`);
  }
}

/** Advice for the arguments of other packages. */
function instead(url: unknown): string {
  if (typeof url === 'number') return `; did you mean 'ws://localhost:${url}'?`;
  // The url of a Server that does not listen throws, so only its presence is asked for.
  if (typeof url === 'object' && url !== null && 'url' in url) return '; did you mean its property url?';
  const { host, hostname, port } = (url ?? {}) as Readonly<Record<string, unknown>>;
  return [host, hostname, port].every((part) => part === undefined)
    ? ''
    : '; host and port are part of the URL';
}

/** Splits `/path/of.sock:/request/path` at the first colon before a slash. */
function unixParts(pathname: string): { file: string; path: string } {
  const at = pathname.indexOf(':/');
  const file = at < 0 ? pathname : pathname.slice(0, at);
  return { file: unescape(file), path: at < 0 ? '/' : pathname.slice(at + 1) };
}

/**
 * Makes a target of a URL.
 *
 * @param socketPath - the option of this name.
 * @throws TypeError the URL cannot be used for a WebSocket.
 */
export function targetOf(given: unknown, socketPath?: string): Target {
  const url = parseUrl(given);
  const scheme = Object.hasOwn(SCHEMES, url.protocol) ? SCHEMES[url.protocol] : undefined;
  if (scheme === undefined) {
    const isHost = /^\d+(?:$|[/?#])/.test(url.pathname);
    throw new TypeError(
      `the URL must begin with ws: or wss:, not ${url.protocol}` +
        (isHost ? `; did you mean ws://${url.protocol}${url.pathname}?` : ''),
    );
  }
  if (url.hash !== '') throw new TypeError('the URL of a WebSocket has no fragment (RFC 6455, section 3)');
  const [isSecure, isUnix] = scheme;
  const credentials = credentialsOf(url);
  const { file, path } = isUnix ? unixParts(url.pathname) : { file: socketPath, path: url.pathname };
  if (file === '') throw new TypeError('the URL has no path of a unix socket');
  url.username = '';
  url.password = '';
  return {
    publicUrl: url.href.replace(/^http/, 'ws'),
    isSecure,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
    socketPath: file,
    authority: url.host === '' ? 'localhost' : url.host,
    path: `${path}${url.search}`,
    credentials,
  };
}
