/** The answers of a server: the answer that switches protocols, and the answer that refuses. */
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { HttpHeader, ServerHandle } from '../component/index.js';
import { http } from '../component/on-demand.js';
import type { AcceptedOffer } from '../connection/index.js';
import { something } from './options.js';

/**
 * Headers of each request that the component gets. The caller has checked the headers that `ws` checks. The component
 * also requires `Host` and one line of `Connection`. node:http has checked these, or the program's own request lacks
 * them. So they have fixed values here. A request with version 8 is answered as one with version 13, because the frames
 * are the same.
 */
const ALWAYS: readonly HttpHeader[] = [
  { name: 'Host', value: 'localhost' },
  { name: 'Upgrade', value: 'websocket' },
  { name: 'Connection', value: 'Upgrade' },
  { name: 'Sec-WebSocket-Version', value: '13' },
];

/** The lines of the answer that switches protocols. */
export function answerOf(
  handle: ServerHandle,
  { headers: given }: Pick<IncomingMessage, 'headers'>,
  protocol: string,
  offer: AcceptedOffer | undefined,
): string[] {
  const requestHeaders: HttpHeader[] = [
    ...ALWAYS,
    { name: 'Sec-WebSocket-Key', value: String(given['sec-websocket-key']) },
  ];
  const offers = given['sec-websocket-extensions'];
  if (offer !== undefined && offers !== undefined)
    requestHeaders.push({ name: 'Sec-WebSocket-Extensions', value: offers });
  const selectedExtensions = offer === undefined ? undefined : [offer.answer];
  const headers = handle.beginServerHandshake({ requestHeaders, selectedExtensions });
  handle.endServerHandshake();
  const lines = ['HTTP/1.1 101 Switching Protocols'];
  for (const { name, value } of headers) lines.push(`${name}: ${value}`);
  // The subprotocol that `handleProtocols` returns is sent, even if the client has not offered it.
  if (protocol !== '') lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  return lines;
}

/** Answers with an error and ends the transport. */
export function refuse(
  socket: Duplex,
  code: number,
  reason?: string | null,
  headers: OutgoingHttpHeaders = {},
): void {
  const message = something(reason) ?? http().STATUS_CODES[code] ?? '';
  const all: OutgoingHttpHeaders = {
    Connection: 'close',
    'Content-Type': 'text/html',
    'Content-Length': Buffer.byteLength(message),
    ...headers,
  };
  socket.once('finish', () => socket.destroy());
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${String(value)}`);
  socket.end(`HTTP/1.1 ${code} ${http().STATUS_CODES[code]}\r\n${lines.join('\r\n')}\r\n\r\n${message}`);
}
