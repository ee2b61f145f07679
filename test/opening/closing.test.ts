import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import { connect as connectSession } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { attach, connect, connectHttp2, listen, listenHttp2 } from '../../lib/index.js';
import type { Connection, Http2ListenOptions, Server } from '../../lib/index.js';
import { EXTENDED_CONNECT } from '../support/extended-connect.js';
import { makeCertificate } from '../support/certificate.js';
import type { Certificate } from '../support/certificate.js';
import { leavesNothing } from '../support/leaks.js';
import { portOf } from '../support/open.js';
import { rawClient, requestText } from '../support/raw-peer.js';

/** Longer than any test may take: an end within this time comes from closing, and not from a timeout. */
const NEVER = 600_000;

interface Face {
  readonly name: string;
  readonly isTls: boolean;
  readonly isHttp2: boolean;
  listen(options?: Http2ListenOptions): Promise<Server>;
}

let certificate: Certificate;

const FACES: readonly Face[] = [
  {
    name: 'listen',
    isTls: false,
    isHttp2: false,
    listen: (options) => listen({ host: '127.0.0.1', ...options, tls: undefined }),
  },
  {
    name: 'listen with TLS',
    isTls: true,
    isHttp2: false,
    listen: (options) => listen({ host: '127.0.0.1', ...options, tls: certificate }),
  },
  {
    name: 'listenHttp2',
    isTls: false,
    isHttp2: true,
    listen: (options) => listenHttp2({ host: '127.0.0.1', ...options, tls: undefined }),
  },
  {
    name: 'listenHttp2 with TLS',
    isTls: true,
    isHttp2: true,
    listen: (options) => listenHttp2({ host: '127.0.0.1', ...options, tls: certificate }),
  },
];

/** Opens a client in some state. It ends when the server ends it. */
type Client = (server: Server, face: Face) => Promise<{ readonly gone: Promise<unknown> }>;

async function socketTo(server: Server): Promise<Socket> {
  const socket = connectSocket(portOf(server), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'connect');
  return socket;
}

/** Resolves at `close`, even after a reset, at which `once` of node:events would reject. */
const closed = (emitter: EventEmitter): Promise<void> =>
  new Promise((resolve) => emitter.once('close', () => resolve()));
const gone = (socket: Socket): { gone: Promise<unknown> } => ({ gone: closed(socket) });

async function secureTo(server: Server, protocol: string): Promise<Socket> {
  const socket = connectTls({
    port: portOf(server),
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ALPNProtocols: [protocol],
  });
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'secureConnect');
  return socket;
}

async function http1To(server: Server, face: Face, text: string): Promise<Socket> {
  const socket = face.isTls ? await secureTo(server, 'http/1.1') : await socketTo(server);
  socket.write(text);
  return socket;
}

async function sessionTo(server: Server, face: Face): Promise<ClientHttp2Session> {
  const scheme = face.isTls ? 'https' : 'http';
  const session = connectSession(`${scheme}://127.0.0.1:${portOf(server)}`, { rejectUnauthorized: false });
  session.on('error', () => undefined);
  await once(session, 'remoteSettings');
  return session;
}

const SILENT: Client = async (server) => gone(await socketTo(server));
const HALF_TLS: Client = async (server) => {
  const socket = await socketTo(server);
  // The first bytes of a ClientHello.
  socket.write(Buffer.from('160301020001000', 'hex'));
  return gone(socket);
};
const SILENT_TLS: Client = async (server) => gone(await secureTo(server, 'http/1.1'));
const HALF_REQUEST: Client = async (server, face) =>
  gone(await http1To(server, face, 'GET / HTTP/1.1\r\nHost: x\r\n'));
const PLAIN_REQUEST: Client = async (server, face) => {
  const socket = await http1To(server, face, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'data');
  return gone(socket);
};
const IDLE_SESSION: Client = async (server, face) => {
  const session = await sessionTo(server, face);
  return { gone: closed(session) };
};
const HUNG_STREAM: Client = async (server, face) => {
  const session = await sessionTo(server, face);
  const stream = session.request({ ':method': 'POST', ':path': '/' }, { endStream: false });
  stream.on('error', () => undefined);
  stream.resume();
  await once(stream, 'response');
  return { gone: closed(session) };
};

const CLIENTS: readonly (readonly [what: string, client: Client, fits: (face: Face) => boolean])[] = [
  ['sends nothing', SILENT, () => true],
  ['is amid its TLS handshake', HALF_TLS, ({ isTls }) => isTls],
  ['sends nothing behind its TLS handshake', SILENT_TLS, ({ isTls }) => isTls],
  ['has sent half a request', HALF_REQUEST, ({ isTls, isHttp2 }) => isTls || !isHttp2],
  ['keeps its transport after an answer', PLAIN_REQUEST, ({ isTls, isHttp2 }) => isTls || !isHttp2],
  ['has an idle HTTP/2 connection', IDLE_SESSION, ({ isHttp2 }) => isHttp2],
  ['has a request under way for ever', HUNG_STREAM, ({ isHttp2 }) => isHttp2],
];

describe('a server that closes', () => {
  leavesNothing();
  before(async () => {
    certificate = await makeCertificate();
  });

  for (const face of FACES) {
    for (const [what, client, fits] of CLIENTS) {
      if (!fits(face)) continue;
      it(`${face.name}: ends a client that ${what}`, async () => {
        const server = await face.listen({ closeTimeout: NEVER, handshakeTimeout: NEVER });
        const accepted = once(server.httpServer, 'connection');
        const { gone: end } = await client(server, face);
        await accepted;
        await server.close();
        assert.equal(server.isClosed, true);
        await end;
      });

      it(`${face.name}: ends a client that ${what} at handshakeTimeout`, async () => {
        if (client === HUNG_STREAM || client === PLAIN_REQUEST) return;
        const server = await face.listen({ closeTimeout: NEVER, handshakeTimeout: 50 });
        await (
          await client(server, face)
        ).gone;
        await server.close();
      });
    }

    it(`${face.name}: terminates connections that have not closed within closeTimeout`, async () => {
      const server = await face.listen({ closeTimeout: 50 });
      const arrival = once(server, 'connection');
      if (face.isHttp2) {
        const session = await sessionTo(server, face);
        const stream = session.request(EXTENDED_CONNECT, { endStream: false });
        stream.on('error', () => undefined);
        await arrival;
        await server.close();
        if (!session.closed) await once(session, 'close');
      } else {
        const socket = await http1To(server, face, requestText());
        await arrival;
        const end = closed(socket);
        await server.close();
        await end;
      }
      assert.deepEqual([server.size, server.isClosed], [0, true]);
    });

    it(`${face.name}: has ended all connections when a signal has aborted the wait`, async () => {
      const server = await face.listen({
        closeTimeout: NEVER,
        handshakeTimeout: NEVER,
        verifyClient: (request) => (request.url === '/open' ? true : new Promise(() => undefined)),
      });
      const scheme = face.isTls ? 'wss' : 'ws';
      const url = `${scheme}://127.0.0.1:${portOf(server)}`;
      const tls = { rejectUnauthorized: false };
      const open = (target: string, options: { tls: object }): Promise<Connection> =>
        face.isHttp2 ? connectHttp2(target, options) : connect(target, options);
      const connection = await open(`${url}/open`, { tls });
      // It neither reads nor answers.
      connection.socket.pause();
      const waiting = open(`${url}/waiting`, { tls }).catch((error: unknown) => error);
      const silent = await socketTo(server);
      const end = closed(silent);
      const reason = new Error('enough');
      const controller = new AbortController();
      const first = server.close();
      const closing = server.close({ signal: controller.signal });
      setImmediate(() => controller.abort(reason));
      await assert.rejects(closing, reason);
      assert.deepEqual([server.size, server.isClosed], [0, true]);
      await first;
      connection.terminate();
      assert.ok((await waiting) instanceof Error);
      await end;
      await server.close({ signal: controller.signal });
    });
  }

  it('refuses a code or reason that cannot be sent, and stays open', async () => {
    const server = await listen({ host: '127.0.0.1' });
    await assert.rejects(server.close({ code: 1006 }), RangeError);
    await assert.rejects(server.close({ code: 1000, reason: 'x'.repeat(124) }), RangeError);
    await assert.rejects(server.close({ code: '1000' } as never), TypeError);
    await assert.rejects(server.close({ reson: 'x' } as never), /did you mean reason\?/);
    assert.equal(server.isClosed, false);
    const connection = await connect(`ws://127.0.0.1:${portOf(server)}/`);
    await server.close({ code: 3001, reason: 'bye' });
    assert.equal((await connection.closed).code, 3001);
  });

  it('accepts that its http server has been closed before', async () => {
    const server = await listen({ host: '127.0.0.1' });
    server.httpServer.close();
    await server.close();
    assert.equal(server.isClosed, true);
  });

  it('leaves an http server alone that it was attached to', async () => {
    const http = createServer((_, response) => response.end('a page')).listen(0, '127.0.0.1');
    await once(http, 'listening');
    const { port } = http.address() as AddressInfo;
    const server = attach(http, { closeTimeout: NEVER });
    const silent = connectSocket(port, '127.0.0.1');
    silent.on('error', () => undefined);
    await once(silent, 'connect');
    const peer = await rawClient(port);
    const closing = server.close();
    assert.equal(await peer.nextClose(), 1001);
    peer.sendClose(1001);
    await peer.end();
    peer.socket.end();
    await closing;
    // The transport without a request belongs to the http server, which still answers on it.
    silent.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const [page] = (await once(silent, 'data')) as [Buffer];
    assert.match(page.toString(), /^HTTP\/1\.1 200 /);
    assert.deepEqual([http.listening, http.listenerCount('upgrade')], [true, 0]);
    silent.destroy();
    http.close();
    http.closeAllConnections();
    await once(http, 'close');
  });

  it('ends waiting iterations, and later ones', async () => {
    const server = await listen({ host: '127.0.0.1' });
    const waiting = [server[Symbol.asyncIterator]().next(), server[Symbol.asyncIterator]().next()];
    await server.close();
    assert.deepEqual(await Promise.all(waiting), [
      { value: undefined, done: true },
      { value: undefined, done: true },
    ]);
    assert.deepEqual(await server[Symbol.asyncIterator]().next(), { value: undefined, done: true });
  });
});
