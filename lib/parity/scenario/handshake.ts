/** The handshakes of scenarios: headers that make one succeed, and the random parts of headers. */
import type { HttpHeader } from '../../component/contract.js';
import { acceptOf } from '../../component/accept.js';
import type { HeaderSource } from './script.js';

/** The key of handshakes that no handle has made. */
export const FIXED_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** Value of the first header of this name, in any case. */
export function valueOf(headers: readonly HttpHeader[], name: string): string | undefined {
  return headers.find((header) => header.name.toLowerCase() === name.toLowerCase())?.value;
}

/** Whether a value can be a key: 16 bytes in Base64 (RFC 6455, section 4.1). */
export function isKey(value: string): boolean {
  return value.length === 24 && Buffer.from(value, 'base64').length === 16;
}

/** Headers of the other side that make a handshake succeed. */
export function standardHeaders({
  role,
  key,
}: {
  readonly role: 'client' | 'server';
  readonly key: string;
}): HttpHeader[] {
  const upgrade = [
    { name: 'Upgrade', value: 'websocket' },
    { name: 'Connection', value: 'Upgrade' },
  ];
  if (role === 'client') return [...upgrade, { name: 'Sec-WebSocket-Accept', value: acceptOf(key) }];
  return [
    { name: 'Host', value: 'localhost' },
    ...upgrade,
    { name: 'Sec-WebSocket-Version', value: '13' },
    { name: 'Sec-WebSocket-Key', value: key },
  ];
}

/** The headers that a statement names. @param madeBy - the headers that a handle has made. */
export function headersOf(
  sources: readonly HeaderSource[],
  state: { readonly role: 'client' | 'server'; readonly key: string },
  madeBy: (handle: string) => readonly HttpHeader[],
): HttpHeader[] {
  return sources.flatMap((source): readonly HttpHeader[] => {
    if (source.kind === 'of') return madeBy(source.handle);
    if (source.kind === 'standard') {
      const without = source.without.map((name) => name.toLowerCase());
      return standardHeaders(state).filter(({ name }) => !without.includes(name.toLowerCase()));
    }
    const { name, value } = source.header;
    return [
      { name, value: value.replace('<accept>', () => acceptOf(state.key)).replace('<key>', () => state.key) },
    ];
  });
}

/** Headers with placeholders for the random parts. @param isFresh - whether the key is random. */
export function shownHeaders(headers: readonly HttpHeader[], key: string, isFresh: boolean): HttpHeader[] {
  return headers.map(({ name, value }) => {
    if (value === key && isFresh) return { name, value: '<key>' };
    return { name, value: value === acceptOf(key) ? '<accept>' : value };
  });
}
