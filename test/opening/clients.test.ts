import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server as HttpServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { connect as connectSocket, createServer as createNetServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket as Ws } from 'ws';
import { connect, connectHttp2, listen, portable } from '../../lib/index.js';
import type { Component, ConnectOptions, HandshakeError } from '../../lib/index.js';
import { ComponentError } from '../../lib/component/index.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere, portOf } from '../support/open.js';
import { acceptOf, rawRequest } from '../support/raw-peer.js';
import { WAYS } from '../support/ways.js';

/** A server that records requests and refuses them. */
async function refusing(at?: string): Promise<{
  http: HttpServer;
  seen: { url: string; authorization: string | undefined; host: string | undefined }[];
  close: () => Promise<void>;
}> {
  const http = createServer();
  const seen: { url: string; authorization: string | undefined; host: string | undefined }[] = [];
  http.on('upgrade', ({ url, headers }, socket: Socket) => {
    seen.push({ url: url!, authorization: headers.authorization, host: headers.host });
    socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
  });
  if (at === undefined) http.listen(0, '127.0.0.1');
  else http.listen(at);
  await once(http, 'listening');
  return {
    http,
    seen,
    async close() {
      http.close();
      http.closeAllConnections();
      await once(http, 'close');
    },
  };
}

const askWs = (url: string): Promise<void> =>
  new Promise((resolve) => {
    const socket = new Ws(url);
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });

const portOfHttp = (http: { address(): unknown }): number => (http.address() as AddressInfo).port;

/** A server that answers each request with given bytes and leaves its transport open. */
async function answering(
  answer: (accept: string, head: string) => string,
): Promise<{ url: string; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createNetServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let head = '';
    socket.on('data', (chunk: Buffer) => {
      if (head.includes('\r\n\r\n')) return;
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.write(answer(acceptOf(/sec-websocket-key: (\S+)/i.exec(head)?.[1] ?? ''), head), 'latin1');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${portOfHttp(server)}`,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

const switching = (...lines: string[]): string =>
  ['HTTP/1.1 101 Switching Protocols', ...lines, '', ''].join('\r\n');

describe('the targets of clients', () => {
  leavesNothing();

  it('credentials are sent as ws sends them', async () => {
    const { http, seen, close } = await refusing();
    for (const user of [
      'user:pass',
      ':token',
      'user:100%',
      'us%er:p',
      'user',
      'u:p%40ss%23',
      'üser:pä',
      'a:b:c',
      '%ff:x',
    ]) {
      const url = `ws://${user}@127.0.0.1:${portOfHttp(http)}/`;
      await assert.rejects(connect(url), { statusCode: 404 });
      await askWs(url);
      const [ours, theirs] = seen.splice(0);
      assert.notEqual(theirs!.authorization, undefined);
      assert.deepEqual(ours, theirs, user);
    }
    await close();
  });

  if (process.platform !== 'win32')
    it('paths on unix sockets are sent as written, as ws sends them', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'wspc-'));
      const file = join(folder, 'a.sock');
      const { seen, close } = await refusing(file);
      for (const path of [
        '/a',
        '/a%20b',
        '/a%2Fb%3Fc',
        '/%E2%82%AC',
        '/100%',
        '/a?b=%20',
        '/x:/y',
        '/a%0d%0a',
      ]) {
        await assert.rejects(connect(`ws+unix:${file}:${path}`), { statusCode: 404 });
        await askWs(`ws+unix:${file}:${path}`);
        assert.deepEqual(
          seen.splice(0).map(({ url }) => url),
          [path, path],
        );
      }
      await close();
      await rm(folder, { recursive: true });
    });

  it('no secret of a URL is visible, over either transport', async () => {
    const told: string[] = [];
    const listener = (message: unknown): void => {
      const { url, error } = message as { url: string; error?: Error };
      told.push(url, String(error?.message), String(error?.stack));
    };
    subscribe('websocket-protocol-component:handshake', listener);
    const server = await listenHere();
    const url = `ws://user:secret@127.0.0.1:${portOf(server)}/x`;
    const connection = await connect(url);
    told.push(connection.url);
    await connection.close();
    await server.close();
    for (const attempt of [
      () => connect(url),
      () => connectHttp2(url),
      () => connect('ws://user:secret@bad host/'),
      () => connect('ws://user:secret@127.0.0.1/#fragment'),
    ]) {
      const error = await attempt().then(
        () => assert.fail(),
        (reason: unknown) => reason as Error,
      );
      told.push(error.message, String(error.stack), JSON.stringify(error));
    }
    unsubscribe('websocket-protocol-component:handshake', listener);
    assert.ok(told.length > 10);
    for (const text of told) assert.doesNotMatch(text, /secret/);
  });

  it('createConnection may return a promise, which must give a transport', async () => {
    const server = await listenHere();
    const url = 'ws://somewhere.invalid/';
    const later = await connect(url, {
      createConnection: async () => Promise.resolve(connectSocket(portOf(server), '127.0.0.1')),
    });
    await later.close();
    const reason = new Error('no transport');
    for (const [createConnection, cause] of [
      [() => Promise.reject(reason), /no transport/],
      [
        () => {
          throw reason;
        },
        /no transport/,
      ],
      [() => ({}), /Duplex/],
      [() => null, /Duplex/],
      [() => Promise.resolve('x'), /Duplex/],
    ] as const) {
      await assert.rejects(connect(url, { createConnection } as ConnectOptions), (error: HandshakeError) => {
        assert.equal(error.code, 'ERR_CONNECT_FAILED');
        assert.match((error.cause as Error).message, cause);
        return true;
      });
    }
    await server.close();
  });
});

describe('redirects', () => {
  leavesNothing();

  const redirecting = async (
    location: string,
    options: ConnectOptions = {},
    from = 'ws://u:p@127.0.0.1',
  ): Promise<HandshakeError> => {
    const http = createServer((_, response) => response.writeHead(302, { Location: location }).end());
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const url = `${from}:${portOfHttp(http)}/`;
    const error = await connect(url, { followRedirects: true, ...options }).then(
      () => assert.fail('open'),
      (reason: unknown) => reason as HandshakeError,
    );
    http.close();
    http.closeAllConnections();
    await once(http, 'close');
    return error;
  };

  it('do not send Host and credentials to another origin', async () => {
    const { http, seen, close } = await refusing();
    const host = `127.0.0.1:${portOfHttp(http)}`;
    const headers = { Host: 'first.example', Authorization: 'secret' };
    assert.equal((await redirecting(`http://${host}/x`, { headers })).statusCode, 404);
    assert.equal((await redirecting(`http://a:b@${host}/x`)).statusCode, 404);
    assert.deepEqual(seen, [
      { url: '/x', authorization: undefined, host },
      { url: '/x', authorization: undefined, host },
    ]);
    await close();
  });

  it('never lead to a unix socket or to another scheme, and show no secret', async () => {
    for (const location of [
      'ws+unix:/var/run/docker.sock:/x',
      'ftp://u:secret@x/',
      'file:///etc/passwd',
      'http://[',
      'data:,x',
    ]) {
      const error = await redirecting(location);
      assert.deepEqual([error.code, error.statusCode], ['ERR_UNSAFE_REDIRECT', 302]);
      assert.doesNotMatch(error.message, /secret/);
    }
  });

  if (process.platform !== 'win32')
    it('lead to another path of the same unix socket, and nowhere else', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'wspc-'));
      const file = join(folder, 'a.sock');
      const asked: string[] = [];
      const http = createServer();
      http.on('upgrade', ({ url }, socket: Socket) => {
        asked.push(url!);
        const location = { '/a': '/b', '/away': 'ws://127.0.0.1:1/' }[url!];
        const line = location === undefined ? '' : `Location: ${location}\r\n`;
        socket.end(`HTTP/1.1 ${location === undefined ? 404 : 307} x\r\n${line}Content-Length: 0\r\n\r\n`);
      });
      http.listen(file);
      await once(http, 'listening');
      await assert.rejects(connect(`ws+unix:${file}:/a`, { followRedirects: true }), { statusCode: 404 });
      assert.deepEqual(asked, ['/a', '/b']);
      await assert.rejects(connect(`ws+unix:${file}:/away`, { followRedirects: true }), {
        code: 'ERR_UNSAFE_REDIRECT',
      });
      http.close();
      await once(http, 'close');
      await rm(folder, { recursive: true });
    });
});

describe('answers that refuse', () => {
  leavesNothing();

  for (const [what, answer, body] of [
    ['has no length', 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n', 'data: 1\n\n'],
    ['is shorter than its length', 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nno', 'no'],
    ['never comes', 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n', ''],
    ['is chunked without an end', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n', 'no'],
  ] as const) {
    it(`are reported although the body ${what}`, async () => {
      const { url, close } = await answering(() => answer);
      // Only the limit of the body can end this.
      await assert.rejects(connect(url, { handshakeTimeout: 0 }), (error: HandshakeError) => {
        assert.deepEqual([error.code, error.statusCode], ['ERR_UNEXPECTED_RESPONSE', 200]);
        assert.equal(error.response!.body.toString(), body);
        return true;
      });
      await close();
    });
  }

  it('can be aborted by a signal while the body is read', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const { url, close } = await answering(() => {
      setImmediate(() => controller.abort(reason));
      return 'HTTP/1.1 403 Forbidden\r\n\r\n';
    });
    await assert.rejects(
      connect(url, { signal: controller.signal }),
      (error: unknown) => error === reason || (error as Partial<HandshakeError>).statusCode === 403,
    );
    await close();
  });

  it('have a body over HTTP/2, too', async () => {
    const http = createHttp2Server({ settings: { enableConnectProtocol: true } });
    http.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      stream.respond({ ':status': 403, 'x-why': 'no' });
      if (headers[':path'] === '/ends') stream.end('because');
      else stream.write('because');
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    for (const path of ['/ends', '/never']) {
      await assert.rejects(
        connectHttp2(`ws://127.0.0.1:${portOfHttp(http)}${path}`, { handshakeTimeout: 0 }),
        (error: HandshakeError) => {
          assert.deepEqual([error.code, error.statusCode], ['ERR_UNEXPECTED_RESPONSE', 403]);
          assert.equal(error.response!.body.toString(), 'because');
          assert.equal(error.response!.headers['x-why'], 'no');
          return true;
        },
      );
    }
    http.close();
    await once(http, 'close');
  });
});

describe('lists in headers of answers', () => {
  leavesNothing();

  for (const { name, component, driver } of WAYS) {
    for (const [what, lines] of [
      ['Connection twice', ['Upgrade: websocket', 'Connection: Upgrade', 'Connection: Upgrade']],
      [
        'keep-alive and Upgrade in two lines',
        ['Upgrade: websocket', 'Connection: keep-alive', 'Connection: Upgrade'],
      ],
      ['Upgrade twice', ['Upgrade: websocket', 'Upgrade: websocket', 'Connection: Upgrade']],
      ['empty elements', ['Upgrade: websocket,', 'Connection: , Upgrade,,']],
      ['another case', ['Upgrade: WebSocket', 'Connection: upgrade,keep-alive']],
      [
        'an empty list of extensions',
        ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Extensions: '],
      ],
      ['an empty subprotocol', ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Protocol: ']],
      ['Latin-1 elsewhere', ['Upgrade: websocket', 'X-By: J\xf6rg', 'Connection: Upgrade']],
    ] as const) {
      it(`open with ${what}: ${name}`, async () => {
        const { url, close } = await answering((accept) =>
          switching(...lines, `Sec-WebSocket-Accept: ${accept}`),
        );
        const connection = await connect(url, { component, driver });
        assert.deepEqual([connection.protocol, connection.state], ['', 'open']);
        connection.terminate();
        await close();
      });
    }
  }

  for (const [what, message, lines] of [
    ['no Connection', /Connection/, ['Upgrade: websocket']],
    ['no Upgrade', /Upgrade/, ['Connection: Upgrade']],
    [
      'two proofs',
      /Sec-WebSocket-Accept/,
      ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Accept: x'],
    ],
    [
      'a subprotocol nobody offered',
      /Sec-WebSocket-Protocol/,
      ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Protocol: other'],
    ],
    [
      'two subprotocols',
      /Sec-WebSocket-Protocol/,
      ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Protocol: a, b'],
    ],
  ] as const) {
    it(`name the wrong header: ${what}`, async () => {
      const { url, close } = await answering((accept) =>
        switching(...lines, `Sec-WebSocket-Accept: ${accept}`),
      );
      await assert.rejects(connect(url, { protocols: ['a', 'b'] }), {
        code: 'ERR_INVALID_HANDSHAKE',
        message,
      });
      await close();
    });
  }
});

describe('lists in headers of requests', () => {
  leavesNothing();

  const GOOD = [
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    'Host: x',
    'Upgrade: websocket',
    'Connection: Upgrade',
  ];
  const changed = (name: string, ...lines: string[]): string =>
    ['GET / HTTP/1.1', ...GOOD.filter((line) => !line.startsWith(`${name}:`)), ...lines, '', ''].join('\r\n');

  for (const { name, component, driver } of WAYS) {
    it(`open, or are refused by name: ${name}`, async () => {
      const server = await listen({ host: '127.0.0.1', component, driver, protocols: ['a', 'b'] });
      server.on('connection', (connection) => connection.socket.end());
      for (const [request, answer] of [
        [changed('Connection', 'Connection: keep-alive', 'Connection: Upgrade'), /^HTTP\/1\.1 101 /],
        [changed('Connection', 'Connection: ,Upgrade,'), /^HTTP\/1\.1 101 /],
        [changed('Upgrade', 'Upgrade: websocket', 'Upgrade: websocket'), /^HTTP\/1\.1 101 /],
        [changed('Upgrade', 'Upgrade: foo/2, WebSocket'), /^HTTP\/1\.1 101 /],
        [changed('', 'Sec-WebSocket-Protocol: '), /^HTTP\/1\.1 101 /],
        [changed('', 'Sec-WebSocket-Protocol: x,,b,'), /101 .*Sec-WebSocket-Protocol: b\r\n/s],
        [
          changed('', 'Sec-WebSocket-Protocol: x', 'Sec-WebSocket-Protocol: b'),
          /101 .*Sec-WebSocket-Protocol: b\r\n/s,
        ],
        [changed('', 'Sec-WebSocket-Extensions: '), /^HTTP\/1\.1 101 /],
        [changed('', 'Cookie: n=J\xf6rg'), /^HTTP\/1\.1 101 /],
        [changed('', 'Sec-WebSocket-Protocol: b, b'), /400 .*Sec-WebSocket-Protocol/s],
        [changed('', 'Sec-WebSocket-Protocol: b c'), /400 .*Sec-WebSocket-Protocol/s],
        [changed('', 'Sec-WebSocket-Extensions: ;;'), /400 .*Sec-WebSocket-Extensions/s],
        [changed('', 'Sec-WebSocket-Version: 13'), /400 .*Sec-WebSocket-Version/s],
        [changed('', 'Host: y'), /400 /],
        [changed('Sec-WebSocket-Key', 'Sec-WebSocket-Key: x'), /400 .*Sec-WebSocket-Key/s],
        [changed('Sec-WebSocket-Version', 'Sec-WebSocket-Version: 8'), /426 .*Sec-WebSocket-Version: 13/s],
      ] as const) {
        assert.match(await rawRequest(portOf(server), Buffer.from(request, 'latin1')), answer, request);
      }
      await server.close();
    });
  }
});

/** As the documentation says literally: an answer without a subprotocol to an offer with some is an error (Q-H7). */
const strict: Component = {
  ...portable,
  backend: 'portable',
  createClientHandle(properties) {
    const handle = portable.createClientHandle(properties);
    const end = handle.endClientHandshake.bind(handle);
    let isOffered = false;
    const begin = handle.beginClientHandshake.bind(handle);
    handle.beginClientHandshake = (request) => {
      isOffered = (request?.subprotocols?.length ?? 0) !== 0;
      return begin(request);
    };
    handle.endClientHandshake = (headers) => {
      if (isOffered && !headers.some(({ name }) => /^sec-websocket-protocol$/i.test(name)))
        throw new ComponentError(0x83760004, 'WebSocketEndClientHandshake', 'portable');
      return end(headers);
    };
    return handle;
  },
  createServerHandle: (properties) => portable.createServerHandle(properties),
  getGlobalProperty: portable.getGlobalProperty.bind(portable),
};

describe('a server that chooses none of the subprotocols', () => {
  leavesNothing();

  for (const { name, component } of [...WAYS, { name: 'a strict component', component: strict }]) {
    it(`is refused, unless an option allows it: ${name}`, async () => {
      const server = await listen({ host: '127.0.0.1' });
      const url = `ws://127.0.0.1:${portOf(server)}/`;
      await assert.rejects(connect(url, { component, protocols: ['a', 'b'] }), (error: HandshakeError) => {
        assert.deepEqual([error.code, error.statusCode, error.cause], ['ERR_NO_SUBPROTOCOL', 101, undefined]);
        assert.match(error.message, /a, b/);
        return true;
      });
      const connection = await connect(url, { component, protocols: ['a', 'b'], protocolRequired: false });
      assert.deepEqual([connection.protocol, connection.state], ['', 'open']);
      assert.equal((await connection.close()).wasClean, true);
      await (await connect(url, { component })).close();
      await server.close();
    });
  }
});

describe('signals', () => {
  leavesNothing();

  it('have no listener left, in every outcome', async () => {
    const { signal } = new AbortController();
    const left = (): number => getEventListeners(signal, 'abort').length;
    const server = await listen({ host: '127.0.0.1', signal });
    assert.equal(left(), 0);
    const { url, close } = await answering(() => 'HTTP/1.1 403 Forbidden\r\n\r\n');
    const good = `ws://127.0.0.1:${portOf(server)}/`;
    const connection = await connect(good, { signal });
    assert.equal(left(), 0);
    await connection.close(1000, '', { signal });
    assert.equal(left(), 0);
    for (const attempt of [
      () => connect(url, { signal }),
      () => connect('ws://127.0.0.1:1/', { signal }),
      () => connect(good, { signal, protocols: 'x' }),
      () => connect(good, { signal, headers: { a: 'b\n' } }),
      () => connect('nonsense', { signal }),
      () => connectHttp2('ws://127.0.0.1:1/', { signal }),
      () => connectHttp2(good, { signal }),
      () => listen({ host: '127.0.0.1', port: portOf(server), signal }),
      () => listen({ host: '127.0.0.1', port: 70_000, signal }),
    ]) {
      await assert.rejects(attempt());
      assert.equal(left(), 0);
    }
    await server.close({ signal });
    assert.equal(left(), 0);
    await close();
  });

  it('that have aborted get no listener, and open nothing', async () => {
    const reason = new Error('before');
    const signal = AbortSignal.abort(reason);
    await assert.rejects(listen({ signal }), reason);
    await assert.rejects(connect('ws://127.0.0.1:1/', { signal }), reason);
    await assert.rejects(connectHttp2('ws://127.0.0.1:1/', { signal }), reason);
    const controller = new AbortController();
    const listening = listen({ host: 'localhost', signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(listening, reason);
  });
});
