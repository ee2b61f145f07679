/** Answers an upgrade of HTTP/1.1 on its socket. */
import type { Duplex } from 'node:stream';
import type { HttpHeader } from '../../component/index.js';
import type { Answer } from '../answer.js';
import { discard } from '../exchange.js';
import type { Exchange } from '../exchange.js';

export class SocketExchange implements Exchange {
  /**
   * @param stream - the socket of the event 'upgrade', or any other Duplex.
   * @param head - the bytes after the request in the same chunk.
   */
  constructor(
    readonly stream: Duplex,
    private readonly head: Uint8Array,
  ) {}

  open(headers: readonly HttpHeader[]): void {
    const { stream, head } = this;
    if (head.byteLength !== 0) stream.unshift(head);
    let text = 'HTTP/1.1 101 Switching Protocols\r\n';
    for (const { name, value } of headers) text += `${name}: ${value}\r\n`;
    stream.write(`${text}\r\n`, 'latin1');
  }

  refuse({ status, words, headers, body }: Answer): void {
    let text = `HTTP/1.1 ${status} ${words}\r\nConnection: close\r\n`;
    for (const { name, value } of headers) text += `${name}: ${value}\r\n`;
    text += `Content-Length: ${body.byteLength}\r\n\r\n`;
    this.stream.once('finish', destroyThis);
    // Read the bytes that the client has sent: unread, they would reset the transport, and the answer would be lost.
    this.stream.resume();
    // Headers are in Latin-1, independent of the encoding of the body.
    this.stream.end(Buffer.concat([Buffer.from(text, 'latin1'), body]));
  }
}

function destroyThis(this: Duplex): void {
  discard(this);
}
