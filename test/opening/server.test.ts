import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { accept, attach, connect, listen } from '../../lib/opening/index.js';
import type { AttachOptions, HandshakeError } from '../../lib/opening/index.js';
import type { Connection } from '../../lib/connection/index.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere, portOf } from '../support/open.js';
import { frame, rawRequest, REQUEST_HEADERS, requestText } from '../support/raw-peer.js';

async function httpServer(): Promise<{ http: HttpServer; port: number; close: () => Promise<void> }> {
  const http = createServer((_, response) => response.end('a page'));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  return {
    http,
    port,
    async close() {
      http.close();
      http.closeAllConnections();
      await once(http, 'close');
    },
  };
}

function without(name: string): Record<string, string> {
  const headers: Record<string, string> = { ...REQUEST_HEADERS };
  delete headers[name];
  return headers;
}

describe('a server', () => {
  leavesNothing();

  for (const [what, request, status] of [
    ['another version', requestText('/', { ...REQUEST_HEADERS, 'Sec-WebSocket-Version': '8' }), '426'],
    ['no version', requestText('/', without('Sec-WebSocket-Version')), '400'],
    ['no key', requestText('/', without('Sec-WebSocket-Key')), '400'],
    [
      'a key of 15 bytes',
      requestText('/', { ...REQUEST_HEADERS, 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAA' }),
      '400',
    ],
    [
      'a key that is not base64',
      requestText('/', { ...REQUEST_HEADERS, 'Sec-WebSocket-Key': '!!!!!!!!!!!!!!!!!!!!!!==' }),
      '400',
    ],
    ['another upgrade', requestText('/', { ...REQUEST_HEADERS, Upgrade: 'h2c' }), '426'],
    ['POST', requestText().replace('GET', 'POST'), '405'],
    ['no upgrade at all', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', '426'],
  ] as const) {
    it(`answers ${status} to ${what}`, async () => {
      const server = await listenHere();
      const answer = await rawRequest(portOf(server), request);
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
      if (what === 'another version') assert.match(answer, /\r\nSec-WebSocket-Version: 13\r\n/);
      assert.equal(server.size, 0);
      await server.close();
    });
  }

  it('answers with the digest of the key, and with headers of the application', async () => {
    const server = await listenHere({ headers: (request) => ({ 'Set-Cookie': `path=${request.url}` }) });
    const arrival = once(server, 'connection') as Promise<[Connection]>;
    const answer = rawRequest(portOf(server), requestText('/x'));
    (await arrival)[0].socket.end();
    const text = await answer;
    assert.match(text, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
    assert.match(text, /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/);
    assert.match(text, /\r\nSet-Cookie: path=\/x\r\n/);
    await server.close();
  });

  it('has several endpoints on one http server, and a 404 for the rest', async () => {
    const { http, port, close } = await httpServer();
    const names: string[] = [];
    const endpoints = (
      [
        ['exact', { path: '/exact' }],
        ['pattern', { path: /^\/rooms\/\d+$/ }],
        ['function', { path: (path) => path.endsWith('.ws') }],
      ] as [string, AttachOptions][]
    ).map(([name, options]) => attach(http, options, () => void names.push(name)));
    for (const path of ['/exact?q', '/rooms/12', '/any.ws']) {
      await (await connect(`ws://127.0.0.1:${port}${path}`)).close();
    }
    assert.deepEqual(names, ['exact', 'pattern', 'function']);
    await assert.rejects(connect(`ws://127.0.0.1:${port}/other`), { statusCode: 404 });
    const everything = attach(http, {}, () => void names.push('everything'));
    await (await connect(`ws://127.0.0.1:${port}/other`)).close();
    await (await connect(`ws://127.0.0.1:${port}/exact`)).close();
    assert.deepEqual(names.slice(3), ['everything', 'exact']);
    assert.match(await rawRequest(port, 'GET / HTTP/1.0\r\n\r\n'), /a page$/);
    await Promise.all([...endpoints, everything].map((server) => server.close()));
    assert.equal(http.listenerCount('upgrade'), 0);
    assert.equal(http.listening, true);
    await close();
  });

  it('leaves upgrades for other paths to other listeners', async () => {
    const { http, port, close } = await httpServer();
    const server = attach(http, { path: '/ours' });
    http.on('upgrade', (request, socket: Socket) => {
      if (request.url === '/theirs') socket.end('HTTP/1.1 418 Theirs\r\nContent-Length: 0\r\n\r\n');
    });
    await assert.rejects(connect(`ws://127.0.0.1:${port}/theirs`), { statusCode: 418 });
    await (await connect(`ws://127.0.0.1:${port}/ours`)).close();
    await server.close();
    await close();
  });

  it('checks origins, and accepts requests without one', async () => {
    const server = await listenHere({ origins: ['https://good.example'] });
    const url = `ws://127.0.0.1:${portOf(server)}/`;
    await assert.rejects(connect(url, { origin: 'https://evil.example' }), { statusCode: 403 });
    await (await connect(url, { origin: 'https://good.example' })).close();
    await (await connect(url)).close();
    await server.close();
  });

  it('asks verifyClient, and answers accordingly', async () => {
    const verdicts: Record<string, () => unknown> = {
      '/yes': () => true,
      '/later': () => Promise.resolve(true),
      '/no': () => false,
      '/no-later': () => Promise.resolve(false),
      '/busy': () => ({ status: 429, message: 'slowly', headers: { 'Retry-After': '3' } }),
      '/throws': () => {
        throw new Error('verify');
      },
      '/rejects': () => Promise.reject(new Error('verify')),
    };
    const server = await listenHere({ verifyClient: (request) => verdicts[request.url!]!() as boolean });
    const refused: HandshakeError[] = [];
    server.on('refused', (error) => refused.push(error));
    const url = `ws://127.0.0.1:${portOf(server)}`;
    for (const path of ['/yes', '/later']) await (await connect(`${url}${path}`)).close();
    await assert.rejects(connect(`${url}/no`), { statusCode: 401 });
    await assert.rejects(connect(`${url}/no-later`), { statusCode: 401 });
    await assert.rejects(connect(`${url}/busy`), (error: HandshakeError) => {
      assert.equal(error.statusCode, 429);
      assert.equal(error.response!.headers['retry-after'], '3');
      assert.equal(error.response!.body.toString(), 'slowly');
      return true;
    });
    await assert.rejects(connect(`${url}/throws`), { statusCode: 500 });
    await assert.rejects(connect(`${url}/rejects`), { statusCode: 500 });
    assert.deepEqual(
      refused.map(({ code, statusCode }) => `${code} ${statusCode}`),
      ['401', '401', '429', '500', '500'].map((status) => `ERR_REFUSED ${status}`),
    );
    assert.equal((refused[3]!.cause as Error).message, 'verify');
    await server.close();
  });

  it('chooses the subprotocol of the program, but only an offered one', async () => {
    const server = await listenHere({
      handleProtocols: (offered, request) =>
        request.url === '/last' ? offered.at(-1) : request.url === '/none' ? false : 'wrong',
    });
    const url = `ws://127.0.0.1:${portOf(server)}`;
    const last = await connect(`${url}/last`, { protocols: ['a', 'b'] });
    assert.equal(last.protocol, 'b');
    const none = await connect(`${url}/none`, { protocols: ['a', 'b'], protocolRequired: false });
    assert.equal(none.protocol, '');
    await assert.rejects(connect(`${url}/wrong`, { protocols: ['a', 'b'] }), { statusCode: 500 });
    await Promise.all([last.close(), none.close()]);
    await server.close();
  });

  it('has room for maxConnections', async () => {
    const server = await listenHere({ maxConnections: 1 });
    const url = `ws://127.0.0.1:${portOf(server)}/`;
    const first = await connect(url);
    await assert.rejects(connect(url), { statusCode: 503 });
    await first.close();
    while (server.size !== 0) await new Promise((resolve) => setImmediate(resolve));
    await (await connect(url)).close();
    await server.close();
  });

  it('is iterated over its connections, until it is closed', async () => {
    const server = await listenHere();
    const url = `ws://127.0.0.1:${portOf(server)}`;
    const early = await connect(`${url}/1`);
    const urls: string[] = [];
    const serving = (async () => {
      for await (const connection of server) {
        urls.push(connection.url);
        if (urls.length === 2) void server.close();
      }
    })();
    const late = await connect(`${url}/2`);
    await serving;
    assert.deepEqual(urls, ['/1', '/2']);
    assert.equal((await early.closed).code, 1001);
    assert.equal((await late.closed).code, 1001);
    await server.close();
    assert.equal(server.isClosed, true);
  });

  it('closes a connection whose handler ends with its failure, and keeps serving', async () => {
    const server = await listenHere({}, async (connection) => {
      for await (const message of connection) await connection.send(message);
    });
    const url = `ws://127.0.0.1:${portOf(server)}/`;
    (await connect(url)).terminate();
    const fine = await connect(url);
    void fine.send('still here');
    assert.equal((await fine.messages().next()).value, 'still here');
    fine.terminate();
    await server.close();
  });

  it('closes a connection with 1011 whose handler fails, which is an unhandled rejection', async () => {
    const mistake = new Error('mistake');
    const server = await listenHere({}, () => Promise.reject(mistake));
    const runners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    const unhandled = once(process, 'unhandledRejection');
    const client = await connect(`ws://127.0.0.1:${portOf(server)}/`);
    assert.equal((await client.closed).code, 1011);
    assert.equal((await unhandled)[0], mistake);
    for (const runner of runners) process.on('unhandledRejection', runner);
    await server.close();
  });

  it('goes on after listeners that throw, each time', async () => {
    const server = await listenHere({ verifyClient: (request) => request.url !== '/no' });
    const mistake = new Error('listener');
    const fail = (): never => {
      throw mistake;
    };
    server.on('connection', fail);
    server.on('refused', fail);
    const url = `ws://127.0.0.1:${portOf(server)}`;
    const runners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const uncaught: unknown[] = [];
    const onUncaught = (error: unknown): unknown => uncaught.push(error);
    process.on('uncaughtException', onUncaught);
    for (let round = 0; round < 3; round++) {
      const client = await connect(`${url}/yes`);
      assert.equal((await client.closed).code, 1011);
      await assert.rejects(connect(`${url}/no`), { statusCode: 401 });
    }
    process.off('uncaughtException', onUncaught);
    for (const runner of runners) process.on('uncaughtException', runner);
    assert.deepEqual(
      uncaught,
      Array.from({ length: 6 }, () => mistake),
    );
    server.removeAllListeners();
    const fine = await connect(`${url}/yes`);
    assert.equal((await fine.close()).wasClean, true);
    await server.close();
  });

  it('checks the options of accept again after a mistake', async () => {
    const { http, port, close } = await httpServer();
    const options: { maxConnections?: number; nosuch?: number } = { nosuch: 1 };
    const results: Promise<Connection>[] = [];
    http.on('upgrade', (request, socket, head) => {
      const first = accept(request, socket, head, options);
      first.catch(() => {
        delete options.nosuch;
        results.push(first, accept(request, socket, head, options));
      });
    });
    const client = await connect(`ws://127.0.0.1:${port}/`);
    await assert.rejects(results[0]!, /no option nosuch/);
    assert.equal((await results[1]!).state, 'open');
    await client.close();
    await close();
  });

  it('accepts requests of a server with routes of its own', async () => {
    const { http, port, close } = await httpServer();
    const options = { protocols: ['chat'] };
    const accepted: Promise<Connection>[] = [];
    http.on('upgrade', (request, socket, head) => {
      const result = accept(request, socket, head, options);
      result.catch(() => undefined);
      accepted.push(result);
    });
    const client = await connect(`ws://127.0.0.1:${port}/x`, { protocols: ['chat'] });
    assert.equal(client.protocol, 'chat');
    const server = await accepted[0]!;
    assert.equal(server.url, '/x');
    void client.send('hello');
    assert.equal((await server.messages().next()).value, 'hello');
    await client.close();
    await rawRequest(port, requestText('/', without('Sec-WebSocket-Key')));
    await assert.rejects(accepted[1]!, { name: 'HandshakeError', code: 'ERR_REFUSED', statusCode: 400 });
    await close();
  });

  it('keeps frames that come in one write with the request', async () => {
    const server = await listenHere();
    const arrival = once(server, 'connection') as Promise<[Connection]>;
    const answer = rawRequest(portOf(server), Buffer.concat([Buffer.from(requestText()), frame(1, 'early')]));
    const [connection] = await arrival;
    assert.equal((await connection.messages().next()).value, 'early');
    connection.terminate();
    assert.match(await answer, /^HTTP\/1\.1 101 /);
    await server.close();
  });

  it('gives the reason why it cannot listen', async () => {
    const server = await listenHere();
    await assert.rejects(listen({ host: '127.0.0.1', port: portOf(server) }), { code: 'EADDRINUSE' });
    await server.close();
    await assert.rejects(listen({ verifyClient: 'no' } as never), TypeError);
    await assert.rejects(listen({ maxConnections: -1 }), RangeError);
  });
});
