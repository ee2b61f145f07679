/**
 * Agents for proxies, and the proxy of the environment. `scripts/bundle-vendor.mjs` bundles them into the package.
 * Two of the packages are ES modules, which a CommonJS file may not import. The bundler can include them all the same.
 */
/* eslint-disable @typescript-eslint/no-require-imports */
import type * as https from 'https-proxy-agent' with { 'resolution-mode': 'import' };
import type * as socks from 'socks-proxy-agent' with { 'resolution-mode': 'import' };

export const { HttpsProxyAgent } = require('https-proxy-agent') as typeof https;
export const { SocksProxyAgent } = require('socks-proxy-agent') as typeof socks;
/** The URL of the proxy for a URL; '' for none. */
export const { getProxyForUrl } = require('proxy-from-env') as {
  readonly getProxyForUrl: (url: string) => string;
};
