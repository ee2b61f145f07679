/** The answers of a server: the lines of one that switches protocols, and a refusal. */
import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { HttpHeader, ServerHandle } from '../component/index.js';
import type { AcceptedOffer } from '../connection/index.js';

/** The lines of the answer. */
export function answerOf(
  handle: ServerHandle,
  { rawHeaders }: IncomingMessage,
  protocol: string,
  offer: AcceptedOffer | undefined,
): string[] {
  const requestHeaders: HttpHeader[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    // Version 8 differs from 13 in its number and in one header that the component does not read.
    const value = name.toLowerCase() === 'sec-websocket-version' ? '13' : rawHeaders[index + 1]!;
    const key = name.toLowerCase();
    if (key !== 'sec-websocket-protocol') requestHeaders.push({ name, value });
  }
  const headers = handle.beginServerHandshake({
    requestHeaders,
    ...(offer === undefined ? {} : { selectedExtensions: [offer.answer] }),
  });
  handle.endServerHandshake();
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    ...headers.map(({ name, value }) => `${name}: ${value}`),
  ];
  // What `handleProtocols` says goes, whether the client has offered it or not.
  if (protocol !== '') lines.push(`Sec-WebSocket-Protocol: ${protocol}`);
  return lines;
}

/** Answers with an error and ends the transport. */
export function refuse(socket: Duplex, code: number, message = STATUS_CODES[code] ?? '', headers = {}): void {
  const all: OutgoingHttpHeaders = {
    Connection: 'close',
    'Content-Type': 'text/html',
    'Content-Length': Buffer.byteLength(message),
    ...headers,
  };
  socket.once('finish', () => socket.destroy());
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${String(value)}`);
  socket.end(`HTTP/1.1 ${code} ${STATUS_CODES[code]}\r\n${lines.join('\r\n')}\r\n\r\n${message}`);
}
