import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectSession, createServer } from 'node:http2';
import type { ClientHttp2Session, Http2Server, OutgoingHttpHeaders } from 'node:http2';
import { connect as connectTcp, createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Socket as TcpSocket } from 'node:net';
import { attachHttp2, connect, connectHttp2, listenHttp2 } from '../../../lib/index.js';
import type { ConnectOptions, HandshakeError, Server } from '../../../lib/index.js';
import { leavesNothing } from '../../support/leaks.js';
import { portOf } from '../../support/open.js';

const HERE = { host: '127.0.0.1' };

async function sessionTo(port: number): Promise<ClientHttp2Session> {
  const session = connectSession(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  await once(session, 'remoteSettings');
  return session;
}

async function attached(
  listener?: (server: Http2Server) => void,
): Promise<{ http: Http2Server; port: number; server: Server; close: () => Promise<void> }> {
  const http = createServer({ settings: { enableConnectProtocol: true } });
  listener?.(http);
  const server = attachHttp2(http);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  return {
    http,
    port,
    server,
    async close() {
      await server.close();
      http.close();
      await once(http, 'close');
    },
  };
}

/** The status of an answer. The request stays open on the client's side. */
async function statusOf(session: ClientHttp2Session, headers: OutgoingHttpHeaders): Promise<number> {
  const stream = session.request(headers, { endStream: false });
  stream.on('error', () => undefined);
  const [{ ':status': status }] = (await once(stream, 'response')) as [{ ':status': number }];
  stream.resume();
  stream.close();
  return status;
}

const PLAIN_CONNECT = { ':method': 'CONNECT', ':authority': 'example.org:443' };
const extended = (protocol: string, more: OutgoingHttpHeaders = {}): OutgoingHttpHeaders => ({
  ':method': 'CONNECT',
  ':protocol': protocol,
  ':scheme': 'http',
  ':path': '/',
  ':authority': 'x',
  ...more,
});

describe('peers over HTTP/2', () => {
  leavesNothing();

  for (const [when, prepare] of [
    ['at once', () => Promise.resolve()],
    ['when it has connected', (session: ClientHttp2Session) => once(session, 'connect')],
    ['when its settings have come', (session: ClientHttp2Session) => once(session, 'remoteSettings')],
  ] as const) {
    it(`a session can be used ${when}`, async () => {
      const server = await listenHttp2(HERE);
      const session = connectSession(`http://127.0.0.1:${portOf(server)}`);
      await prepare(session);
      const url = `ws://127.0.0.1:${portOf(server)}/`;
      const connections = await Promise.all([connectHttp2(url, { session }), connectHttp2(url, { session })]);
      for (const connection of connections) assert.equal((await connection.close()).wasClean, true);
      session.close();
      await server.close();
    });
  }

  it('a session of a server without WebSockets is refused each time', async () => {
    const http = createServer().listen(0, '127.0.0.1');
    await once(http, 'listening');
    const { port } = http.address() as AddressInfo;
    const session = connectSession(`http://127.0.0.1:${port}`);
    await once(session, 'connect');
    for (let round = 0; round < 3; round++) {
      await assert.rejects(connectHttp2(`ws://127.0.0.1:${port}/`, { session }), {
        code: 'ERR_CONNECT_FAILED',
        message: /ENABLE_CONNECT_PROTOCOL/,
      });
    }
    assert.equal(session.closed, false);
    session.close();
    http.close();
    await once(http, 'close');
  });

  it('a session that is closing takes no request, and keeps its connections', async () => {
    const server = await listenHttp2(HERE);
    const url = `ws://127.0.0.1:${portOf(server)}/`;
    const session = await sessionTo(portOf(server));
    const open = await connectHttp2(url, { session });
    session.close();
    await assert.rejects(connectHttp2(url, { session }), {
      name: 'HandshakeError',
      code: 'ERR_CONNECT_FAILED',
    });
    assert.equal((await open.close()).wasClean, true);
    await server.close();
  });

  for (const [what, make] of [
    ['listenHttp2', async () => listenHttp2(HERE)],
    [
      'attachHttp2 beside an application',
      async () => attached((http) => http.on('request', (_, response) => response.end('x'))),
    ],
    ['attachHttp2 alone', async () => attached()],
  ] as const) {
    it(`${what} answers other CONNECTs`, async () => {
      const server = await make();
      const session = await sessionTo('port' in server ? server.port : portOf(server));
      assert.equal(await statusOf(session, PLAIN_CONNECT), 405);
      assert.equal(await statusOf(session, extended('connect-udp')), 501);
      assert.equal(await statusOf(session, extended('websocket')), 400);
      assert.equal(await statusOf(session, extended('websocket', { 'sec-websocket-version': '12' })), 426);
      assert.equal(await statusOf(session, extended('WebSocket', { 'sec-websocket-version': '13' })), 200);
      const other = await statusOf(session, { ':path': '/' });
      assert.equal(other, { listenHttp2: 426, 'attachHttp2 alone': 404 }[what as string] ?? 200);
      session.close();
      await server.close();
    });
  }

  it('a CONNECT that other code answers is left alone', async () => {
    const { port, close } = await attached((http) => {
      http.on('request', (_, response) => response.end('x'));
      http.on('connect', (request, response) => {
        if (request.headers[':protocol'] === 'websocket') return;
        response.writeHead(418);
        response.end();
      });
    });
    const session = await sessionTo(port);
    assert.equal(await statusOf(session, PLAIN_CONNECT), 418);
    assert.equal(await statusOf(session, extended('websocket', { 'sec-websocket-version': '13' })), 200);
    session.close();
    await close();
  });

  it('a refused request leaves no stream, though the client ends none', async () => {
    const server = await listenHttp2({ ...HERE, verifyClient: () => false });
    const session = await sessionTo(portOf(server));
    for (let round = 0; round < 20; round++) {
      const stream = session.request(extended('websocket', { 'sec-websocket-version': '13' }), {
        endStream: false,
      });
      stream.on('error', () => undefined);
      stream.resume();
      const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
      assert.equal(headers[':status'], 401);
      if (!stream.closed) await once(stream, 'close');
    }
    session.close();
    await server.close();
  });

  it('an answer of 200 that ends the stream opens nothing', async () => {
    const http = createServer({ settings: { enableConnectProtocol: true } });
    http.on('stream', (stream) => stream.respond({ ':status': 200 }, { endStream: true }));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    await assert.rejects(connectHttp2(`ws://127.0.0.1:${(http.address() as AddressInfo).port}/`), {
      code: 'ERR_CONNECT_FAILED',
      message: /ended the stream/,
    });
    http.close();
    await once(http, 'close');
  });

  it('headers are checked as over HTTP/1.1, and harm no other stream of the session', async () => {
    const seen: NodeJS.Dict<string | string[]>[] = [];
    const server = await listenHttp2({ ...HERE, verifyClient: ({ headers }) => seen.push(headers) > 0 });
    const url = `ws://127.0.0.1:${portOf(server)}/`;
    const session = await sessionTo(portOf(server));
    const other = await connectHttp2(url, { session });
    const bad: NonNullable<ConnectOptions['headers']>[] = [
      { 'x-a': '1\r\nx-b: 2' },
      { 'x-a': '1\nx' },
      { 'x-a': '1\0x' },
      { 'x-a': '1\0\0x-injected\0yes' },
      { 'x-a': ['1', 'b\n'] },
      { 'x a': '1' },
      { ':path': '/x' },
      { '': '1' },
    ];
    for (const headers of bad) {
      const errors = await Promise.all(
        [connectHttp2(url, { session, headers }), connect(url, { headers })].map((attempt) =>
          attempt.then(
            () => assert.fail('open'),
            (error: unknown) => error as HandshakeError,
          ),
        ),
      );
      assert.deepEqual([errors[0]!.name, errors[0]!.code], [errors[1]!.name, errors[1]!.code]);
      assert.equal(errors[0]!.name, 'TypeError');
    }
    seen.length = 0;
    const headers = {
      Host: 'virtual.example',
      Cookie: ['a=1', 'b=2'],
      'X-Api-Key': 'k',
      Upgrade: 'h2c',
      Connection: 'keep-alive',
      TE: 'gzip',
      'Proxy-Connection': 'x',
      'HTTP2-Settings': 'x',
      'Sec-WebSocket-Version': '12',
      'Sec-WebSocket-Key': 'mine',
    };
    await (await connectHttp2(url, { session, headers })).close();
    const [got] = seen;
    assert.deepEqual(
      [
        got!['host'],
        got!['cookie'],
        got!['x-api-key'],
        got!['upgrade'],
        got!['sec-websocket-version'],
        got!['te'],
      ],
      ['virtual.example', 'a=1; b=2', 'k', 'websocket', '13', undefined],
    );
    await (
      await connectHttp2(url, {
        session,
        headers: JSON.parse('{"__proto__": "p"}') as Record<string, string>,
      })
    ).close();
    assert.equal(Object.entries(seen[1]!).find(([name]) => name === '__proto__')?.[1], 'p');
    assert.equal(other.state, 'open');
    await other.close();
    session.close();
    await server.close();
  });

  it('credentials are sent, and are not visible', async () => {
    let authorization: string | undefined;
    const server = await listenHttp2({
      ...HERE,
      verifyClient: (request) => (authorization = request.headers.authorization) !== undefined,
    });
    const connection = await connectHttp2(`ws://user:se%20cret@127.0.0.1:${portOf(server)}/x`);
    assert.equal(authorization, `Basic ${Buffer.from('user:se cret').toString('base64')}`);
    assert.equal(connection.url, `ws://127.0.0.1:${portOf(server)}/x`);
    await connection.close();
    await server.close();
  });

  it("a server that never ends its side cannot keep the client's transport open", async () => {
    const http = createServer({ settings: { enableConnectProtocol: true } });
    const server = attachHttp2(http);
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    // The proxy between them forwards everything except for the server's end.
    const proxy = createTcpServer({ allowHalfOpen: true }, (down) => {
      const up = connectTcp((http.address() as AddressInfo).port, '127.0.0.1');
      up.on('error', () => undefined).on('data', (chunk: Buffer) => down.write(chunk));
      down.on('data', (chunk: Buffer) => up.write(chunk)).on('end', () => up.end());
      down.on('error', () => down.destroy()).on('close', () => up.destroy());
      halves.push(down);
    });
    const halves: TcpSocket[] = [];
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const url = `ws://127.0.0.1:${(proxy.address() as AddressInfo).port}/`;
    const connection = await connectHttp2(url, { closeTimeout: 50 });
    await connection.close();
    const [down] = halves;
    // Writing to a peer that has gone fails. A peer that only ended its side would accept all writes.
    while (!down!.destroyed) {
      down!.write('x');
      await new Promise((resolve) => setImmediate(resolve));
    }
    proxy.close();
    await server.close();
    http.close();
    await once(http, 'close');
  });
});
