/** A request for a WebSocket, in one form for every transport, as the policy needs it. */
import type { IncomingMessage } from 'node:http';
import { fieldsOf, rawHeadersOf } from './fields.js';
import type { Fields } from './fields.js';

/** A request, normalised once. */
export interface OpeningRequest {
  readonly method: string;
  /** '1.1', '1.0' or '2.0'. */
  readonly httpVersion: string;
  /** Path and query, even if the client sent an absolute URL; undefined for other targets, such as `*`. */
  readonly target: string | undefined;
  /** The target without the query, for the comparison with `path` of an endpoint; '' if there is no target. */
  readonly path: string;
  readonly fields: Fields;
  /** The request object for callbacks and events. */
  readonly original: IncomingMessage;
}

/** `http://host/path` as a client of a proxy sends it (RFC 9112, section 3.2.2). */
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^#]*)/i;

function targetOf(url: string): string | undefined {
  if (url.startsWith('/')) return url;
  const rest = ABSOLUTE.exec(url)?.[1];
  if (rest === undefined) return undefined;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/**
 * Normalises a request.
 *
 * @param fields - the fields that the transport has already read. Default: read from the headers.
 */
export function requestOf(original: IncomingMessage, fields?: Fields): OpeningRequest {
  const target = targetOf(original.url ?? '/');
  const query = target?.indexOf('?') ?? -1;
  const isInjected = (original as { rawHeaders?: unknown }).rawHeaders === undefined;
  const found = fields ?? fieldsOf(rawHeadersOf(original));
  // HTTP/1.1 requires a host; a program that makes requests within one process may leave it out.
  if (isInjected) found.host ??= 'localhost';
  return {
    method: original.method ?? 'GET',
    httpVersion: (original as { httpVersion?: string }).httpVersion ?? '1.1',
    target,
    path: target === undefined ? '' : query < 0 ? target : target.slice(0, query),
    fields: found,
    original,
  };
}
