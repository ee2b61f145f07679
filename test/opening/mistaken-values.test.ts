import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createSecureServer, createServer as createHttp2Server } from 'node:http2';
import { createServer as createTcpServer } from 'node:net';
import type { listen } from '../../lib/index.js';
import { attach, attachHttp2, connect, connectHttp2 } from '../../lib/index.js';
import { prepare, takeOutput, WebSocket, WebSocketStream } from '../../lib/index.js';
import { makeCertificate } from '../support/certificate.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere, portOf } from '../support/open.js';
import { untyped } from '../support/untyped.js';

type Wrong = Readonly<Record<string, readonly (readonly [value: unknown, message: RegExp])[]>>;

/** Values that options of clients and servers cannot have. */
const EVERYWHERE: Wrong = {
  maxPayload: [
    ['5', /maxPayload must be a number, not string/],
    [-1, /from 0 to/],
    [NaN, /not NaN/],
    [null, /must be a number/],
  ],
  closeTimeout: [[Infinity, /not Infinity/]],
  keepAlive: [
    [null, /keepAlive must be a boolean, a number or an object, not null/],
    [[], /not a list/],
    [0, /false is no keep-alive/],
    ['30s', /not string/],
  ],
  backend: [['Native', /'auto', 'native' or 'portable'/]],
  component: [
    [null, /component must be a component/],
    [{}, /component must be a component/],
  ],
  driver: [['x', /driver must be 'auto' or 'action-loop'/]],
  handle: [
    [null, /handle must be an object, not null/],
    [5, /not 5/],
  ],
  extensions: [
    [null, /extensions must be a list of extensions, not null/],
    ['x', /must be a list/],
    [[null], /list of objects/],
    [[{}], /list of objects/],
  ],
  perMessageDeflate: [
    ['yes', /boolean or an object/],
    [null, /boolean or an object, not null/],
    [{ threshold: 'x' }, /threshold must be a number of at least 0/],
    [{ level: 5 }, /zlibDeflateOptions: \{ level \}/],
  ],
  protocols: [
    ['a, b', /several subprotocols are a list/],
    ['', /'' is no subprotocol/],
    [['a b'], /'a b' is no subprotocol/],
    [['a', 'a'], /'a' is there twice/],
    [[1], /list of strings/],
    [new Set(['a']), /list of strings/],
    [null, /not null/],
  ],
  signal: [
    [null, /AbortSignal/],
    [new AbortController(), /AbortSignal/],
  ],
  tls: [
    [true, /tls must be an object, not true/],
    [null, /not null/],
  ],
};

const OF_CLIENTS: Wrong = {
  agent: [
    [null, /agent must be an agent of node:http, not null/],
    [{ dispatch: () => true }, /undici is none: use createConnection/],
  ],
  createConnection: [[{}, /createConnection must be a function/]],
  followRedirects: [[5, /followRedirects must be a boolean/]],
  net: [
    ['x', /net must be an object/],
    [{ port: 1 }, /net has no option port: it is part of the URL/],
    [{ path: '/x' }, /use socketPath/],
  ],
  origin: [
    [5, /origin must be a string/],
    [new URL('http://a/'), /origin must be a string/],
  ],
  protocolRequired: [['no', /protocolRequired must be a boolean/]],
  socketPath: [
    ['', /not empty/],
    [null, /not null/],
  ],
  port: [[1, /port: it is part of the URL/]],
  onmessage: [[() => 0, /on\('message'\)/]],
  reconnect: [[true, /opens one connection/]],
  cookies: [['a', /headers: \{ Cookie \}/]],
};

const OF_SERVERS: Wrong = {
  backlog: [
    ['x', /backlog must be a number/],
    [-1, /backlog must be an integer from 0/],
  ],
  handleProtocols: [['chat', /handleProtocols of a server must be a function/]],
  headers: [[{ a: 'b' }, /headers of a server must be a function, not an object/]],
  host: [
    ['http://localhost', /without scheme/],
    ['localhost:80', /without scheme, port/],
    [null, /host must be a string/],
  ],
  maxConnections: [
    ['5', /must be a number, not a string/],
    [NaN, /not negative/],
  ],
  origins: [
    ['*', /without the option, pages of all origins may connect/],
    [['*'], /has no '\*'/],
    ['https://*.example', /use a RegExp or a function/],
    ['a.example', /such as 'https:\/\/a\.example'/],
    ['https://a.example/', /did you mean 'https:\/\/a\.example'\?/],
    ['https://a.example:443', /did you mean 'https:\/\/a\.example'\?/],
    ['HTTPS://A.example', /did you mean 'https:\/\/a\.example'\?/],
    ['app://x/y', /did you mean 'app:\/\/x'\?/],
    [true, /origins must be/],
  ],
  path: [
    ['/*', /use a RegExp or a function/],
    ['/chat/:room', /use a RegExp or a function/],
    ['/é', /'\/%C3%A9', not/],
    [['/a', '/b'], /attach once for each path/],
  ],
  port: [
    [null, /port must be a number from 0 to 65535, not null/],
    ['x', /port must be/],
    [true, /not true/],
  ],
  socketPath: [[5, /must be a string that is not empty/]],
  cors: [[{}, /use origins/]],
  message: [[() => 0, /handler as last argument/]],
  ipv6Only: [[true, /attach\(server\)/]],
};

const rejects = (call: () => unknown, message: RegExp): Promise<void> =>
  assert.rejects(
    async () => {
      await call();
    },
    (error: Error) => {
      assert.match(error.name, /^(TypeError|RangeError)$/);
      assert.match(error.message, message);
      return true;
    },
  );

describe('mistaken values', () => {
  leavesNothing();

  for (const [name, values] of Object.entries({ ...EVERYWHERE, ...OF_CLIENTS }))
    it(`of ${name} are refused by connect`, async () => {
      for (const [value, message] of values)
        await rejects(() => untyped.connect('ws://127.0.0.1:1/', { [name]: value }), message);
    });

  for (const [name, values] of Object.entries({ ...EVERYWHERE, ...OF_SERVERS }))
    it(`of ${name} are refused by listen`, async () => {
      for (const [value, message] of values)
        await rejects(() => untyped.listen({ host: '127.0.0.1', [name]: value }), message);
    });

  it('of tls are refused if no client could connect', async () => {
    await rejects(() => untyped.listen({ tls: {} }), /no certificate: it needs cert and key/);
    await rejects(() => untyped.listenHttp2({ tls: { key: 'x' } }), /no certificate/);
  });

  it('do not include the origins of browsers and other programs', async () => {
    const origins = ['null', 'http://[::1]:8080', 'chrome-extension://abc', 'file://', 'https://a.example'];
    await (await listenHere({ origins })).close();
  });

  it('of the newest functions name the way that works', async () => {
    const server = await listenHere();
    const url = `ws://127.0.0.1:${portOf(server)}/`;
    const connection = await connect(url);
    await rejects(
      () => untyped.listen({ port: 0, handler: () => undefined }),
      /give a handler as last argument/,
    );
    await rejects(() => untyped.connectHttp2(url, { session: {} }), /a session of node:http2/);
    await rejects(() => untyped.connectHttp2(url, { session: null }), /session must be an object, not null/);
    const publish = (options: unknown) => () => server.publish('a', 'x', options as object);
    assert.throws(publish({ compress: false }), /use prepare\(data, \{ compress \}\)/);
    assert.throws(publish(connection), /\{ except: connection \}/);
    assert.throws(() => server.broadcast('x', connection as object), /\{ except: connection \}/);
    for (const handle of [undefined, null, {}, 'x'])
      assert.throws(() => takeOutput(handle as never), /takeOutput needs a handle/);
    assert.throws(
      () => new WebSocketStream(url, { headers: {} } as object),
      /WebSocketStream has no option headers/,
    );
    assert.throws(() => new WebSocketStream(url, { protocol: 'a' } as object), /use protocols/);
    const browsers = new WebSocket(url);
    await new Promise((resolve) => (browsers.onopen = resolve));
    assert.throws(() => browsers.send(prepare('x') as never), /a prepared message is sent by/);
    browsers.close();
    connection.terminate();
    await server.close();
  });

  it('of a URL are refused', async () => {
    await rejects(() => untyped.connect('example.com/chat'), /did you mean ws:\/\/example\.com\/chat\?/);
    await rejects(() => untyped.connect('user:secret@example.com'), /^(?!.*secret).*begin with ws:/);
    await rejects(() => untyped.connect({ host: 'a', port: 1 }), /host and port are part of the URL/);
    await rejects(() => untyped.connect({ url: 'ws://a' }), /not an object; did you mean its property url\?/);
    await rejects(() => untyped.connect(8080, '127.0.0.1'), /did you mean 'ws:\/\/localhost:8080'\?/);
    await rejects(() => untyped.connect(new Request('http://a/')), /not an object/);
  });

  it('of the arguments of listen are refused', async () => {
    await rejects(() => untyped.listen(null), /must be an object, not null/);
    await rejects(() => untyped.listen(0, null), /must be an object, not null/);
    await rejects(() => untyped.listen('8080x'), /port first/);
    await rejects(() => untyped.listen('/tmp/x.sock'), /option socketPath/);
    await rejects(() => untyped.listen(() => 0), /not a handler alone/);
    await rejects(() => untyped.listen(0, '127.0.0.1', 511, () => 0), /backlog is an option/);
    await rejects(() => untyped.listen({}, 'x'), /handler must be a function, not a string/);
    await rejects(
      () =>
        untyped.listen(
          {},
          () => 0,
          () => 0,
        ),
      /nothing after the handler/,
    );
    await rejects(() => untyped.listen(createServer()), /use attach\(server, options\)/);
  });

  it('of the servers to attach to are refused', async () => {
    const { key, cert } = await makeCertificate();
    const wrong = [
      ['attach', createTcpServer(), /not one of node:net/],
      ['attach', createHttp2Server(), /use attachHttp2/],
      ['attachHttp2', createServer(), /use attach/],
      ['attach', createServer(), /path: '\/chat'/, '/chat'],
      ['attach', createServer(), /must be an object, not null/, null],
    ] as const;
    for (const [where, server, message, options] of wrong)
      await rejects(() => untyped[where](server, options), message);
    const both = createSecureServer({ allowHTTP1: true, key, cert });
    await (untyped.attach(both) as ReturnType<typeof attach>).close();
    await attachHttp2(both).close();
    const server = await listenHere();
    await rejects(() => untyped.attach(server), /has one as httpServer/);
    await server.close();
  });

  it('of reading connections are refused', async () => {
    for (const server of [await listenHere({}, () => 0), (await listenHere()).on('connection', () => 0)]) {
      assert.throws(() => server[Symbol.asyncIterator](), {
        name: 'TypeError',
        message: /a handler or a listener/,
      });
      await server.close();
    }
  });

  it('of accept are refused', async () => {
    await rejects(() => untyped.accept(), /\(request, socket, head, options\)/);
    await rejects(() => untyped.accept({ headers: {} }), /\(request, socket, head, options\)/);
    await rejects(() => untyped.accept({}, {}, Buffer.alloc(0), () => 0), /takes no callback/);
  });

  it('do not include understood habits of other packages', async () => {
    const handled: unknown[] = [];
    const handler = (connection: unknown): unknown => handled.push(connection);
    for (const args of [
      ['0', '127.0.0.1', handler],
      ['0', handler],
      [0, '127.0.0.1', {}, handler],
    ]) {
      const server = (await untyped.listen(...args)) as Awaited<ReturnType<typeof listen>>;
      await (await connect(`ws://127.0.0.1:${portOf(server)}/`)).close();
      await server.close();
    }
    const http = createServer().listen(0, '127.0.0.1');
    const server = attach(http, handler);
    await new Promise((resolve) => http.once('listening', resolve));
    await (await connect(`ws://127.0.0.1:${portOf(server)}/`)).close();
    await server.close();
    await new Promise((resolve) => http.close(resolve));
    assert.equal(handled.length, 4);
  });

  it('of the scheme are named by the error of the connection', async () => {
    const { key, cert } = await makeCertificate();
    const plain = await listenHere();
    const secure = await listenHere({ tls: { key, cert } });
    await assert.rejects(connect(`wss://127.0.0.1:${portOf(plain)}/`), {
      code: 'ERR_CONNECT_FAILED',
      message: /speaks no TLS here: the URL of a server without TLS begins with ws:/,
    });
    await assert.rejects(connect(`ws://127.0.0.1:${portOf(secure)}/`), { message: /begins with wss:/ });
    await assert.rejects(connect(`wss://localhost:${portOf(secure)}/`, { net: { family: 4 } }), {
      message: /tls: \{ ca \} names a certificate to trust/,
    });
    await assert.rejects(connectHttp2(`ws://127.0.0.1:${portOf(plain)}/`), { message: /speaks no HTTP\/2/ });
    await plain.close();
    await secure.close();
  });
});
