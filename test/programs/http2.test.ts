import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server as HttpServer } from 'node:http';
import { connect as connectSession, createSecureServer } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import { chromium as browserOf } from 'playwright-core';
import { WebSocket as WsClient, WebSocketServer } from 'ws';
import { attachHttp2, connectHttp2, listenHttp2 } from '../../lib/index.js';
import type { Connection, Http2ConnectOptions, Server } from '../../lib/index.js';
import { chromium, debian, itWith } from '../interop/programs.js';
import type { Found } from '../interop/programs.js';
import { makeCertificate } from '../support/certificate.js';
import type { Certificate } from '../support/certificate.js';
import { Program } from '../support/program.js';

const SOURCES = path.resolve(__dirname, '../../../test/programs');
const MEBIBYTE = 1 << 20;

function pythonModule(name: string): Found {
  const found = spawnSync('/usr/bin/python3', ['-c', `import ${name}`]).status === 0;
  return found
    ? { path: '/usr/bin/python3' }
    : { missing: `Python's ${name} is not installed (Debian: python3-${name})` };
}

const portOf = (server: { address(): AddressInfo | string | null }): number =>
  (server.address() as AddressInfo).port;

async function echo(connection: Connection): Promise<void> {
  for await (const message of connection) await connection.send(message);
}

/** Files and sockets of one test. */
class Folder {
  readonly #path = mkdtempSync(path.join(tmpdir(), 'wspc-h2-'));
  readonly front = path.join(this.#path, 'front.sock');
  readonly back = path.join(this.#path, 'back.sock');

  file(name: string, text: string): string {
    const file = path.join(this.#path, name);
    writeFileSync(file, text);
    return file;
  }

  remove(): void {
    rmSync(this.#path, { recursive: true });
  }
}

/** Resolves when a server listens. */
async function listens(socketPath: string, who: Program): Promise<void> {
  for (;;) {
    const socket = connectSocket(socketPath);
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.on('connect', () => resolve(true));
      socket.on('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    if (who.hasEnded) throw new Error(`it ended: ${who.output}${who.errors}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A proxy between HTTP/2 on one side and HTTP/1.1 on the other, in either direction. */
interface Proxy {
  readonly name: string;
  readonly found: Found;
  readonly isSecure: boolean;
  start(command: string, folder: Folder, backend: 'http/1.1' | 'h2', certificate: Certificate): Program;
}

function haproxy(command: string, folder: Folder, server: string, global = ''): Program {
  const lines = [
    'global',
    `  maxconn 100${global}`,
    'defaults',
    '  mode http',
    '  timeout connect 5s',
    '  timeout client 30s',
    '  timeout server 30s',
    '  timeout tunnel 30s',
    'frontend front',
    `  bind unix@${folder.front}`,
    '  default_backend back',
    'backend back',
    `  server one unix@${folder.back}${server}`,
    '',
  ];
  return new Program(command, ['-db', '-f', folder.file('haproxy.cfg', lines.join('\n'))]);
}

const proxies: readonly Proxy[] = [
  {
    name: 'nghttpx',
    found: debian('/usr/sbin/nghttpx', 'nghttp2-proxy'),
    isSecure: true,
    start(command, folder, backend, certificate) {
      const tls = [folder.file('key.pem', certificate.key), folder.file('cert.pem', certificate.cert)];
      return new Program(command, [
        '--conf=/dev/null',
        `--frontend=unix:${folder.front}${backend === 'h2' ? ';no-tls' : ''}`,
        `--backend=unix:${folder.back};;proto=${backend}`,
        '--workers=1',
        '--single-process',
        ...(backend === 'h2' ? [] : tls),
      ]);
    },
  },
  {
    name: 'HAProxy',
    found: debian('/usr/sbin/haproxy', 'haproxy'),
    isSecure: false,
    start: (command, folder, backend) => haproxy(command, folder, backend === 'h2' ? ' proto h2 ws h2' : ''),
  },
];

/** The `ws` package behind a proxy. */
function startBackend(folder: Folder): { http: HttpServer; webSockets: WebSocketServer } {
  const http = createServer();
  const webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: true,
    handleProtocols: (offered) => [...offered][0]!,
  });
  http.on('upgrade', (request, socket, head) => {
    const status = /^\/([45]\d\d)$/.exec(request.url!)?.[1];
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno`);
      return;
    }
    webSockets.handleUpgrade(request, socket, head, (client) => {
      client.on('message', (data, binary) => {
        const text = binary ? '' : (data as Buffer).toString();
        if (text === 'close') client.close(4001, 'as told');
        else if (text === 'cut') client.terminate();
        else client.send(data, { binary });
      });
    });
  });
  http.listen(folder.back);
  return { http, webSockets };
}

function sessionOn(folder: Folder, certificate: Certificate | null): ClientHttp2Session {
  const session = connectSession(certificate === null ? 'http://localhost' : 'https://localhost', {
    createConnection: () =>
      certificate === null
        ? connectSocket(folder.front)
        : connectTls({
            path: folder.front,
            ca: certificate.cert,
            servername: 'localhost',
            ALPNProtocols: ['h2'],
          }),
  });
  session.on('error', () => {});
  return session;
}

/** Tests our client against a server. */
async function exerciseClient(
  session: ClientHttp2Session,
  isSecure: boolean,
  options: Http2ConnectOptions = {},
): Promise<void> {
  const base = `${isSecure ? 'wss' : 'ws'}://localhost`;
  for (const perMessageDeflate of [false, true]) {
    const connection = await connectHttp2(`${base}/path?query`, {
      ...options,
      session,
      protocols: ['p', 'q'],
      perMessageDeflate,
    });
    assert.deepEqual([connection.protocol, connection.extensions !== ''], ['p', perMessageDeflate]);
    const messages = connection.messages();
    await connection.send('häh');
    assert.equal((await messages.next()).value, 'häh');
    const bytes = randomBytes(MEBIBYTE);
    void connection.send(bytes);
    assert.ok(bytes.equals((await messages.next()).value as Uint8Array));
    assert.ok((await connection.ping()) >= 0);
    const { code, reason, wasClean } = await connection.close(3000, 'bye');
    assert.deepEqual([code, reason, wasClean], [3000, 'bye', true]);
  }
  const many = await Promise.all(
    Array.from({ length: 20 }, () => connectHttp2(`${base}/many`, { ...options, session })),
  );
  await Promise.all(
    many.map(async (connection, index) => {
      const text = `${index} `.repeat(20_000);
      void connection.send(text);
      assert.equal((await connection.messages().next()).value, text);
      assert.equal((await connection.close()).wasClean, true);
    }),
  );
  await assert.rejects(connectHttp2(`${base}/403`, { session }), {
    code: 'ERR_UNEXPECTED_RESPONSE',
    statusCode: 403,
  });
  assert.equal(session.closed, false);
}

async function closedByServer(session: ClientHttp2Session, url: string): Promise<void> {
  const connection = await connectHttp2(url, { session });
  void connection.send('close');
  const { code, reason, wasClean } = await connection.closed;
  assert.deepEqual([code, reason, wasClean], [4001, 'as told', true]);
}

describe('WebSockets over HTTP/2, with programs of others', function () {
  this.timeout(60_000);
  let certificate: Certificate;
  let folder: Folder;
  before(async () => (certificate = await makeCertificate()));
  beforeEach(() => (folder = new Folder()));
  afterEach(() => folder.remove());

  for (const { name, found, isSecure, start } of proxies) {
    itWith(found, `our client, through ${name}, with the ws package`, async (command) => {
      const { http, webSockets } = startBackend(folder);
      const proxy = start(command, folder, 'http/1.1', certificate);
      try {
        await listens(folder.front, proxy);
        const session = sessionOn(folder, isSecure ? certificate : null);
        await exerciseClient(session, isSecure);
        const base = `${isSecure ? 'wss' : 'ws'}://localhost`;
        await assert.rejects(connectHttp2(`${base}/404`, { session }), { statusCode: 404 });
        await Promise.all(Array.from({ length: 10 }, () => closedByServer(session, base)));
        const cut = await connectHttp2(base, { session });
        void cut.send('cut');
        const { code, wasClean } = await cut.closed;
        assert.deepEqual([code, wasClean], [1006, false]);
        const left = await connectHttp2(base, { session });
        const [other] = [...webSockets.clients];
        left.terminate();
        await once(other!, 'close');
        session.close();
      } finally {
        await proxy.stop();
        for (const client of webSockets.clients) client.terminate();
        http.close();
        http.closeAllConnections();
      }
    });

    itWith(found, `the ws package, through ${name}, with our server`, async (command) => {
      const versions = new Set<string>();
      const server = await listenHttp2(
        { socketPath: folder.back, protocols: ['q'], verifyClient: ({ url }) => url !== '/401' },
        async (connection, request) => {
          versions.add(request.httpVersion);
          if (connection.url === '/close') await connection.close(4002, 'server');
          else await echo(connection);
        },
      );
      const proxy = start(command, folder, 'h2', certificate);
      try {
        await listens(folder.front, proxy);
        const url = `ws+unix:${folder.front}:`;
        await Promise.all(
          Array.from({ length: 8 }, async (_, index) => {
            const client = new WsClient(`${url}/echo`, ['p', 'q'], { perMessageDeflate: false });
            await once(client, 'open');
            assert.equal(client.protocol, 'q');
            const bytes = Buffer.alloc(MEBIBYTE, index);
            client.send(bytes);
            const [answer, isBinary] = (await once(client, 'message')) as [Buffer, boolean];
            assert.ok(isBinary && answer.equals(bytes));
            client.send('häh');
            assert.equal(String((await once(client, 'message'))[0] as Buffer), 'häh');
            client.ping('ping');
            assert.equal(String((await once(client, 'pong'))[0] as Buffer), 'ping');
            client.close(3001, 'client');
            const [code, reason] = (await once(client, 'close')) as [number, Buffer];
            assert.deepEqual([code, String(reason)], [3001, 'client']);
          }),
        );
        const closed = new WsClient(`${url}/close`, 'q');
        const [code, reason] = (await once(closed, 'close')) as [number, Buffer];
        assert.deepEqual([code, String(reason)], [4002, 'server']);
        const refused = new WsClient(`${url}/401`, 'q');
        refused.on('error', () => {});
        const [, response] = (await once(refused, 'unexpected-response')) as [
          unknown,
          { statusCode: number },
        ];
        assert.equal(response.statusCode, 401);
        assert.deepEqual([...versions], ['2.0']);
      } finally {
        await proxy.stop();
        await server.close();
      }
    });
  }

  itWith(pythonModule('hypercorn'), 'our client with hypercorn', async (python) => {
    const server = new Program(
      python,
      ['-m', 'hypercorn', '--bind', `unix:${folder.front}`, 'hypercorn_app:app'],
      { ...process.env, PYTHONPATH: SOURCES, PYTHONDONTWRITEBYTECODE: '1' },
    );
    try {
      await listens(folder.front, server);
      const session = sessionOn(folder, null);
      // The server answers a close frame and leaves the stream open. The client waits, and resets it.
      await exerciseClient(session, false, { closeTimeout: 1000 });
      // After an answer to its own close frame it drops the whole connection.
      await closedByServer(session, 'ws://localhost/');
      session.destroy();
    } finally {
      await server.stop();
    }
  });

  const withHaproxy = debian('/usr/sbin/haproxy', 'haproxy');
  itWith(withHaproxy, 'our client with an HAProxy that does not offer them', async (command) => {
    const proxy = haproxy(command, folder, '', '\n  h2-workaround-bogus-websocket-clients');
    try {
      await listens(folder.front, proxy);
      const session = sessionOn(folder, null);
      await assert.rejects(connectHttp2('ws://localhost/', { session }), {
        code: 'ERR_CONNECT_FAILED',
        message: /ENABLE_CONNECT_PROTOCOL/,
      });
      session.close();
    } finally {
      await proxy.stop();
    }
  });

  describe('our server', () => {
    let server: Server;
    beforeEach(async () => {
      const options = { host: '127.0.0.1', tls: certificate, protocols: ['p'], perMessageDeflate: true };
      server = await listenHttp2(options, echo);
    });
    afterEach(() => server.close());

    itWith(chromium(), 'with Chromium', async (executablePath) => {
      const http = createSecureServer({ ...certificate, settings: { enableConnectProtocol: true } });
      http.on('request', (_, response) => {
        response.setHeader('content-type', 'text/html');
        response.end('<!doctype html>');
      });
      http.listen(0, '127.0.0.1');
      await once(http, 'listening');
      const versions: string[] = [];
      const attached = attachHttp2(http, { perMessageDeflate: true }, async (connection, request) => {
        versions.push(request.httpVersion);
        await echo(connection);
      });
      const browser = await browserOf.launch({
        executablePath,
        args: ['--no-sandbox', '--ignore-certificate-errors'],
      });
      try {
        const page = await browser.newPage({ ignoreHTTPSErrors: true });
        // Chromium opens the WebSockets on the page's own HTTP/2 connection.
        await page.goto(`https://localhost:${portOf(http)}/`);
        const results = await page.evaluate(
          async (target) => {
            const talk = (tag: string): Promise<unknown[]> =>
              new Promise((resolve) => {
                const socket = new WebSocket(target);
                socket.onopen = () => socket.send(tag.repeat(50_000));
                socket.onmessage = ({ data }: { data: string }) => {
                  socket.close(3000, String(data.length));
                };
                socket.onclose = ({ code, reason, wasClean }) =>
                  resolve([code, reason, wasClean, socket.extensions]);
              });
            return Promise.all(['a', 'b', 'c'].map(talk));
          },
          `wss://localhost:${portOf(http)}/ws`,
        );
        assert.deepEqual(results, Array(3).fill([3000, '50000', true, 'permessage-deflate']));
        assert.deepEqual(versions, ['2.0', '2.0', '2.0']);
      } finally {
        await browser.close();
        await attached.close();
        http.close();
      }
    });

    itWith(pythonModule('h2'), "with a client of Python's h2", async (python) => {
      const file = folder.file('ca.pem', certificate.cert);
      const peer = spawn(python, [path.join(SOURCES, 'h2-peer.py'), String(portOf(server)), file]);
      let output = '';
      peer.stdout.on('data', (chunk) => (output += String(chunk)));
      peer.stderr.on('data', (chunk) => (output += String(chunk)));
      await once(peer, 'close');
      assert.equal(output, 'done\n');
    });
  });
});
