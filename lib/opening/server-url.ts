/** The address of a server as a URL, which `connect` takes. */
import type { Server as HttpServer } from 'node:http';
import type { PathFilter } from './filters.js';

/** A client reaches a server that listens on all interfaces by the loopback interface of the same family. */
const LOOPBACK: Readonly<Record<string, string>> = {
  '0.0.0.0': '127.0.0.1',
  '::': '::1',
  '::ffff:0.0.0.0': '127.0.0.1',
};

/**
 * `ws+unix:` has the file before the first `:/`, so each colon of the file is escaped, and a second slash would be a host.
 * A URL drops the segments `.` and `..` (`//./pipe/name` has one, and `..` may lead through a link), unless the slashes
 * beside them are escaped.
 */
function unixAuthority(file: string): string {
  if (/(?:^|\/)\.\.?(?:\/|$)/.test(file)) return `${encodeURIComponent(file)}:`;
  return `${file.replace(/^\/{2,}/, '/').replace(/[^/]+/g, encodeURIComponent)}:`;
}

/**
 * The URL of a server that listens.
 *
 * @param filter - the endpoint's path; one that is text is the path of the URL, and for others the path is `/`.
 * @throws Error with code `ERR_SERVER_NOT_RUNNING`: the server does not listen. With code `ERR_INVALID_ADDRESS`: the server
 *   listens on an address with a zone, such as `fe80::1%eth0`, which no URL can have.
 */
export function urlOf(server: Pick<HttpServer, 'address'>, filter: PathFilter | undefined): string {
  const address = server.address();
  if (address === null)
    throw Object.assign(new Error('the server has no url: it does not listen yet, or no longer'), {
      code: 'ERR_SERVER_NOT_RUNNING',
    });
  // A server of node:tls has this method, in every realm.
  const scheme = 'setSecureContext' in server ? 'wss' : 'ws';
  const path = typeof filter === 'string' ? filter : '/';
  if (typeof address === 'string') return `${scheme}+unix:${unixAuthority(address)}${path}`;
  const host = LOOPBACK[address.address] ?? address.address;
  // The zone of a link-local address (RFC 4007) has no form in the URLs of the WHATWG.
  if (host.includes('%'))
    throw Object.assign(new Error(`the server has no url: no URL can have the zone of the address ${host}`), {
      code: 'ERR_INVALID_ADDRESS',
    });
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${address.port}${path}`;
}
