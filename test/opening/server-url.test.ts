import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { attach, attachHttp2, connect, connectHttp2, listen, listenHttp2 } from '../../lib/index.js';
import type { ListenOptions, Server } from '../../lib/index.js';
import { urlOf } from '../../lib/opening/server-url.js';
import { targetOf } from '../../lib/opening/target.js';
import { makeCertificate } from '../support/certificate.js';
import { leavesNothing } from '../support/leaks.js';

const hasIPv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);

/** Opens a connection to the url, and tells which path its server has seen. */
async function reach(
  server: Server,
  to = connect,
  tls?: { readonly ca: string },
): Promise<string | undefined> {
  const arrival = once(server, 'connection') as Promise<[unknown, { readonly url: string }]>;
  const connection = await to(server.url, tls === undefined ? {} : { tls });
  const [, request] = await arrival;
  await connection.close();
  return request.url;
}

async function listening(options: ListenOptions, body: (server: Server) => Promise<void>): Promise<void> {
  const server = await listen(options);
  try {
    await body(server);
  } finally {
    await server.close();
  }
}

describe('the url of a server', () => {
  leavesNothing();

  for (const [host, expected] of [
    ['127.0.0.1', /^ws:\/\/127\.0\.0\.1:\d+\/$/],
    ['localhost', /^ws:\/\/(127\.0\.0\.1|\[::1\]):\d+\/$/],
    ['0.0.0.0', /^ws:\/\/127\.0\.0\.1:\d+\/$/],
    ['::1', /^ws:\/\/\[::1\]:\d+\/$/],
    ['::', /^ws:\/\/\[::1\]:\d+\/$/],
    ['::ffff:127.0.0.1', /^ws:\/\/\[::ffff:127\.0\.0\.1\]:\d+\/$/],
    ['::ffff:0.0.0.0', /^ws:\/\/127\.0\.0\.1:\d+\/$/],
    [undefined, /^ws:\/\/(127\.0\.0\.1|\[::1\]):\d+\/$/],
  ] as const) {
    if (host?.startsWith('::') === true && !hasIPv6) continue;
    it(`leads to a server on ${host ?? 'all interfaces'}`, async () => {
      await listening({ host }, async (server) => {
        assert.match(server.url, expected);
        assert.equal(await reach(server), '/');
      });
    });
  }

  it('has the path that the server takes, if it is text', async () => {
    await listening({ host: '127.0.0.1', path: '/chat/%C3%A9' }, async (server) => {
      assert.ok(server.url.endsWith('/chat/%C3%A9'));
      assert.equal(await reach(server), '/chat/%C3%A9');
    });
    await listening({ host: '127.0.0.1', path: /^\/$/ }, async (server) => {
      assert.equal(await reach(server), '/');
    });
  });

  it('is wss: with TLS, over HTTP/1.1 and HTTP/2', async () => {
    const { cert, key } = await makeCertificate();
    await listening({ host: '127.0.0.1', tls: { cert, key } }, async (server) => {
      assert.match(server.url, /^wss:\/\/127\.0\.0\.1:\d+\/$/);
      await reach(server, connect, { ca: cert });
    });
    for (const tls of [undefined, { cert, key }]) {
      await using server = await listenHttp2({ host: '127.0.0.1', tls, path: '/two' });
      assert.match(server.url, tls === undefined ? /^ws:.*\/two$/ : /^wss:.*\/two$/);
      assert.equal(await reach(server, connectHttp2, tls && { ca: cert }), '/two');
    }
  });

  if (process.platform !== 'win32')
    it('leads to a unix socket, whatever the name of its file', async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'url-'));
      const { cert, key } = await makeCertificate();
      try {
        await mkdir(path.join(folder, 'a b:'));
        for (const name of ['plain.sock', 'a b:/c', 'x:y', 'é 用户', '50%25', 'q?x#y', 'z:']) {
          const socketPath = path.join(folder, name);
          await listening({ socketPath, path: '/p' }, async (server) => {
            assert.ok(server.url.startsWith('ws+unix:/'));
            assert.equal(await reach(server), '/p');
          });
        }
        for (const name of ['a b:/../up', 'a b:/./same', './/a b:/.././x:y'])
          await listening({ socketPath: `${folder}/${name}`, path: '/p' }, async (server) => {
            assert.equal(targetOf(server.url).socketPath, `${folder}/${name}`);
            assert.equal(await reach(server), '/p');
          });
        await listening({ socketPath: `/${folder}/double` }, async (server) => {
          await reach(server);
        });
        await listening({ socketPath: path.join(folder, 'tls'), tls: { cert, key } }, async (server) => {
          assert.ok(server.url.startsWith('wss+unix:/'));
          await reach(server, connect, { ca: cert });
        });
        const relative = path.relative(process.cwd(), path.join(folder, 'relative'));
        await listening({ socketPath: relative }, async (server) => {
          await reach(server);
        });
      } finally {
        await rm(folder, { recursive: true });
      }
    });

  if (process.platform === 'linux')
    it('leads to an abstract socket of Linux', async () => {
      await listening({ socketPath: `\0url ${process.pid}` }, async (server) => {
        assert.equal(await reach(server), '/');
      });
    });

  it('names a pipe of Windows', () => {
    for (const pipe of ['\\\\.\\pipe\\of us', '\\\\?\\pipe\\a:\\b', '//./pipe/x', '//?/pipe/./x']) {
      const { socketPath, path: asked } = targetOf(urlOf({ address: () => pipe }, '/p'));
      assert.deepEqual([socketPath, asked], [pipe, '/p']);
    }
  });

  it('is an error for an address with a zone', () => {
    const address = { address: 'fe80::1%eth0', family: 'IPv6', port: 5 };
    assert.throws(() => urlOf({ address: () => address }, '/'), { code: 'ERR_INVALID_ADDRESS' });
  });

  it('has each path that an endpoint can have, and no other path is accepted', async () => {
    for (const taken of ['//x', "/a'b", '/a|b^[c]', '/a:b', '/%zz', '/a%2fb', '/...', '/.a'])
      await listening({ host: '127.0.0.1', path: taken }, async (server) => {
        assert.equal(await reach(server), taken);
      });
    for (const path of [
      '/a"b',
      '/a<b',
      '/a>b',
      '/a\\b',
      '/a`b',
      '/a{b}',
      '/a/../b',
      '/./b',
      '/%2e%2E/b',
      '/a/..',
    ])
      await assert.rejects(listen({ host: '127.0.0.1', path }), (error: Error) => {
        const { pathname } = new URL(`ws://host${path}`);
        return error instanceof TypeError && error.message.endsWith(`'${pathname}', not '${path}'`);
      });
  });

  it('is an error until the server of attach listens, and after the end', async () => {
    const none = { code: 'ERR_SERVER_NOT_RUNNING', message: /it does not listen yet, or no longer/ };
    const { cert, key } = await makeCertificate();
    for (const [http, scheme] of [
      [createServer(), 'ws'],
      [createTlsServer({ cert, key }), 'wss'],
    ] as const) {
      const server = attach(http, { path: '/here' });
      assert.throws(() => server.url, none);
      http.listen(0, '127.0.0.1');
      await once(http, 'listening');
      assert.ok(server.url.startsWith(`${scheme}://127.0.0.1:`) && server.url.endsWith('/here'));
      await reach(server, connect, { ca: cert });
      await server.close();
      http.close();
      assert.throws(() => server.url, none);
    }
    const http2 = createSecureServer({ cert, key, settings: { enableConnectProtocol: true } });
    http2.listen(0, '127.0.0.1');
    await once(http2, 'listening');
    const server = attachHttp2(http2);
    await reach(server, connectHttp2, { ca: cert });
    await server.close();
    http2.close();
  });
});
