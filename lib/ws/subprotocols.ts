/** Subprotocols in headers and arguments. */

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Whether something can be a subprotocol. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && TOKEN.test(value);
}

/** Reads `Sec-WebSocket-Protocol` of a request; null where it is malformed or names one twice. */
export function parseSubprotocols(header: string): Set<string> | null {
  const protocols = new Set<string>();
  for (const part of header.split(',')) {
    const name = part.replace(/^[ \t]+|[ \t]+$/g, '');
    if (!isToken(name) || protocols.has(name)) return null;
    protocols.add(name);
  }
  return protocols;
}
