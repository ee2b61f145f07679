import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import net from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { attach, listen } from '../../../lib/opening/index.js';
import type { ListenOptions, Server } from '../../../lib/opening/index.js';
import { listenHttp2 } from '../../../lib/opening/http2/index.js';
import { makeCertificate } from '../../support/certificate.js';
import type { Certificate } from '../../support/certificate.js';
import { portOf } from '../../support/open.js';
import { Program } from '../../support/program.js';
import { withoutProxies, wspc, WSPC } from '../../support/wspc.js';

const ONE = ['-m', 'hello', '-n', '1'];

/** Listens for one connection at a time; `requests` has their requests. */
async function echo(options: ListenOptions = {}): Promise<{ server: Server; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = await listen({ host: '127.0.0.1', ...options }, async (connection, request) => {
    requests.push(request);
    for await (const message of connection) await connection.send(message);
  });
  return { server, requests };
}

/** Joins two sockets until one of them ends. */
function tunnel(socket: Socket, port: number, onOpen: () => void): void {
  const upstream = net.connect(port, '127.0.0.1', () => {
    onOpen();
    socket.pipe(upstream).pipe(socket);
  });
  for (const [one, other] of [
    [socket, upstream],
    [upstream, socket],
  ] as const)
    one.on('error', () => other.destroy());
}

describe('wspc connect, the server', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'wspc-connect-'));
  let certificate: Certificate;
  const file = (name: string, text: string): string => {
    const target = path.join(folder, name);
    writeFileSync(target, text);
    return target;
  };
  before(async () => {
    certificate = await makeCertificate();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('gets headers, origin, subprotocols and authorization', async () => {
    const { server, requests } = await echo({ protocols: 'b' });
    const args = ['-H', 'X-One: 1: 2', '-H', 'X-Many: a', '-H', 'X-Many:b', '-o', 'https://example.com'];
    const more = ['-s', 'a', '-s', 'b', '--auth', 'me:se:cret', ...ONE];
    const { status, stderr } = await wspc([
      'connect',
      '-v',
      ...args,
      ...more,
      `127.0.0.1:${portOf(server)}/path?q`,
    ]);
    await server.close();
    const { headers, url } = requests[0]!;
    assert.equal(url, '/path?q');
    assert.equal(headers['x-one'], '1: 2');
    assert.equal(headers['x-many'], 'a, b');
    assert.equal(headers.origin, 'https://example.com');
    assert.deepEqual(headers['sec-websocket-protocol']?.split(/, ?/), ['a', 'b']);
    assert.equal(headers.authorization, `Basic ${Buffer.from('me:se:cret').toString('base64')}`);
    assert.match(stderr, /subprotocol b/);
    assert.equal(status, 0);
  });

  it('is trusted with --ca or -k only', async () => {
    const { server } = await echo({ tls: certificate });
    const url = `wss://localhost:${portOf(server)}/`;
    const ca = file('ca.pem', certificate.cert);
    const distrusting = await wspc(['connect', ...ONE, url, '--retry', '3']);
    assert.equal(distrusting.status, 1);
    assert.match(distrusting.stderr, /^error: no connection to wss:.*self-signed certificate/);
    for (const options of [['--ca', ca], ['-k']]) {
      const { stdout, stderr } = await wspc(['connect', ...ONE, ...options, url]);
      assert.equal(stdout.toString(), 'hello\n', stderr);
    }
    await server.close();
  });

  it('is not tried again with --retry if its port speaks no TLS', async () => {
    const { server } = await echo();
    const url = `wss://localhost:${portOf(server)}/`;
    const { status, stderr } = await wspc(['connect', ...ONE, url, '--retry', '3']);
    await server.close();
    assert.equal(status, 1);
    // A line about the next attempt would come first.
    assert.match(stderr, /^error: no connection to wss:/);
  });

  it('gets the certificate of the client', async () => {
    const { server } = await echo({
      tls: { ...certificate, ca: certificate.cert, requestCert: true, rejectUnauthorized: true },
    });
    const url = `wss://localhost:${portOf(server)}/`;
    const [cert, key] = [file('cert.pem', certificate.cert), file('key.pem', certificate.key)];
    assert.equal((await wspc(['connect', ...ONE, '-k', url])).status, 1);
    const { stdout } = await wspc(['connect', ...ONE, '-k', '--cert', cert, '--key', key, url]);
    assert.equal(stdout.toString(), 'hello\n');
    await server.close();
  });

  it('is reached through a proxy that an option or the environment names', async () => {
    const { server } = await echo();
    const secure = await echo({ tls: certificate });
    const tunnels: string[] = [];
    const proxy = http.createServer().listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    proxy.on('connect', (request, socket: Socket) => {
      tunnels.push(`${request.url!} ${request.headers['proxy-authorization'] ?? '-'}`);
      tunnel(socket, Number(request.url!.split(':')[1]), () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    });
    const at = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const url = `ws://127.0.0.1:${portOf(server)}/`;
    const secureUrl = `wss://127.0.0.1:${portOf(secure.server)}/`;
    const through = async (args: string[], env: NodeJS.ProcessEnv, expected: string[]): Promise<void> => {
      const { stdout, stderr } = await wspc(['connect', ...ONE, ...args], { env });
      assert.equal(stdout.toString(), 'hello\n', stderr);
      assert.deepEqual(tunnels.splice(0), expected);
    };
    const [plain, tls] = [url, secureUrl].map((each) => new URL(each).host);
    await through([url, '--proxy', `http://${at}`], {}, [`${plain} -`]);
    await through([url, '--proxy', `u:p@${at}`], {}, [`${plain} Basic dTpw`]);
    await through([secureUrl, '-k', '--proxy', at], {}, [`${tls} -`]);
    await through([url], { http_proxy: at }, [`${plain} -`]);
    await through([secureUrl, '-k'], { HTTPS_PROXY: `http://${at}` }, [`${tls} -`]);
    await through([url], { ALL_PROXY: `http://${at}` }, [`${plain} -`]);
    await through([url], { HTTP_PROXY: `http://${at}`, NO_PROXY: 'localhost,127.0.0.1' }, []);
    await through([url, '--no-proxy'], { HTTP_PROXY: `http://${at}` }, []);
    const { status, stderr } = await wspc(['connect', url, '--http2'], { env: { HTTP_PROXY: at } });
    assert.equal(status, 2);
    assert.match(stderr, /--http2 goes through no proxy/);
    await Promise.all([server.close(), secure.server.close()]);
    proxy.closeAllConnections();
    proxy.close();
  });

  it('is not reached when the proxy refuses, which is reported', async () => {
    const proxy = http.createServer().listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    proxy.on('connect', (_, socket) => socket.end('HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n'));
    const { port } = proxy.address() as AddressInfo;
    const { status, stderr } = await wspc(['connect', 'ws://x.invalid/', '--proxy', `127.0.0.1:${port}`]);
    assert.match(stderr, /^error: the server answered 407 Who are you: the proxy wants credentials/);
    assert.equal(status, 3);
    proxy.close();
  });

  it('is reached through SOCKS', async () => {
    const { server } = await echo();
    let asked = '';
    const socks = net.createServer((socket) => {
      socket.once('data', () => {
        socket.write(Buffer.from([5, 0]));
        socket.once('data', (request: Buffer) => {
          const length = request[4]!;
          asked = request.toString('latin1', 5, 5 + length);
          tunnel(socket, request.readUInt16BE(5 + length), () =>
            socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])),
          );
        });
      });
    });
    await once(socks.listen(0, '127.0.0.1'), 'listening');
    const { port } = socks.address() as AddressInfo;
    const args = ['connect', ...ONE, '--proxy', `socks5h://127.0.0.1:${port}`];
    const { stdout, stderr } = await wspc([...args, `ws://server.invalid:${portOf(server)}/`]);
    assert.equal(stdout.toString(), 'hello\n', stderr);
    assert.equal(asked, 'server.invalid');
    await server.close();
    socks.close();
  });

  it('may redirect with -L', async () => {
    const { server, requests } = await echo();
    const front = http.createServer().listen(0, '127.0.0.1');
    await once(front, 'listening');
    front.on('upgrade', (_, socket) => {
      socket.end(
        `HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:${portOf(server)}/there\r\nContent-Length: 0\r\n\r\n`,
      );
    });
    const url = `ws://127.0.0.1:${(front.address() as AddressInfo).port}/`;
    const refused = await wspc(['connect', ...ONE, url]);
    assert.equal(refused.status, 3);
    assert.match(refused.stderr, /302 Found, to ws:.*; -L follows redirects/);
    assert.equal((await wspc(['connect', ...ONE, '-L', url])).stdout.toString(), 'hello\n');
    assert.equal(requests[0]?.url, '/there');
    const { status, stderr } = await wspc(['connect', ...ONE, '-L', '--max-redirects', '0', url]);
    assert.deepEqual([status, stderr], [1, 'error: the server redirects too often\n']);
    await server.close();
    front.close();
  });

  it('may be at a unix socket, compress, and speak HTTP/2', async () => {
    const socketPath = path.join(folder, 'socket');
    const { server } = await echo({ socketPath, perMessageDeflate: true });
    const args = ['connect', '-v', ...ONE];
    const { stdout, stderr } = await wspc([...args, '--deflate', '--unix', socketPath, 'ws://localhost/']);
    assert.equal(stdout.toString(), 'hello\n', stderr);
    assert.match(stderr, /permessage-deflate/);
    assert.equal((await wspc([...args, `ws+unix:${socketPath}:/`])).stdout.toString(), 'hello\n');
    await server.close();

    const http2 = await listenHttp2({ host: '127.0.0.1', tls: certificate }, async (connection) => {
      for await (const message of connection) await connection.send(message);
    });
    const over = await wspc([...args, '--http2', '-k', `wss://localhost:${portOf(http2)}/`]);
    assert.equal(over.stdout.toString(), 'hello\n', over.stderr);
    await http2.close();
  });

  it('may refuse, and its text is shown', async () => {
    const server = http.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = attach(server, {
      verifyClient: () => ({
        status: 401,
        message: 'no \u001b[2J',
        headers: { 'WWW-Authenticate': 'Bearer' },
      }),
    });
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { status, stdout, stderr } = await wspc(['connect', url]);
    assert.equal(
      stderr,
      'error: the server answered 401 Unauthorized: it wants credentials (Bearer)\nno \\x1b[2J\n',
    );
    assert.deepEqual([status, stdout.toString()], [3, '']);
    await endpoint.close();
    server.close();
  });

  it('may come up late, or go away and come back, with --retry', async () => {
    const placeholder = net.createServer().listen(0, '127.0.0.1');
    await once(placeholder, 'listening');
    const { port } = placeholder.address() as AddressInfo;
    placeholder.close();
    await once(placeholder, 'close');
    const refused = await wspc(['connect', '-m', 'x', `:${port}`]);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /nobody listens at .*:\d+ \(ECONNREFUSED\)/);

    const env = withoutProxies();
    const client = new Program(process.execPath, [WSPC, 'connect', '--retry', '9', `:${port}`], env);
    await client.tells(/nobody listens.*; attempt 1 of 9 in 0\.5 s\n/);
    const server = await listen({ host: '127.0.0.1', port }, async (connection) => {
      for await (const message of connection) await connection.send(message);
    });
    client.type('one\n');
    await client.prints(/one\n/);
    for (const connection of server.connections) connection.terminate();
    await client.tells(/without a close frame.*; attempt 1 of 9/);
    client.type('two\n');
    await client.prints(/two\n/);
    client.endInput();
    assert.equal(await client.ended(), 0);
    assert.equal(client.output, 'one\ntwo\n');
    await server.close();
  });

  for (const [args, message] of [
    [['http:'], /the URL is not valid/],
    [['18090'], /the URL is not valid: 18090 is no host; did you mean ws:\/\/localhost:18090\?$/m],
    [['wss://443/a?b'], /did you mean wss:\/\/localhost:443\/a\?b\?$/m],
    [['99999'], /the URL is not valid: 99999 is no host$/m],
    [['ftp://x/'], /must begin with ws: or wss:, not ftp:/],
    [['ws://x/#y'], /has no fragment/],
    [['ws://x/', '-H', 'nothing'], /-H takes a header such as 'Name: value', not "nothing"/],
    [['ws://x/', '-H', 'Sec-WebSocket-Protocol: x'], /use -s/],
    [['ws://x/', '-H', 'Upgrade: x'], /belongs to the handshake/],
    [['ws://x/', '-H', 'a: b\nc: d'], /invalid|not valid|not allowed/i],
    [['ws://x/', '-s', 'a b'], /-s takes a name without spaces/],
    [['ws://x/', '--auth', 'me'], /--auth takes user:password/],
    [['ws://x/', '--ca', '/nowhere'], /--ca: ENOENT/],
    [['ws://x/', '--cert', '/nowhere'], /--cert and --key need each other/],
    [['ws://x/', '--proxy', 'ftp://x'], /a proxy is http:\/\//],
    [['ws://x/', '--http2', '-L'], /exclude each other/],
    [['ws://x/', '--http2', '--unix', '/x'], /exclude each other/],
    [['ws://x/', '--max-redirects', '1'], /needs -L/],
    [['ws://x/', '-b', '--hex'], /exclude each other/],
    [['ws://x/', '-v', '-q'], /exclude each other/],
    [['ws://x/', '--wait', 'soon'], /It must be a number of seconds, or forever/],
    [['ws://x/', '-n', 'ws://y/'], /It must be a whole number of at least 1/],
    [['ws://x/', '--trace', '-k'], /--trace takes no options but -m and -s/],
    [['ws://x/', '--subprotcol', 'x'], /Did you mean --subprotocol\?/],
  ] as const) {
    it(`is not asked after a mistake: ${args.join(' ')}`, async () => {
      const { status, stderr } = await wspc(['connect', ...args]);
      assert.match(stderr, message);
      assert.match(stderr, /^Try: wspc connect --help$/m);
      assert.equal(status, 2, stderr);
    });
  }
});
