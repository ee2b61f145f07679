import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server as HttpServer } from 'node:http';
import { connect as netConnect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attach, connect, listen } from '../../lib/opening/index.js';
import type { Server } from '../../lib/opening/index.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere, portOf } from '../support/open.js';

async function httpServer(listener?: RequestListener): Promise<{ http: HttpServer; port: number }> {
  const http = createServer(listener);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return { http, port: (http.address() as AddressInfo).port };
}

async function closeHttp(http: HttpServer): Promise<void> {
  http.close();
  http.closeAllConnections();
  await once(http, 'close');
}

function closing(server: Server): Promise<void> {
  return server.close();
}

describe('connect', () => {
  leavesNothing();

  it('sends its headers, origin and credentials, and the path', async () => {
    const server = await listenHere();
    const arrival = once(server, 'connection') as Promise<[unknown, IncomingMessage]>;
    const connection = await connect(`ws://us%20er:pass@127.0.0.1:${portOf(server)}/a/b?c=d`, {
      headers: { 'X-One': '1', 'X-Many': ['2', '3'], Upgrade: 'h2c', 'Sec-WebSocket-Key': 'mine' },
      origin: 'https://example.org',
    });
    const [, request] = await arrival;
    assert.equal(request.url, '/a/b?c=d');
    assert.equal(request.headers['x-one'], '1');
    assert.equal(request.headers['x-many'], '2, 3');
    assert.equal(request.headers.origin, 'https://example.org');
    assert.equal(request.headers.authorization, `Basic ${Buffer.from('us er:pass').toString('base64')}`);
    assert.equal(request.headers.upgrade, 'websocket');
    assert.notEqual(request.headers['sec-websocket-key'], 'mine');
    assert.equal(request.headers.host, `127.0.0.1:${portOf(server)}`);
    await connection.close();
    await closing(server);
  });

  it('agrees on a subprotocol', async () => {
    const server = await listenHere({ protocols: ['mqtt', 'chat'] });
    const url = `ws://127.0.0.1:${portOf(server)}/`;
    const chosen = await connect(url, { protocols: ['superchat', 'chat', 'mqtt'] });
    assert.equal(chosen.protocol, 'mqtt');
    await assert.rejects(connect(url, { protocols: 'other' }), { code: 'ERR_NO_SUBPROTOCOL' });
    const none = await connect(url, { protocols: 'other', protocolRequired: false });
    assert.equal(none.protocol, '');
    await Promise.all([chosen.close(), none.close()]);
    await closing(server);
  });

  it('connects to a unix socket, or to a named pipe', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wspc-'));
    const isWindows = process.platform === 'win32';
    const socketPath = isWindows ? `\\\\.\\pipe\\wspc a b ${process.pid}` : join(folder, 'a b.sock');
    const server = await listen({ socketPath });
    // A URL has slashes; the path of a pipe has none.
    const first = await connect(
      isWindows ? 'ws://localhost/path?q=1' : `ws+unix:${encodeURI(socketPath)}:/path?q=1`,
      {
        ...(isWindows ? { socketPath } : {}),
      },
    );
    const second = await connect('ws://localhost/other', { socketPath });
    assert.equal(first.state, 'open');
    assert.equal(second.state, 'open');
    await Promise.all([first.close(), second.close()]);
    await closing(server);
    await rm(folder, { recursive: true });
  });

  it('uses a transport of the caller', async () => {
    const server = await listenHere();
    let asked: unknown;
    const connection = await connect('ws://somewhere.invalid:1234/', {
      createConnection(where) {
        asked = where;
        return netConnect(portOf(server), '127.0.0.1');
      },
    });
    assert.deepEqual(asked, { host: 'somewhere.invalid', port: 1234 });
    await connection.close();
    await closing(server);
  });

  it('uses a CONNECT proxy with an agent', async () => {
    // An ECMAScript module.
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    const server = await listenHere();
    const { http: proxy, port } = await httpServer();
    const tunnels: string[] = [];
    proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
      tunnels.push(request.url!);
      const upstream = netConnect(portOf(server), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        socket.pipe(upstream).pipe(socket);
      });
      socket.on('error', () => upstream.destroy());
    });
    const agent = new HttpsProxyAgent(`http://127.0.0.1:${port}`);
    const connection = await connect(`ws://127.0.0.1:${portOf(server)}/`, { agent });
    assert.deepEqual(tunnels, [`127.0.0.1:${portOf(server)}`]);
    void connection.send('through');
    const echo = server.connections[0]!;
    assert.equal((await echo.messages().next()).value, 'through');
    await connection.close();
    await closing(server);
    await closeHttp(proxy);
  });

  for (const [status, words] of [
    [200, /does not speak WebSocket/],
    [401, /wants credentials \(Basic realm="x"\)/],
    [403, /refuses this client/],
    [404, /nothing at this URL/],
    [426, /another protocol or version \(Sec-WebSocket-Version: 13\)/],
    [500, /500 Internal Server Error/],
    [302, /followRedirects is off/],
  ] as const) {
    it(`explains a ${status}, and has the answer`, async () => {
      const { http, port } = await httpServer((_, response) => {
        response.writeHead(status, {
          'WWW-Authenticate': 'Basic realm="x"',
          'Sec-WebSocket-Version': '13',
          Location: '/elsewhere',
        });
        response.end('the body');
      });
      await assert.rejects(
        connect(`ws://127.0.0.1:${port}/`),
        (error: Error & { response: { body: Buffer; headers: object } }) => {
          assert.equal(error.name, 'HandshakeError');
          assert.match(error.message, words);
          assert.equal((error as unknown as { code: string }).code, 'ERR_UNEXPECTED_RESPONSE');
          assert.equal((error as unknown as { statusCode: number }).statusCode, status);
          assert.equal(error.response.body.toString(), 'the body');
          assert.ok('location' in error.response.headers);
          return true;
        },
      );
      await closeHttp(http);
    });
  }

  for (const [what, answer] of [
    ['a wrong accept', 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n'],
    ['no accept', 'Upgrade: websocket\r\nConnection: Upgrade\r\n'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { http, port } = await httpServer();
      http.on('upgrade', (_, socket: Socket) => {
        socket.on('error', () => undefined);
        socket.end(`HTTP/1.1 101 Switching Protocols\r\n${answer}\r\n`);
      });
      await assert.rejects(connect(`ws://127.0.0.1:${port}/`), {
        name: 'HandshakeError',
        code: 'ERR_INVALID_HANDSHAKE',
        statusCode: 101,
      });
      await closeHttp(http);
    });
  }

  it('refuses a server that cannot be reached, or hangs up', async () => {
    await assert.rejects(
      connect('ws://127.0.0.1:1/'),
      (error: Error & { code: string; cause: NodeJS.ErrnoException }) => {
        assert.equal(error.code, 'ERR_CONNECT_FAILED');
        assert.equal(error.cause.code, 'ECONNREFUSED');
        return true;
      },
    );
    const { http, port } = await httpServer();
    http.on('upgrade', (_, socket: Socket) => socket.destroy());
    await assert.rejects(connect(`ws://127.0.0.1:${port}/`), { code: 'ERR_CONNECT_FAILED' });
    await closeHttp(http);
  });

  it('gives up after handshakeTimeout', async () => {
    const { http, port } = await httpServer();
    http.on('upgrade', (_, socket: Socket) =>
      socket
        .on('error', () => undefined)
        .on('end', () => socket.end())
        .resume(),
    );
    await assert.rejects(connect(`ws://127.0.0.1:${port}/`, { handshakeTimeout: 20 }), {
      code: 'ERR_HANDSHAKE_TIMEOUT',
    });
    await closeHttp(http);
  });

  it('refuses invalid URLs and options', async () => {
    await assert.rejects(connect('ftp://127.0.0.1/'), TypeError);
    await assert.rejects(connect('ws://127.0.0.1/#fragment'), TypeError);
    await assert.rejects(connect('nonsense'), TypeError);
    await assert.rejects(connect('ws+unix:'), TypeError);
    await assert.rejects(connect('ws://127.0.0.1:1/', { handshakeTimeout: -1 }), RangeError);
    await assert.rejects(connect('ws://127.0.0.1:1/', { protocols: 'not a token' }), {
      name: 'TypeError',
    });
    await assert.rejects(connect('ws://127.0.0.1:1/', { headers: { 'X-Bad': 'a\r\nb' } }), TypeError);
  });

  it('keeps bytes that come with the answer', async () => {
    const server = await listenHere({}, (connection) => void connection.send('at once'));
    const connection = await connect(`ws://127.0.0.1:${portOf(server)}/`);
    assert.equal((await connection.messages().next()).value, 'at once');
    await connection.close();
    await closing(server);
  });

  describe('with redirects', () => {
    it('follows them, with credentials on the same origin', async () => {
      const seen: (string | undefined)[] = [];
      const { http, port } = await httpServer();
      http.on('upgrade', (request, socket: Socket) => {
        seen.push(request.headers.authorization);
        if (request.url === '/end') return;
        socket.end('HTTP/1.1 307 Temporary Redirect\r\nLocation: /end\r\nContent-Length: 0\r\n\r\n');
      });
      const server = attach(http, { path: '/end' });
      const connection = await connect(`ws://u:p@127.0.0.1:${port}/start`, {
        followRedirects: true,
        headers: { Cookie: 'c=1' },
      });
      assert.equal(connection.url, `ws://127.0.0.1:${port}/end`);
      assert.equal(seen[0], seen[1]);
      await connection.close();
      await closing(server);
      await closeHttp(http);
    });

    it('does not send credentials to another origin', async () => {
      const target = await listenHere();
      const arrival = once(target, 'connection') as Promise<[unknown, IncomingMessage]>;
      const { http, port } = await httpServer((_, response) => {
        response.writeHead(302, { Location: `http://127.0.0.1:${portOf(target)}/` }).end();
      });
      const connection = await connect(`ws://u:p@127.0.0.1:${port}/`, {
        followRedirects: true,
        headers: { Cookie: 'c=1', Authorization: 'Bearer x', 'X-Other': 'stays' },
      });
      const [, { headers }] = await arrival;
      assert.equal(headers.authorization, undefined);
      assert.equal(headers.cookie, undefined);
      assert.equal(headers['x-other'], 'stays');
      await connection.close();
      await closing(target);
      await closeHttp(http);
    });

    it('stops after maxRedirects', async () => {
      const { http, port } = await httpServer((_, response) =>
        response.writeHead(302, { Location: '/again' }).end(),
      );
      await assert.rejects(connect(`ws://127.0.0.1:${port}/`, { followRedirects: true, maxRedirects: 3 }), {
        code: 'ERR_TOO_MANY_REDIRECTS',
        statusCode: 302,
      });
      await closeHttp(http);
    });

    it('refuses impossible targets', async () => {
      const { http, port } = await httpServer((_, response) =>
        response.writeHead(302, { Location: 'ftp://x/' }).end(),
      );
      await assert.rejects(connect(`ws://127.0.0.1:${port}/`, { followRedirects: true }), {
        code: 'ERR_UNSAFE_REDIRECT',
      });
      await closeHttp(http);
    });
  });
});
