/** Subprotocols in headers and arguments. */
import { TOKEN } from '../opening/token.js';
import { HeaderReader } from './header-reader.js';

/** Whether a value can be a subprotocol. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && TOKEN.test(value);
}

/**
 * Reads the header `Sec-WebSocket-Protocol` of a request.
 *
 * @throws SyntaxError: the header is malformed, or names a subprotocol twice.
 */
export function parse(header: string): Set<string> {
  const reader = new HeaderReader(header);
  const protocols = new Set<string>();
  for (;;) {
    const name = reader.token();
    reader.skipSpace();
    if (!reader.isAtEnd && !reader.take(',')) throw reader.unexpected();
    if (protocols.has(name)) throw new SyntaxError(`The "${name}" subprotocol is duplicated`);
    protocols.add(name);
    if (reader.isAtEnd && !header.endsWith(',')) return protocols;
    reader.skipSpace();
  }
}
