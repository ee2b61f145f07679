import { once } from 'node:events';
import { connect as connectSession } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { listen, listenHttp2 } from '../../lib/index.js';
import type { ConnectionHandler, ListenOptions, Server } from '../../lib/index.js';
import { REQUEST_HEADERS, requestText } from './raw-peer.js';

/** An answer, as read without a WebSocket library. */
export interface Reply {
  /** 0: the transport ended without an answer. */
  readonly status: number;
  /** Lines of each header, by its name in lower case. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
}

/** A client that asks for a WebSocket and does nothing else. */
export interface Asker {
  readonly answer: Promise<Reply>;
  /** Sends bytes after the request. */
  write(bytes: Uint8Array): void;
  /** Ends the output properly. */
  end(): void;
  /** Drops the transport without a close. */
  reset(): void;
}

/** A way to reach a server, with a client for it. */
export interface Transport {
  readonly name: 'HTTP/1.1' | 'HTTP/2';
  /** The status of an answer that opens a connection. */
  readonly open: number;
  listen(options?: ListenOptions, handler?: ConnectionHandler): Promise<Server>;
  ask(server: Server, path?: string, headers?: Readonly<Record<string, string>>): Asker;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

function askHttp1(server: Server, path = '/', headers: Readonly<Record<string, string>> = {}): Asker {
  const socket = connectSocket({ port: portOf(server), host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.write(requestText(path, { ...REQUEST_HEADERS, ...headers }), 'latin1');
  return {
    answer: readHttp1(socket),
    write: (bytes) => socket.write(bytes),
    end: () => socket.end(),
    reset: () => socket.resetAndDestroy(),
  };
}

async function readHttp1(socket: Socket): Promise<Reply> {
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    text += chunk;
    if (text.startsWith('HTTP/1.1 101') && text.includes('\r\n\r\n')) socket.end();
  });
  socket.on('end', () => socket.end());
  if (!socket.closed) await once(socket, 'close');
  const [head = '', body = ''] = text.split('\r\n\r\n', 2);
  const [line = '', ...lines] = head.split('\r\n');
  const headers = new Map<string, string[]>();
  for (const each of lines) {
    const name = each.slice(0, each.indexOf(':')).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), each.slice(each.indexOf(':') + 2)]);
  }
  return { status: Number(line.split(' ')[1] ?? 0), headers, body };
}

function askHttp2(server: Server, path = '/', headers: Readonly<Record<string, string>> = {}): Asker {
  const session = connectSession(`http://127.0.0.1:${portOf(server)}`);
  session.on('error', () => undefined);
  const stream = requestOn(session, path, headers);
  return {
    answer: readHttp2(session, stream),
    write: (bytes) => void stream.then((one) => one.write(bytes)),
    end: () => void stream.then((one) => one.end()),
    reset: () => session.destroy(),
  };
}

type Stream = ReturnType<ClientHttp2Session['request']>;

async function requestOn(
  session: ClientHttp2Session,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<Stream> {
  if (!session.remoteSettings.enableConnectProtocol) await once(session, 'remoteSettings');
  const stream = session.request(
    {
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': 'http',
      ':authority': 'localhost',
      ':path': path,
      'sec-websocket-version': '13',
      ...headers,
    },
    { endStream: false },
  );
  stream.on('error', () => undefined);
  return stream;
}

async function readHttp2(session: ClientHttp2Session, opening: Promise<Stream>): Promise<Reply> {
  const headers = new Map<string, string[]>();
  let status = 0;
  let body = '';
  try {
    const stream = await opening;
    stream.setEncoding('latin1');
    stream.on('data', (chunk: string) => (body += chunk));
    stream.on('response', (received) => {
      status = received[':status']!;
      for (const [name, value] of Object.entries(received)) {
        if (!name.startsWith(':')) headers.set(name, Array.isArray(value) ? value : [String(value)]);
      }
      if (status === 200) stream.end();
    });
    stream.on('end', () => stream.close());
    if (!stream.closed) await once(stream, 'close');
  } catch {
    // The session has gone, so there is no answer.
  }
  session.destroy();
  return { status, headers, body };
}

/** Both transports. */
export const TRANSPORTS: readonly Transport[] = [
  {
    name: 'HTTP/1.1',
    open: 101,
    listen: (options, handler) => listen({ host: '127.0.0.1', ...options }, handler),
    ask: askHttp1,
  },
  {
    name: 'HTTP/2',
    open: 200,
    listen: (options, handler) => listenHttp2({ host: '127.0.0.1', ...options, tls: undefined }, handler),
    ask: askHttp2,
  },
];
