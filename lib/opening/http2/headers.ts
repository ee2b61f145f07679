/**
 * WebSockets over HTTP/2 (RFC 8441). The handshake is an extended CONNECT, which has neither key nor proof. The
 * component knows only the handshake of HTTP/1.1, so each side performs that handshake with itself. Headers that also
 * exist in HTTP/2 come from the peer; the others have fixed values here. .NET does the same over the same component.
 */
import type { HttpHeader } from '../../component/index.js';
import { acceptOf } from '../../component/accept.js';
import { fieldsOf } from '../fields.js';
import type { Fields } from '../fields.js';

/** Headers that HTTP/2 does not have (RFC 8441, section 5; RFC 9113, section 8.2.2). */
const OF_HTTP_1 = new Set([
  'connection',
  'upgrade',
  'host',
  'sec-websocket-key',
  'sec-websocket-accept',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'http2-settings',
  'te',
]);
/** Any key will do: this side answers it itself. */
const KEY = 'AAAAAAAAAAAAAAAAAAAAAA==';

/**
 * The headers of HTTP/1.1 that HTTP/2 has as well, with names in lower case; a name such as `__proto__` is treated like
 * any other.
 */
export function headersForHttp2(headers: readonly HttpHeader[]): Record<string, string | string[]> {
  const remaining = Object.create(null) as Record<string, string | string[]>;
  for (const { name, value } of headers) {
    const key = name.toLowerCase();
    if (OF_HTTP_1.has(key)) continue;
    const known = remaining[key];
    remaining[key] = known === undefined ? value : [...(typeof known === 'string' ? [known] : known), value];
  }
  return remaining;
}

/** Names and values, without the names that begin with a colon. */
export function withoutPseudo(rawHeaders: readonly string[]): string[] {
  const raw: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    if (!name.startsWith(':') && !OF_HTTP_1.has(name)) raw.push(name, rawHeaders[index + 1]!);
  }
  return raw;
}

/** A request in the form of HTTP/1.1: names and values. */
export function requestHeaders(authority: string, rawHeaders: readonly string[]): string[] {
  return [
    ...['Host', authority, 'Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Key', KEY],
    ...withoutPseudo(rawHeaders),
  ];
}

/** An answer in the form of HTTP/1.1: its fields. */
export function answerFields(own: readonly HttpHeader[], rawHeaders: readonly string[]): Fields {
  const key = own.find(({ name }) => name.toLowerCase() === 'sec-websocket-key')?.value ?? '';
  const fields = fieldsOf(withoutPseudo(rawHeaders));
  fields.upgrade = 'websocket';
  fields.connection = 'Upgrade';
  fields.accept = acceptOf(key);
  return fields;
}
