/** The headers of a client's request, the same for every transport. */
import type { ClientHandle, HttpHeader } from '../component/index.js';
import type { Extension } from '../connection/index.js';
import type { ConnectOptions } from './client-options.js';
import { checkedHeaders } from './header-list.js';
import { OF_ORIGIN } from './redirects.js';
import type { Target } from './target.js';

/** A request of a client. */
export interface Ask {
  readonly protocols: readonly string[];
  readonly extensions: readonly Extension[];
  /** The headers that the component has made. */
  readonly own: readonly HttpHeader[];
  /** All headers, `Host` first. */
  readonly headers: readonly HttpHeader[];
}

/** The subprotocols of the options. */
export function protocolsOf({ protocols = [] }: Pick<ConnectOptions, 'protocols'>): readonly string[] {
  return typeof protocols === 'string' ? [protocols] : protocols;
}

/**
 * Makes the headers.
 *
 * @param isFirstOrigin - not after a redirect to another origin.
 * @throws TypeError a header that cannot be sent; ComponentError `E_INVALIDARG`: a subprotocol is no token, or is given
 *   twice.
 */
export function askOf(
  handle: ClientHandle,
  { authority, credentials }: Target,
  options: Pick<ConnectOptions, 'headers' | 'origin' | 'protocols'>,
  extensions: readonly Extension[],
  isFirstOrigin: boolean,
): Ask {
  const protocols = protocolsOf(options);
  const own = handle.beginClientHandshake({
    subprotocols: protocols,
    extensions: extensions.flatMap((extension) => extension.offers()),
  });
  let given = checkedHeaders(options.headers);
  if (!isFirstOrigin) given = given.filter(({ name }) => !OF_ORIGIN.has(name.toLowerCase()));
  const isGiven = (name: string): boolean => given.some((header) => header.name.toLowerCase() === name);
  const headers: HttpHeader[] = [];
  if (!isGiven('host')) headers.push({ name: 'Host', value: authority });
  headers.push(...given, ...own);
  if (options.origin !== undefined && !isGiven('origin'))
    headers.push(...checkedHeaders({ Origin: options.origin }));
  if (credentials !== undefined && !isGiven('authorization')) {
    const value = `Basic ${Buffer.from(credentials).toString('base64')}`;
    headers.push({ name: 'Authorization', value });
  }
  return { protocols, extensions, own, headers };
}
