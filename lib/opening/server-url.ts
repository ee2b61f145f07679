/** The address of a server as a URL, which `connect` takes. */
import type { Server as HttpServer } from 'node:http';
import type { PathFilter } from './filters.js';

/** A client reaches a server that listens on all interfaces by the loopback interface of the same family. */
const LOOPBACK: Readonly<Record<string, string>> = {
  '0.0.0.0': '127.0.0.1',
  '::': '::1',
  '::ffff:0.0.0.0': '127.0.0.1',
};

/** `ws+unix:` has the file before the first `:/`, so each colon of the file is escaped, and a second slash would be a host. */
function unixAuthority(file: string): string {
  return `${file.replace(/^\/{2,}/, '/').replace(/[^/]+/g, encodeURIComponent)}:`;
}

/**
 * The URL of a server that listens.
 *
 * @param filter - the endpoint's path; one that is text is the path of the URL, and for others the path is `/`.
 * @throws Error with code `ERR_SERVER_NOT_RUNNING`: the server does not listen.
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
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${address.port}${path}`;
}
