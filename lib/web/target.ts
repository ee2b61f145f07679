/** The arguments that the constructors of `WebSocket` and `WebSocketStream` share: the URL and the subprotocols. */
import { TOKEN } from '../opening/token.js';

export function syntaxError(message: string): DOMException {
  return new DOMException(message, 'SyntaxError');
}

/** The URL of the page if the program is a page or acts as one. Gives the base of relative URLs, and the origin. */
export function location(): URL | undefined {
  const href = (globalThis as { location?: { href?: unknown } }).location?.href;
  return typeof href === 'string' && URL.canParse(href) ? new URL(href) : undefined;
}

/** @throws DOMException SyntaxError */
export function recordOf(url: string): URL {
  let record: URL;
  try {
    record = new URL(url, location()?.href);
  } catch {
    throw syntaxError(`"${url}" is not a URL`);
  }
  if (record.protocol === 'http:') record.protocol = 'ws:';
  else if (record.protocol === 'https:') record.protocol = 'wss:';
  if (record.protocol !== 'ws:' && record.protocol !== 'wss:')
    throw syntaxError(`the URL must begin with ws: or wss:, not ${record.protocol}`);
  if (record.href.includes('#')) throw syntaxError('the URL of a WebSocket has no fragment');
  return record;
}

/** @throws DOMException SyntaxError */
export function checkProtocols(protocols: readonly string[]): void {
  const seen = new Set<string>();
  for (const protocol of protocols) {
    if (!TOKEN.test(protocol)) throw syntaxError(`"${protocol}" is not a subprotocol`);
    if (seen.has(protocol.toLowerCase())) throw syntaxError(`the subprotocol "${protocol}" is there twice`);
    seen.add(protocol.toLowerCase());
  }
}
