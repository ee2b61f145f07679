import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { connect } from '../../../lib/opening/index.js';
import type { ConnectOptions } from '../../../lib/opening/index.js';
import { Program } from '../../support/program.js';
import { WSPC, wspc } from '../../support/wspc.js';

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

/** A plain HTTP request. Certificates are not checked. The path is sent as written. */
async function get(origin: string, requestPath: string, options: http.RequestOptions = {}): Promise<Answer> {
  const { protocol, hostname, port } = new URL(origin);
  const where = { hostname, port, path: requestPath, rejectUnauthorized: false, ...options };
  const request = protocol === 'https:' ? https.request(where) : http.request(where);
  request.end();
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, body: Buffer.concat(chunks).toString() };
}

describe('wspc serve', function () {
  this.timeout(60_000);
  const programs: Program[] = [];
  const folder = mkdtempSync(path.join(os.tmpdir(), 'wspc-serve-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(async () => {
    for (const program of programs.splice(0)) await program.stop();
  });

  const serving = async (...args: string[]): Promise<{ server: Program; url: string }> => {
    const server = new Program(process.execPath, [WSPC, 'serve', ...args]);
    programs.push(server);
    const [, url] = await server.prints(/listening on (ws\S+) until/);
    return { server, url: url! };
  };

  /** Sends texts to a server, and returns what comes until it closes, and how it closed. */
  const exchange = async (
    url: string,
    texts: readonly (string | Uint8Array)[],
    options: ConnectOptions = {},
  ): Promise<{ messages: (string | Uint8Array)[]; code: number; reason: string }> => {
    const connection = await connect(url, options);
    for (const text of texts) await connection.send(text);
    const messages: (string | Uint8Array)[] = [];
    for await (const message of connection) messages.push(message);
    const { code, reason } = await connection.closed;
    return { messages, code, reason };
  };

  it('sends every message back, and tells what happens to connections', async () => {
    const { server, url } = await serving();
    const { stdout } = await wspc(['connect', '-m', 'one', '-m', 'two', '-n', '2', `${url}path`]);
    assert.equal(stdout.toString(), 'one\ntwo\n');
    await server.prints(/server 1 +opened \/path from 127\.0\.0\.1\nserver 1 +closed 1000\n/);
    server.signal('SIGINT');
    assert.equal(await server.ended(), 0);
  });

  it('sends every message to all others with --chat', async () => {
    const { server, url } = await serving('--chat', '-q');
    const [ann, bob, cat] = await Promise.all([connect(url), connect(url), connect(url)]);
    await ann.send('hello');
    for (const other of [bob, cat]) assert.equal((await other.messages().next()).value, 'hello');
    await bob.send(Buffer.from([1]));
    assert.deepEqual((await ann.messages().next()).value, Buffer.from([1]));
    server.signal('SIGTERM');
    assert.equal((await ann.closed).code, 1001);
    assert.equal(await server.ended(), 0);
    assert.match(server.output, /^listening on \S+ until Ctrl-C\n$/);
  });

  describe('with a command', () => {
    it('makes messages of its lines, and lines of messages', async () => {
      const { url } = await serving('--exec', 'read a; read b; echo "$b"; echo; printf "ü $a"');
      assert.deepEqual(await exchange(url, ['first', 'second']), {
        messages: ['second', '', 'ü first'],
        code: 1000,
        reason: '',
      });
    });

    it('waits for a slow command again and again, and leaves no listener', async () => {
      const { server, url } = await serving('--exec', 'cat');
      const input = `${'x'.repeat(100)}\n`.repeat(50_000);
      const { status, stdout } = await wspc(['connect', url, '-n', '50000'], { input });
      assert.equal(status, 0);
      assert.equal(stdout.toString() === input, true);
      server.signal('SIGINT');
      assert.equal(await server.ended(), 0);
      assert.equal(server.errors, '');
    });

    it('runs a program with arguments, without a shell', async () => {
      const { url } = await serving(
        '--',
        process.execPath,
        '-e',
        'console.log(process.argv[1])',
        'a b;$HOME',
      );
      assert.deepEqual((await exchange(url, [])).messages, ['a b;$HOME']);
    });

    it('passes bytes with -b', async () => {
      const { url } = await serving('-b', '--exec', 'head -c 5');
      const { messages } = await exchange(url, [Buffer.from([0, 10, 255]), 'ab']);
      assert.deepEqual(
        Buffer.concat(messages as Uint8Array[]),
        Buffer.from([0, 10, 255, 97, 98]).subarray(0, 5),
      );
    });

    it('tells how it failed', async () => {
      const { server, url } = await serving('--exec', 'echo before; exit 3');
      assert.deepEqual(await exchange(url, []), {
        messages: ['before'],
        code: 1011,
        reason: 'exit status 3',
      });
      await server.tells(/^the command failed: exit status 3$/m);
      const missing = await serving('--', path.join(folder, 'nothing'));
      assert.match((await exchange(missing.url, [])).reason, /ENOENT/);
      const binary = await serving('--exec', String.raw`printf 'ok\n\377\n'; sleep 60`);
      const { messages, code, reason } = await exchange(binary.url, []);
      assert.deepEqual([messages, code], [['ok'], 1011]);
      assert.match(reason, /^output, line 2: not UTF-8/);
    });

    it('has the environment of CGI, and no header becomes a proxy', async () => {
      const { url } = await serving('--', process.execPath, '-e', 'console.log(JSON.stringify(process.env))');
      const headers = { 'X-One': '1', Proxy: 'http://evil.invalid', Cookie: 'a=b' };
      const { messages } = await exchange(`${url}a/b?c=d`, [], { headers });
      const env = JSON.parse(messages[0] as string) as Record<string, string>;
      assert.deepEqual(
        [
          'REQUEST_URI',
          'PATH_INFO',
          'QUERY_STRING',
          'HTTP_X_ONE',
          'HTTP_COOKIE',
          'REMOTE_ADDR',
          'SERVER_PORT',
        ].map((name) => env[name]),
        ['/a/b?c=d', '/a/b', 'c=d', '1', 'a=b', '127.0.0.1', new URL(url).port],
      );
      assert.notEqual(env['HTTP_PROXY'], 'http://evil.invalid');
    });

    it('ends it when the client goes, and on a signal, though it does not want to', async () => {
      const stubborn = 'trap "" TERM; echo $$; while :; do sleep 0.1; done';
      const { server, url } = await serving('--exec', stubborn);
      const pids: number[] = [];
      const gone = (pid: number): Promise<void> =>
        new Promise((resolve) => {
          const look = setInterval(() => {
            try {
              process.kill(pid, 0);
            } catch {
              clearInterval(look);
              resolve();
            }
          }, 50);
        });
      for (let number = 0; number < 2; number++) {
        const connection = await connect(url);
        pids.push(Number((await connection.messages().next()).value));
        if (number === 0) await connection.close();
      }
      await gone(pids[0]!);
      server.signal('SIGINT');
      assert.equal(await server.ended(), 0);
      await gone(pids[1]!);
    });

    it('lets pages of other origins in only where --origin says so', async () => {
      const refused = (error: Error & { statusCode?: number }) => error.statusCode === 403;
      const { url } = await serving('--exec', 'echo hi');
      const own = `http://${new URL(url).host}`;
      await assert.rejects(connect(url, { origin: 'https://evil.example' }), refused);
      await assert.rejects(connect(url, { origin: 'null' }), refused);
      assert.deepEqual((await exchange(url, [], { origin: own })).messages, ['hi']);
      const open = await serving('--exec', 'echo hi', '-o', 'https://a.example', '-o', 'https://b.example');
      assert.deepEqual((await exchange(open.url, [], { origin: 'https://b.example' })).messages, ['hi']);
      await assert.rejects(connect(open.url, { origin: 'https://c.example' }), refused);
      const all = await serving('--exec', 'echo hi', '-o', '*');
      assert.deepEqual((await exchange(all.url, [], { origin: 'null' })).messages, ['hi']);
    });
  });

  it('makes a certificate with --tls, and serves files beside the WebSockets', async () => {
    mkdirSync(path.join(folder, 'public/sub'), { recursive: true });
    writeFileSync(path.join(folder, 'public/index.html'), '<p>hello');
    writeFileSync(path.join(folder, 'public/sub/a b.txt'), 'text');
    writeFileSync(path.join(folder, 'public/.hidden'), 'secret');
    writeFileSync(path.join(folder, 'outside.txt'), 'secret');
    const { server, url } = await serving('--tls', '--static', path.join(folder, 'public'), '--deflate');
    const [, fingerprint] = await server.prints(/SHA-256 ([\dA-F:]{95})\n/);
    const [, origin] = await server.prints(/on (https:\S+)\//);
    const connection = await connect(url, {
      perMessageDeflate: true,
      tls: {
        rejectUnauthorized: false,
      },
    });
    const seen = (
      connection.socket as unknown as { getPeerCertificate(): { fingerprint256: string } }
    ).getPeerCertificate().fingerprint256;
    assert.equal(seen, fingerprint);
    assert.match(connection.extensions, /permessage-deflate/);
    await connection.send('hi');
    assert.equal((await connection.messages().next()).value, 'hi');
    await connection.close();
    assert.deepEqual(await get(origin!, '/'), { status: 200, body: '<p>hello' });
    assert.deepEqual(await get(origin!, '/sub/a%20b.txt?x'), { status: 200, body: 'text' });
    for (const [bad, status] of [
      ['/.hidden', 404],
      ['/nothing', 404],
      ['/../outside.txt', 403],
      ['/%2e%2e/outside.txt', 403],
      ['/sub', 301],
      ['/%00', 400],
      ['/%', 400],
    ] as const) {
      const answer = await get(origin!, bad);
      assert.equal(answer.status, status, bad);
      assert.equal(answer.body.includes('secret'), false);
    }
    assert.equal((await get(origin!, '/', { method: 'POST' })).status, 405);
    server.signal('SIGINT');
    assert.equal(await server.ended(), 0);
  });

  it('asks for a password with --auth, for files, too', async () => {
    const { url } = await serving('--auth', 'me:pass:word', '--static', folder);
    const origin = url.replace(/^ws/, 'http').replace(/\/$/, '');
    for (const args of [[], ['--auth', 'me:wrong']])
      assert.equal((await wspc(['connect', '-m', 'x', '-n', '1', ...args, url])).status, 3);
    const { stdout } = await wspc(['connect', '-m', 'x', '-n', '1', '--auth', 'me:pass:word', url]);
    assert.equal(stdout.toString(), 'x\n');
    assert.equal((await get(origin, '/outside.txt')).status, 401);
    assert.equal((await get(origin, '/outside.txt', { auth: 'me:pass:word' })).status, 200);
  });

  it('listens on a unix socket, with subprotocols and a limit', async () => {
    const socketPath = path.join(folder, 'socket');
    const { url } = await serving('--unix', socketPath, '-s', 'chat', '--max-connections', '1');
    const first = await connect(url, 'chat');
    assert.equal(first.protocol, 'chat');
    await assert.rejects(
      connect(url, 'chat'),
      (error: Error & { statusCode?: number }) => error.statusCode === 503,
    );
    await first.close();
  });

  it('reports that the port is in use', async () => {
    const { url } = await serving();
    const { status, stderr } = await wspc(['serve', '-p', new URL(url).port]);
    assert.match(stderr, /^error: the port is in use: 127\.0\.0\.1:\d+ \(EADDRINUSE\)$/m);
    assert.equal(status, 1);
  });

  for (const [args, message] of [
    [['8080'], /"8080" is no command; for a port use --port 8080/],
    [['--chat', '--exec', 'cat'], /exclude each other/],
    [['--exec', 'cat', 'cat'], /exclude each other/],
    [['-b'], /-b needs a command/],
    [['--unix', '/x', '--port', '1'], /exclude each other/],
    [['--cert', 'x'], /need each other/],
    [['--tls', '--cert', 'x', '--key', 'y'], /--tls makes a certificate/],
    [['--cert', '/x', '--key', '/y'], /--cert, --key: ENOENT/],
    [['--static', '/nowhere'], /there is no folder \/nowhere/],
    [['--auth', 'x'], /--auth takes user:password/],
    [['--trace', '--chat'], /--trace takes no options/],
    [['--prot', '1'], /Did you mean --port\?/],
  ] as const) {
    it(`refuses ${args.join(' ')}`, async () => {
      const { status, stderr } = await wspc(['serve', ...args]);
      assert.match(stderr, message);
      assert.match(stderr, /^Try: wspc serve --help$/m);
      assert.equal(status, 2);
    });
  }
});
