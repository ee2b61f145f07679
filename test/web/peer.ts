/** A server whose paths name its behaviour: bytes written by hand, or the `ws` package. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Certificate } from '../support/certificate.js';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

function accepted(request: IncomingMessage, more: readonly string[] = []): string {
  const key = String(request.headers['sec-websocket-key']);
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
  ];
  return `${[...lines, ...more].join('\r\n')}\r\n\r\n`;
}

/** Answers a masked close frame of a client and ends. */
function answerClose(socket: Duplex, hasClosed: boolean): void {
  socket.on('data', (written: Buffer) => {
    // Pongs may come before it in the same chunk.
    let at = 0;
    while (at + 6 <= written.length && (written[at]! & 0x0f) !== 8) at += 6 + (written[at + 1]! & 0x7f);
    const chunk = written.subarray(at);
    if (chunk.length === 0) return;
    if (hasClosed) {
      socket.end();
      return;
    }
    const length = chunk[1]! & 0x7f;
    const payload = Buffer.from(chunk.subarray(6, 6 + length));
    for (let index = 0; index < length; index++) payload[index]! ^= chunk[2 + (index % 4)]!;
    socket.end(Buffer.concat([Buffer.from([0x88, length]), payload]));
  });
}

/** Paths for tests of WebSocketStream. The query `id` names a connection, for questions about it from another one. */
class NotedSockets {
  readonly #sockets = new Map<string, WebSocket>();
  readonly #closes = new Map<string, Promise<string>>();
  readonly #received = new Map<string, number>();

  take(path: string, query: URLSearchParams, socket: WebSocket): void {
    const id = query.get('id') ?? '';
    const noted = this.#sockets.get(id);
    switch (path) {
      case '/noted':
      case '/flood':
      case '/paused':
        this.#sockets.set(id, socket);
        this.#closes.set(
          id,
          new Promise((resolve) =>
            socket.once('close', (code, reason) => resolve(`${code} "${reason.toString()}"`)),
          ),
        );
        socket.on('message', (data: Buffer) =>
          this.#received.set(id, (this.#received.get(id) ?? 0) + data.length),
        );
        if (path === '/flood') {
          for (let index = 0; index < 64; index++) socket.send(Buffer.alloc(1 << 20, index));
          socket.close(3000);
        }
        if (path === '/paused') socket.pause();
        return;
      case '/close-of':
        void this.#closes.get(id)!.then((close) => socket.send(close));
        return;
      case '/waiting':
        socket.send(String(noted!.bufferedAmount));
        return;
      case '/resume':
        noted!.resume();
        socket.send('resumed');
        return;
      case '/received':
        socket.send(String(this.#received.get(id)));
        return;
      case '/says-goodbye': {
        // Two messages between the close frame of the client and the answer.
        const transport = (socket as unknown as { _socket: Duplex })._socket;
        transport.prependListener('data', (chunk: Buffer) => {
          if ((chunk[0]! & 0x0f) !== 8) return;
          socket.send('good');
          socket.send('bye');
        });
        return;
      }
      case '/terminates-on-close': {
        const transport = (socket as unknown as { _socket: Duplex })._socket;
        transport.prependListener('data', (chunk: Buffer) => {
          if ((chunk[0]! & 0x0f) === 8) socket.terminate();
        });
      }
    }
  }
}

export interface Peer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startPeer(certificate?: Certificate): Promise<Peer> {
  const page = (_: IncomingMessage, response: ServerResponse): void => {
    // With these headers the page has shared memory.
    response.setHeader('cross-origin-opener-policy', 'same-origin');
    response.setHeader('cross-origin-embedder-policy', 'require-corp');
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>page</title>');
  };
  const server = certificate === undefined ? createServer(page) : createSecureServer(certificate, page);
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const transports = new Set<Duplex>();
  const noted = new NotedSockets();
  let opening = 0;

  server.on('upgrade', (request, socket, head) => {
    transports.add(socket);
    socket.on('close', () => transports.delete(socket));
    socket.on('error', () => socket.destroy());
    const { pathname, searchParams } = new URL(request.url!, 'ws://peer');
    const bytes = Buffer.from(searchParams.get('bytes') ?? '', 'hex');
    switch (pathname) {
      case '/raw':
        // The answer and the bytes after it may come in one chunk.
        socket.write(Buffer.concat([Buffer.from(accepted(request)), bytes]));
        if (searchParams.has('end')) socket.end();
        answerClose(socket, searchParams.has('closes'));
        return;
      case '/header':
        socket.write(accepted(request, searchParams.getAll('line')));
        answerClose(socket, false);
        return;
      case '/wrong-accept':
        socket.write(accepted(request).replace(/Accept: ./, 'Accept: _'));
        return;
      case '/status':
        socket.end(
          `HTTP/1.1 ${searchParams.get('code')} Status\r\nLocation: /echo\r\nContent-Length: 0\r\n\r\n`,
        );
        return;
      case '/silent':
        return;
      case '/one-by-one': {
        // Sends the number of openings that were under way when this one came.
        opening++;
        const count = opening;
        setTimeout(() => {
          opening--;
          socket.write(Buffer.concat([Buffer.from(accepted(request)), Buffer.from([0x81, 1, 0x30 + count])]));
          answerClose(socket, false);
        }, 30);
        return;
      }
      default:
        webSockets.handleUpgrade(request, socket, head, (client) => {
          client.on('error', () => client.terminate());
          noted.take(pathname, searchParams, client);
          if (pathname === '/headers') client.send(JSON.stringify(request.headers));
          if (pathname === '/url') client.send(request.url!);
          if (pathname === '/close') {
            const code = searchParams.get('code');
            if (code === null) client.close();
            else client.close(Number(code), searchParams.get('reason') ?? '');
          }
          if (pathname === '/paused') return;
          client.on('message', (data, isBinary) => {
            if (pathname === '/closes-on-message') client.close(4000, data as Buffer);
            else if (pathname === '/terminates-on-message') client.terminate();
            else client.send(data, { binary: isBinary });
          });
        });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const transport of transports) transport.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
