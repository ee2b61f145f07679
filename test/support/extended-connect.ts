/** The headers of a request for a WebSocket over HTTP/2 (RFC 8441, section 5), as raw clients send them. */
export const EXTENDED_CONNECT: Readonly<Record<string, string>> = {
  ':method': 'CONNECT',
  ':protocol': 'websocket',
  ':scheme': 'http',
  ':authority': 'x',
  ':path': '/',
  'sec-websocket-version': '13',
};
