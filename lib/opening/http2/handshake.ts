/**
 * WebSockets over HTTP/2 (RFC 8441). The handshake is an extended CONNECT, which has neither key nor proof; the
 * component knows the handshake of HTTP/1.1 only. So each side performs that one with itself: the headers that HTTP/2 has
 * come from the peer, the others are fixed here, as .NET does it over the same component.
 */
import { createHash } from 'node:crypto';
import type { HttpHeader } from '../../component/index.js';

/** Headers that HTTP/2 does without (RFC 8441, section 5). */
const OF_HTTP_1 = new Set([
  'connection',
  'upgrade',
  'host',
  'sec-websocket-key',
  'sec-websocket-accept',
  'keep-alive',
  'transfer-encoding',
]);
/** RFC 6455, section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** Any key will do: this side answers it itself. */
const KEY = 'AAAAAAAAAAAAAAAAAAAAAA==';

const UPGRADE: readonly HttpHeader[] = [
  { name: 'Upgrade', value: 'websocket' },
  { name: 'Connection', value: 'Upgrade' },
];

/** What remains of headers of HTTP/1.1 in HTTP/2, where names are in lower case. */
export function headersForHttp2(headers: readonly HttpHeader[]): Record<string, string | string[]> {
  const remaining: Record<string, string | string[]> = {};
  for (const { name, value } of headers) {
    const key = name.toLowerCase();
    if (OF_HTTP_1.has(key)) continue;
    const known = remaining[key];
    remaining[key] = known === undefined ? value : [...(typeof known === 'string' ? [known] : known), value];
  }
  return remaining;
}

/** The request that the server's handle gets to see. */
export function requestHeaders(host: string, received: Readonly<Record<string, string>>): HttpHeader[] {
  const headers = [{ name: 'Host', value: host }, ...UPGRADE, { name: 'Sec-WebSocket-Key', value: KEY }];
  for (const [name, value] of Object.entries(received))
    if (!name.startsWith(':') && !OF_HTTP_1.has(name)) headers.push({ name, value });
  return headers;
}

/** The answer that the client's handle gets to see. */
export function responseHeaders(
  offered: readonly HttpHeader[],
  received: Readonly<Record<string, string>>,
): HttpHeader[] {
  const key = offered.find(({ name }) => name.toLowerCase() === 'sec-websocket-key')?.value ?? '';
  const accept = createHash('sha1')
    .update(key + GUID, 'latin1')
    .digest('base64');
  const headers = [...UPGRADE, { name: 'Sec-WebSocket-Accept', value: accept }];
  for (const [name, value] of Object.entries(received))
    if (!name.startsWith(':') && !OF_HTTP_1.has(name)) headers.push({ name, value });
  return headers;
}

/** The headers of HTTP/2 with one value each. */
export function flatHeaders(
  headers: Readonly<Record<string, string | number | readonly string[] | undefined>>,
): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    flat[name] = typeof value === 'object' ? value.join(', ') : String(value);
  }
  return flat;
}
