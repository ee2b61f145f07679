import { strict as assert } from 'node:assert';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { connect, HandshakeError } from '../../lib/index.js';
import type { Connection, ConnectOptions } from '../../lib/index.js';
import { debian, itWith } from '../interop/programs.js';
import { makeCertificate } from '../support/certificate.js';
import type { Certificate } from '../support/certificate.js';
import { describeGuide, next, printedPort } from '../support/page-programs.js';
import { freePort } from '../support/ports.js';
import type { Program } from '../support/program.js';

const ORIGIN = 'https://example.com';

/** Whether another attempt can help: the proxy does not listen yet, or has not found the server healthy yet. */
function isEarly(error: unknown): boolean {
  return (
    error instanceof HandshakeError && (error.code === 'ERR_CONNECT_FAILED' || (error.statusCode ?? 0) >= 500)
  );
}

/** Connects through a proxy that is just starting. */
async function connectThrough(proxy: Program, url: string, options: ConnectOptions): Promise<Connection> {
  for (;;) {
    try {
      return await connect(url, options);
    } catch (error) {
      if (proxy.hasEnded) throw new Error(`${proxy.output}${proxy.errors}`, { cause: error });
      if (!isEarly(error)) throw error;
      await delay(20);
    }
  }
}

describeGuide('load-balancers', [], (guide) => {
  let certificate: Certificate;
  before(async () => {
    certificate = await makeCertificate();
    const { cert, key } = certificate;
    for (const [name, text] of [
      ['cert.pem', cert],
      ['key.pem', key],
      ['site.pem', `${cert}\n${key}`],
    ] as const)
      writeFileSync(path.join(guide.folder, name), text);
  });

  async function startServer(name: string): Promise<string> {
    return printedPort(guide.start(name));
  }

  /** The page's server and the proxy in front of it, as a client at another address sees them. */
  async function open(
    start: (upstream: string, port: number) => Program,
  ): Promise<{ connection: Connection; again: (options?: ConnectOptions) => Promise<Connection> }> {
    const port = await freePort();
    const proxy = start(await startServer('server.mjs'), port);
    const again = (options: ConnectOptions = {}): Promise<Connection> =>
      connectThrough(proxy, `wss://localhost:${port}/`, {
        origin: ORIGIN,
        headers: { 'X-Forwarded-For': '203.0.113.9' },
        tls: { ca: certificate.cert },
        net: { family: 4, localAddress: '127.0.0.2' },
        ...options,
      });
    return { connection: await again(), again };
  }

  /** What each proxy has to do. */
  async function proves({ connection, again }: Awaited<ReturnType<typeof open>>): Promise<void> {
    assert.equal(await next(connection), 'you are 127.0.0.2, by https');
    await connection.send('through the proxy');
    assert.equal(await next(connection), 'through the proxy');
    await connection.send(Buffer.alloc(1 << 20, 5));
    assert.equal(((await next(connection)) as Uint8Array).length, 1 << 20);
    assert.ok((await connection.ping()) > 0);
    await connection.close(3001, 'done');
    const { code, reason, wasClean } = await connection.closed;
    assert.deepEqual({ code, reason, wasClean }, { code: 3001, reason: 'done', wasClean: true });
    await assert.rejects(again({ origin: 'https://elsewhere.example' }), { statusCode: 403 });
  }

  function startNginx(command: string, upstream: string, port: number, timeout = '75s'): Program {
    const file = guide.file('nginx.conf', {
      '127.0.0.1:8080': `127.0.0.1:${upstream}`,
      'listen 443': `listen 127.0.0.1:${port}`,
      'daemon off;': 'daemon off;\nmaster_process off;',
      'proxy_read_timeout 75s': `proxy_read_timeout ${timeout}`,
    });
    return guide.startCommand(command, ['-p', guide.folder, '-e', 'stderr', '-c', file]);
  }

  const nginx = debian('/usr/sbin/nginx', 'nginx');
  const haproxy = debian('/usr/sbin/haproxy', 'haproxy');

  itWith(nginx, 'nginx', async (command) => {
    await proves(await open((upstream, port) => startNginx(command, upstream, port)));
  });

  itWith(
    nginx,
    'nginx ends a silent connection after its time-out, unless there are pings',
    async (command) => {
      const { connection, again } = await open((upstream, port) => startNginx(command, upstream, port, '2s'));
      connection.terminate();
      const pinging = await again({ keepAlive: 100 });
      const silent = await again({ keepAlive: false });
      assert.equal((await silent.closed).code, 1006);
      assert.equal((await silent.closed).error?.code, 'ERR_CONNECTION_LOST');
      assert.equal(pinging.state, 'open');
      assert.equal(await next(pinging), 'you are 127.0.0.2, by https');
      await pinging.close();
    },
  );

  itWith(haproxy, 'HAProxy', async (command) => {
    const at = (upstream: string, port: number): Record<string, string> => ({
      '127.0.0.1:8080': `127.0.0.1:${upstream}`,
      'bind :443': `bind 127.0.0.1:${port}`,
      'site.pem': path.join(guide.folder, 'site.pem'),
    });
    await proves(
      await open((upstream, port) =>
        guide.startCommand(command, ['-db', '-f', guide.file('haproxy.cfg', at(upstream, port))]),
      ),
    );
  });

  itWith(debian('/usr/bin/caddy', 'caddy'), 'Caddy', async (command) => {
    const start = (upstream: string, port: number): Program => {
      const file = guide.file('Caddyfile', {
        // A certificate of this test, and no further ports.
        'example.com {': `{\n\tadmin off\n\tauto_https disable_redirects\n}\n\nhttps://localhost:${port} {\n\ttls cert.pem key.pem`,
        '127.0.0.1:8080': `127.0.0.1:${upstream}`,
      });
      const home = { HOME: guide.folder, XDG_DATA_HOME: guide.folder, XDG_CONFIG_HOME: guide.folder };
      return guide.startCommand(command, ['run', '--adapter', 'caddyfile', '--config', file], home);
    };
    await proves(await open(start));
  });

  itWith(haproxy, 'the PROXY protocol', async (command) => {
    const [upstream, port] = [await startServer('proxy-protocol.mjs'), await freePort()];
    const file = guide.file('tcp.cfg', {
      'bind :8443': `bind 127.0.0.1:${port}`,
      '127.0.0.1:8080': `127.0.0.1:${upstream}`,
    });
    const proxy = guide.startCommand(command, ['-db', '-f', file]);
    const connection = await connectThrough(proxy, `ws://127.0.0.1:${port}/`, {
      net: { localAddress: '127.0.0.2' },
    });
    assert.equal(await next(connection), 'you are 127.0.0.2');
    await connection.send('hello');
    assert.equal(await next(connection), 'hello');
    await connection.close();
    // Nobody gets past the proxy.
    await assert.rejects(connect(`ws://127.0.0.1:${upstream}/`), { code: 'ERR_CONNECT_FAILED' });
  });

  it('the health check gets 200', async () => {
    const port = await startServer('server.mjs');
    assert.equal((await guide.request(`http://127.0.0.1:${port}/health`)).status, 200);
    assert.equal((await guide.request(`http://127.0.0.1:${port}/`)).status, 404);
  });
});
