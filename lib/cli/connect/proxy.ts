/** Makes the agent for connections through a proxy. */
import type { Agent } from 'node:http';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { UsageError } from '../usage.js';

/** For each scheme of a WebSocket URL, the scheme of its environment variable. */
const SCHEMES: Readonly<Record<string, string>> = { 'ws:': 'http:', 'wss:': 'https:' };

export interface ProxyChoice {
  /** The URL of the proxy, perhaps without scheme; `false` for none, even if the environment names one. */
  readonly proxy: string | false | undefined;
  /** Further certificate authorities for an `https:` proxy. */
  readonly ca: TlsOptions['ca'] | undefined;
}

/** The proxy of the environment: `http_proxy`, `https_proxy` or `all_proxy`, except for hosts of `no_proxy`. */
async function proxyOfEnvironment(url: URL): Promise<string> {
  const { getProxyForUrl } = await import('../../vendor/proxies.js');
  const asHttp = SCHEMES[url.protocol];
  return getProxyForUrl(asHttp === undefined ? url.href : url.href.replace(/^[^:]*:/, asHttp));
}

/**
 * The URL of the proxy for a connection; undefined for none.
 *
 * @throws UsageError the proxy is no URL, or of an unknown kind.
 */
export async function proxyFor(url: URL, proxy: string | false | undefined): Promise<URL | undefined> {
  if (proxy === false) return undefined;
  const named = proxy ?? (await proxyOfEnvironment(url));
  if (named === '') return undefined;
  const whole = named.includes('://') ? named : `http://${named}`;
  const parsed = URL.canParse(whole) ? new URL(whole) : undefined;
  // A message does not show the proxy, since it may have a password.
  if (parsed === undefined || !/^(?:https?|socks[45]?[ah]?):$/.test(parsed.protocol))
    throw new UsageError(
      'a proxy is http://, https:// or socks5://, then a host and perhaps a port',
      'wspc connect --help',
    );
  return parsed;
}

/** An agent for the proxy; undefined for a direct connection. */
export async function agentFor(url: URL, { proxy, ca }: ProxyChoice): Promise<Agent | undefined> {
  const through = await proxyFor(url, proxy);
  if (through === undefined) return undefined;
  const { HttpsProxyAgent, SocksProxyAgent } = await import('../../vendor/proxies.js');
  if (through.protocol.startsWith('socks')) return new SocksProxyAgent(through);
  return new HttpsProxyAgent(through, ca === undefined ? {} : { ca });
}
