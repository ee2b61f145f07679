/**
 * The headers of a request or an answer that the handshake reads, found in one pass over Node's list. Several lines of
 * one header are joined by commas. That joins several lists into one (RFC 9110, section 5.3), and gives an invalid
 * value for a header that may occur only once.
 */
import type { IncomingMessage } from 'node:http';

/**
 * The headers that the handshake reads; undefined for those that are not there. All of its objects have the same shape,
 * whatever a peer sends and in whatever order, so V8 keeps its compiled code for them.
 */
export class Fields {
  host: string | undefined = undefined;
  origin: string | undefined = undefined;
  upgrade: string | undefined = undefined;
  connection: string | undefined = undefined;
  key: string | undefined = undefined;
  accept: string | undefined = undefined;
  version: string | undefined = undefined;
  protocol: string | undefined = undefined;
  extensions: string | undefined = undefined;
  contentLength: string | undefined = undefined;
  transferEncoding: string | undefined = undefined;
}

/** The names in lower case, by length. Most headers are skipped by their length alone. */
const BY_LENGTH: readonly (readonly (readonly [name: string, field: keyof Fields])[] | undefined)[] = (() => {
  const names: Record<string, keyof Fields> = {
    host: 'host',
    origin: 'origin',
    upgrade: 'upgrade',
    connection: 'connection',
    'sec-websocket-key': 'key',
    'sec-websocket-accept': 'accept',
    'sec-websocket-version': 'version',
    'sec-websocket-protocol': 'protocol',
    'sec-websocket-extensions': 'extensions',
    'content-length': 'contentLength',
    'transfer-encoding': 'transferEncoding',
  };
  const table: (readonly [string, keyof Fields])[][] = [];
  for (const [name, field] of Object.entries(names)) (table[name.length] ??= []).push([name, field]);
  return table;
})();

/** Reads a list of names and values, one after the other. */
export function fieldsOf(rawHeaders: readonly string[]): Fields {
  const fields = new Fields();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const given = rawHeaders[index]!;
    const candidates = BY_LENGTH[given.length];
    if (candidates === undefined) continue;
    const name = given.toLowerCase();
    for (const [candidate, field] of candidates) {
      if (candidate !== name) continue;
      const value = rawHeaders[index + 1]!;
      const known = fields[field];
      fields[field] = known === undefined ? value : `${known}, ${value}`;
    }
  }
  return fields;
}

/**
 * The list of a request. A request that node:http did not make, such as one of fastify's `injectWS`, has only the
 * object `headers`.
 */
export function rawHeadersOf(
  request: Pick<IncomingMessage, 'headers'> & { rawHeaders?: string[] },
): string[] {
  if (Array.isArray(request.rawHeaders)) return request.rawHeaders;
  const raw: string[] = [];
  for (const [name, value] of Object.entries(request.headers as Record<string, unknown>)) {
    if (value === undefined || value === null) continue;
    for (const line of Array.isArray(value) ? (value as unknown[]) : [value]) raw.push(name, String(line));
  }
  return raw;
}
