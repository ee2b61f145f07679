/** Answers an extended CONNECT on its stream. */
import type { ServerHttp2Stream } from 'node:http2';
import type { HttpHeader } from '../../component/index.js';
import type { Answer } from '../answer.js';
import type { Exchange } from '../exchange.js';
import { headersForHttp2 } from './headers.js';
import { widenWindow } from './window.js';

export class StreamExchange implements Exchange {
  constructor(readonly stream: ServerHttp2Stream) {}

  open(headers: readonly HttpHeader[]): void {
    widenWindow(this.stream.session);
    this.stream.respond({ ...headersForHttp2(headers), ':status': 200 });
  }

  refuse({ status, headers, body }: Answer): void {
    const { stream } = this;
    stream.respond({ ...headersForHttp2(headers), ':status': status });
    // The client may go on sending; its bytes are not read. If it does not end the stream, the stream is ended here.
    stream.resume();
    stream.once('finish', () => stream.close());
    stream.end(body);
  }
}
