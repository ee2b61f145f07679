import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { connect as connectSession, createSecureServer } from 'node:http2';
import type { Http2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { attachHttp2, component, connect, connectHttp2, listenHttp2 } from '../../../lib/index.js';
import type { Connection, Server } from '../../../lib/index.js';
import { makeCertificate } from '../../support/certificate.js';
import type { Certificate } from '../../support/certificate.js';

async function echo(connection: Connection): Promise<void> {
  for await (const message of connection) await connection.send(message);
}

const portOf = (server: { address(): AddressInfo | string | null }): number =>
  (server.address() as AddressInfo).port;

async function exchange(connection: Connection, tag: string): Promise<void> {
  const text = `${'ä'.repeat(100_000)} ${tag}`;
  const bytes = Buffer.alloc(300_000, tag);
  void connection.send(text);
  void connection.send(bytes);
  const messages = connection.messages();
  assert.equal((await messages.next()).value, text);
  assert.ok(bytes.equals((await messages.next()).value as Uint8Array));
}

// The native backend has no extensions.
const perMessageDeflate = component.backend === 'portable';

describe('WebSockets over HTTP/2', () => {
  let certificate: Certificate;
  let server: Server;
  let url: string;
  before(async () => (certificate = await makeCertificate()));
  beforeEach(async () => {
    server = await listenHttp2(
      { host: '127.0.0.1', tls: certificate, protocols: ['p'], perMessageDeflate },
      echo,
    );
    url = `wss://localhost:${portOf(server)}/path?query`;
  });
  let client: Connection | undefined;
  afterEach(async () => {
    await client?.close();
    client = undefined;
    await server.close();
  });

  it('widen the window of their session, which is for all of them together', async () => {
    const [serverSide] = await Promise.all([
      once(server, 'connection').then(([connection]) => connection as Connection),
      connectHttp2(url, { tls: { ca: certificate.cert } }).then((connection) => (client = connection)),
    ]);
    // A ping of a session is answered after the frames before it have been read.
    for (const { socket } of [serverSide, client!]) {
      const { session } = socket as Http2Stream;
      await new Promise((resolve) => session!.ping(resolve));
      const { effectiveLocalWindowSize, remoteWindowSize } = session!.state;
      assert.deepEqual([effectiveLocalWindowSize, remoteWindowSize], [16 << 20, 16 << 20]);
    }
  });

  it('leave a window as the program has chosen it', async () => {
    const session = connectSession(url.replace('wss', 'https'), { ca: certificate.cert });
    await once(session, 'connect');
    session.setLocalWindowSize(100_000);
    const connection = await connectHttp2(url, { session });
    assert.equal(session.state.effectiveLocalWindowSize, 100_000);
    await connection.close();
    session.close();
  });

  it('share one connection', async () => {
    const session = connectSession(url.replace('wss', 'https'), { ca: certificate.cert });
    const requests: string[] = [];
    server.on('connection', (connection, request) =>
      requests.push(`${request.httpVersion} ${connection.url}`),
    );
    const connections = await Promise.all(
      Array.from({ length: 30 }, () =>
        connectHttp2(url, {
          session,
          protocols: ['o', 'p'],
          perMessageDeflate,
          headers: { 'x-y': 'z' },
        }),
      ),
    );
    assert.deepEqual([server.size, new Set(requests)], [30, new Set(['2.0 /path?query'])]);
    assert.deepEqual(
      [connections[0]!.protocol, connections[0]!.extensions],
      ['p', perMessageDeflate ? 'permessage-deflate' : ''],
    );
    await Promise.all(connections.map((connection, index) => exchange(connection, String(index))));
    const info = await connections[0]!.close(3000, 'bye');
    assert.deepEqual([info.code, info.reason, info.wasClean], [3000, 'bye', true]);
    await Promise.all(connections.map((connection) => connection.close()));
    assert.equal(session.closed, false);
    session.close();
  });

  it('are served beside connections over HTTP/1.1', async () => {
    const tls = { ca: certificate.cert };
    for (const connection of [await connectHttp2(url, { tls }), await connect(url, { tls })]) {
      await exchange(connection, 'own');
      assert.equal((await connection.close()).wasClean, true);
    }
  });

  it('do not delay each other', async () => {
    const session = connectSession(url.replace('wss', 'https'), { ca: certificate.cert });
    const [slow, quick] = await Promise.all([connectHttp2(url, { session }), connectHttp2(url, { session })]);
    slow.pause();
    for (let index = 0; index < 40; index++) void slow.send(Buffer.alloc(50_000, index));
    for (let round = 0; round < 5; round++) await exchange(quick, String(round));
    slow.resume();
    let count = 0;
    for await (const message of slow) {
      assert.equal((message as Uint8Array)[0], count);
      if (++count === 40) break;
    }
    await Promise.all([slow.close(), quick.close()]);
    session.close();
  });

  it('are refused with an answer, and end when they are cut', async () => {
    const http = createSecureServer({ ...certificate, settings: { enableConnectProtocol: true } });
    http.on('request', (_, response) => response.end('hello'));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const attached = attachHttp2(http, {
      path: '/here',
      verifyClient: ({ headers }) => headers['x-ok'] === '1',
    });
    const base = `wss://localhost:${portOf(http)}`;
    const session = connectSession(base.replace('wss', 'https'), { ca: certificate.cert });
    await assert.rejects(connectHttp2(`${base}/there`, { session }), { statusCode: 404 });
    await assert.rejects(connectHttp2(`${base}/here`, { session }), { statusCode: 401 });
    const connection = await connectHttp2(`${base}/here`, { session, headers: { 'x-ok': '1' } });
    const [other] = attached.connections;
    connection.terminate();
    assert.equal((await connection.closed).code, 1006);
    assert.equal((await other!.closed).code, 1006);
    const page = session.request({ ':path': '/' });
    page.resume();
    assert.equal(((await once(page, 'response')) as [Record<string, unknown>])[0][':status'], 200);
    session.close();
    await attached.close();
    http.close();
    await once(http, 'close');
  });

  it('need a server that offers them', async () => {
    const http = createSecureServer(certificate);
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    await assert.rejects(connectHttp2(`wss://localhost:${portOf(http)}`, { tls: { ca: certificate.cert } }), {
      code: 'ERR_CONNECT_FAILED',
      message: /ENABLE_CONNECT_PROTOCOL/,
    });
    http.close();
    await once(http, 'close');
    await assert.rejects(connectHttp2('ws://127.0.0.1:1/'), { code: 'ERR_CONNECT_FAILED' });
  });

  it('end by a signal', async () => {
    const http = createSecureServer({ ...certificate, settings: { enableConnectProtocol: true } });
    http.on('stream', (stream) => stream.on('error', () => {}));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const target = `wss://localhost:${portOf(http)}`;
    const tls = { ca: certificate.cert };
    await assert.rejects(connectHttp2(target, { tls, handshakeTimeout: 100 }), {
      code: 'ERR_HANDSHAKE_TIMEOUT',
    });
    const reason = new Error('enough');
    const controller = new AbortController();
    http.once('stream', () => controller.abort(reason));
    await assert.rejects(connectHttp2(target, { tls, signal: controller.signal }), reason);
    http.close();
    await once(http, 'close');
  });

  it('work without TLS if both sides know', async () => {
    const plain = await listenHttp2({ host: '127.0.0.1' }, echo);
    const connection = await connectHttp2(`ws://127.0.0.1:${portOf(plain)}/`);
    await exchange(connection, 'plain');
    await connection.close();
    await plain.close();
  });
});
