import { strict as assert } from 'node:assert';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { createServer } from 'node:http';
import type { ClientRequest, IncomingMessage, Server } from 'node:http';
import { createServer as createTransportServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { ClientOptions } from 'ws';
import { closed, runPair, runRaw, same, tell, watch } from './as-ws.js';
import type { Library, Log, PairOptions, Test } from './as-ws.js';

const socketOf = (socket: unknown): Socket => (socket as { _socket: Socket })._socket;

const pairs: readonly (readonly [title: string, options: PairOptions, test: Test])[] = [
  [
    'masks as told',
    { client: { generateMask: (mask) => mask.fill(7), perMessageDeflate: false } },
    async ({ client, server, log }) => {
      const chunks: Buffer[] = [];
      socketOf(server).prependListener('data', (chunk: Buffer) => chunks.push(Buffer.from(chunk)));
      client.send('four');
      client.ping('ping');
      client.send('not masked', { mask: true });
      await once(server, 'ping');
      client.close(1000, 'end');
      await once(server, 'close');
      log.push(Buffer.concat(chunks).toString('hex'));
    },
  ],
  ['sends without a mask', {}, ({ client }) => client.send('hi', { mask: false })],
  ['sends a fragment without a mask', {}, ({ client }) => client.send('hi', { mask: false, fin: false })],
  ['pings without a mask', {}, ({ client }) => client.ping('hi', false)],
  ['sends with a mask', {}, ({ server }) => server.send(Buffer.alloc(70_000, 1), { mask: true })],
  [
    'sends Blobs and what is behind them',
    {},
    async ({ client, server, log }) => {
      server.on('message', (data, isBinary) => server.send(data, { binary: isBinary }));
      const note = (what: string) => (error: unknown) => log.push([what, tell(error)]);
      client.send(new Blob(['one ', 'blob']), note('first'));
      client.send('text', note('second'));
      client.ping(new Blob(['ping']), true, note('ping'));
      client.send(new Blob(['as text']), { binary: false }, note('third'));
      log.push(client.bufferedAmount);
      await new Promise<void>((resolve) => {
        let count = 0;
        client.on('message', () => ++count === 3 && resolve());
      });
      log.push(client.bufferedAmount);
      client.send(new Blob(['last']));
      client.close();
    },
  ],
  [
    'is terminated while a Blob is being read',
    {},
    ({ client, log }) => {
      const note = (what: string) => (error: unknown) => log.push([what, tell(error), client.readyState]);
      client.send(new Blob(['blob']), note('first'));
      client.send('text');
      client.send('text', note('second'));
      client.terminate();
    },
  ],
  [
    'cannot read a Blob',
    {},
    async ({ client, server, log }) => {
      const file = join(tmpdir(), `wspc-${randomBytes(4).toString('hex')}`);
      fs.writeFileSync(file, 'x'.repeat(64));
      const blob = await fs.openAsBlob(file);
      fs.writeFileSync(file, 'x'.repeat(32));
      const note = (what: string) => (error: unknown) => log.push([what, tell(error), client.readyState]);
      client.send(blob, note('blob'));
      client.send('behind', note('text'));
      client.close(1000);
      await once(server, 'close');
      fs.unlinkSync(file);
    },
  ],
  [
    'says what is buffered',
    {},
    async ({ client, server, log }) => {
      socketOf(client).pause();
      while (server.bufferedAmount === 0) server.send(Buffer.alloc(65536));
      log.push(server.bufferedAmount === socketOf(server).writableLength);
      client.terminate();
      await once(server, 'close');
    },
  ],
  [
    'is terminated while data is being compressed',
    { server: { perMessageDeflate: true } },
    ({ client, log }) => {
      const note = (what: string) => (error: unknown) => log.push([what, tell(error), client.readyState]);
      client.send(randomBytes(200_000), note('first'));
      client.send('second');
      client.send('third', note('third'));
      log.push(client.bufferedAmount);
      client.terminate();
    },
  ],
  [
    'waits for the end no longer than told',
    { client: { closeTimeout: 1234 } as object },
    ({ client, log }) => {
      const timer = (): unknown =>
        (client as unknown as { _closeTimer: { _idleTimeout: number } | null })._closeTimer?._idleTimeout;
      log.push(timer());
      client.close();
      log.push(timer());
    },
  ],
  [
    'uses one Buffer for all that is empty',
    {},
    async ({ client, server, log }) => {
      server.send('');
      server.ping();
      const [[message], [ping]] = (await Promise.all([once(client, 'message'), once(client, 'ping')])) as [
        Buffer[],
        Buffer[],
      ];
      log.push(message === ping);
      client.close();
      const [[, one], [, other]] = (await Promise.all([once(client, 'close'), once(server, 'close')])) as [
        Buffer[],
        Buffer[],
      ];
      log.push(one === other, one === message);
    },
  ],
  [
    'checks what it is to send in control frames',
    {},
    ({ client, log }) => {
      const tasks = [
        () => client.close(1000, [1, 2] as never),
        () => client.close(1000, new Uint16Array(2) as never),
        () => client.close(1000, 'x'.repeat(124)),
        () => client.close(1000, 'ä'.repeat(62)),
        () => client.close(1004),
        () => client.close('1000' as never),
        () => client.ping(new Blob(['x'.repeat(126)])),
        () => client.readyState,
      ];
      for (const task of tasks) {
        try {
          log.push(task());
        } catch (error) {
          log.push(tell(error));
        }
      }
      client.close(1000, 123 as never);
    },
  ],
];

describe('details of the drop-in, side by side with ws', () => {
  for (const [title, options, test] of pairs) same(title, (library) => runPair(library, options, test));

  same('gives up a peer that pings too fast', (library) =>
    runRaw(library, {}, async (socket, wss, log) => {
      await open(socket);
      wss.clients.forEach((client) => client.removeAllListeners('ping'));
      socket.write(Buffer.from('898000000000'.repeat(200), 'hex'));
      await once(socket, 'close');
      log.push('closed');
    }),
  );

  same('pongs without a limit', (library) =>
    runRaw(library, { maxPendingAutoPongs: 0 } as object, async (socket, wss, log) => {
      await open(socket);
      wss.clients.forEach((client) => client.removeAllListeners('ping'));
      const answers: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => answers.push(chunk));
      socket.end(Buffer.from(`${'898000000000'.repeat(200)}888000000000`, 'hex'));
      await once(socket, 'close');
      log.push(Buffer.concat(answers).toString('hex'));
    }),
  );

  for (const count of [16_384, 16_385]) {
    same(`takes a message of ${count} fragments, or not`, (library) =>
      runRaw(library, {}, async (socket, _, log) => {
        await open(socket);
        const answers: Buffer[] = [];
        socket.on('data', (chunk: Buffer) => answers.push(chunk));
        socket.end(
          Buffer.from(`018000000000${'008000000000'.repeat(count - 2)}808000000000888000000000`, 'hex'),
        );
        await once(socket, 'close');
        log.push(Buffer.concat(answers).toString('hex'));
      }),
    );
  }

  same('has the constants and attributes of ws', ({ WebSocket, WebSocketServer }) => {
    const log: Log = [];
    for (const name of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED']) {
      log.push(Object.getOwnPropertyDescriptor(WebSocket, name));
      log.push(Object.getOwnPropertyDescriptor(WebSocket.prototype, name));
    }
    const attributes = ['binaryType', 'bufferedAmount', 'extensions', 'isPaused', 'protocol', 'readyState'];
    for (const name of [...attributes, 'url', 'onopen', 'onerror', 'onclose', 'onmessage']) {
      const { enumerable, get, set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, name)!;
      log.push([name, enumerable, typeof get, typeof set]);
    }
    const { options } = new WebSocketServer({ noServer: true });
    log.push(Object.entries({ ...options, backlog: null, host: null, WebSocket: null }).sort());
    return Promise.resolve(log);
  });

  same('has events of its own', async (library) => {
    const log: Log = [];
    await runPair(library, {}, async ({ client, server }) => {
      const note = (event: object): void => {
        const names: unknown[] = [];
        for (const name in event) names.push(name);
        log.push([event.constructor.name, names.sort(), (event as { type: string }).type]);
        const { error, message } = event as { error?: unknown; message?: unknown };
        log.push([tell(error), message]);
      };
      client.addEventListener('message', note);
      client.addEventListener('close', note);
      client.addEventListener('error', note);
      client.onmessage = note;
      client.onclose = 'nothing that can be called' as never;
      log.push(tell(client.onclose), client.listeners('message').length);
      server.send('text');
      await once(client, 'message');
      socketOf(server).write(Buffer.from([0x85, 0x00]));
    });
    return log;
  });
});

const REQUEST =
  'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

async function open(socket: Socket): Promise<void> {
  socket.write(REQUEST);
  await once(socket, 'data');
}

type Respond = (socket: Duplex, port: number, request: IncomingMessage) => void;
const moved =
  (location: (port: number) => string, status = '302 Found'): Respond =>
  (socket, port) =>
    socket.end(`HTTP/1.1 ${status}\r\nLocation: ${location(port)}\r\n\r\n`);

/** Each upgrade gets the next answer. After the last answer, connections open. */
async function runRedirects(
  library: Library,
  responses: readonly Respond[],
  { options = {}, user = '', hears = false }: { options?: ClientOptions; user?: string; hears?: boolean },
): Promise<Log> {
  const log: Log = [];
  const http: Server = createServer();
  const wss = new library.WebSocketServer({ noServer: true });
  const left = [...responses];
  http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => {});
    const { authorization, cookie, host, foo } = request.headers;
    log.push([
      request.url,
      authorization,
      cookie,
      host?.replace(/\d+$/, 'port').replace('127.0.0.1', 'localhost'),
      foo,
    ]);
    const respond = left.shift();
    if (respond !== undefined) respond(socket, (http.address() as AddressInfo).port, request);
    else wss.handleUpgrade(request, socket, head, (one) => one.close(1000, 'here'));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const anonymous = (text: string): string => text.replaceAll(String(port), 'port');
  const client = new library.WebSocket(`ws://${user}127.0.0.1:${port}/first`, {
    followRedirects: true,
    headers: { Foo: 'bar', Cookie: 'a=b' },
    ...options,
  });
  watch(log, 'client', client);
  if (hears) client.on('redirect', (url, request) => log.push(['redirect', anonymous(url), request.path]));
  await closed(client);
  log.push(anonymous(client.url), (client as unknown as { _redirects: number })._redirects);
  http.close();
  http.closeAllConnections();
  await closed(http);
  return log.map((entry) =>
    Array.isArray(entry) ? entry.map((one) => (typeof one === 'string' ? anonymous(one) : one)) : entry,
  );
}

const elsewhere = moved((port) => `ws://localhost:${port}/elsewhere`);
const redirects: readonly (readonly [string, readonly Respond[], Parameters<typeof runRedirects>[2]])[] = [
  ['to a path', [moved(() => '/second')], {}],
  ['to a relative path, twice', [moved(() => 'second'), moved(() => 'third?x=1')], { hears: true }],
  ['to http', [moved((port) => `http://127.0.0.1:${port}/second`)], {}],
  ['that it does not follow', [moved(() => '/second')], { options: { followRedirects: false } }],
  ['without end', [moved(() => '/a'), moved(() => '/b')], { options: { maxRedirects: 1 } }],
  ['to nowhere', [moved(() => 'ws://')], {}],
  ['to another protocol', [moved(() => 'bad-scheme://localhost')], {}],
  ['to a fragment', [moved(() => '/second#third')], {}],
  ['without a place', [(socket) => socket.end('HTTP/1.1 302 Found\r\n\r\n')], {}],
  ['that is none', [moved(() => '/second', '404 Not Found')], {}],
  ['to another host', [elsewhere], { user: 'u:p@' }],
  ['to another host, heard', [elsewhere], { user: 'u:p@', hears: true }],
  ['to another host and back', [elsewhere, moved((port) => `ws://127.0.0.1:${port}/back`)], { user: 'u:p@' }],
  ['to another user', [moved((port) => `ws://a:b@127.0.0.1:${port}/`)], { user: 'u:p@' }],
  ['to a user', [moved((port) => `ws://a:b@127.0.0.1:${port}/`), moved(() => '/next')], {}],
  ['with `auth`', [moved(() => '/second')], { options: { auth: 'u:p' } as ClientOptions }],
  [
    'with headers of its own, to another host',
    [elsewhere],
    { options: { headers: { Authorization: 'Basic x', COOKIE: 'c=d', Host: 'h.example' } } },
  ],
];

describe('redirects of the drop-in, side by side with ws', () => {
  for (const [title, responses, how] of redirects)
    same(title, (library) => runRedirects(library, responses, how));

  same('is closed in the event redirect', (library) => aborts(library, (client) => client.close()));
  same('is terminated in the event redirect', (library) => aborts(library, (client) => client.terminate()));
});

async function aborts(
  library: Library,
  stop: (client: InstanceType<Library['WebSocket']>) => void,
): Promise<Log> {
  const log: Log = [];
  const http = createServer();
  http.on('upgrade', (_, socket) => socket.end('HTTP/1.1 302 Found\r\nLocation: /next\r\n\r\n'));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const client = new library.WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`, {
    followRedirects: true,
  });
  watch(log, 'client', client);
  client.on('redirect', () => stop(client));
  await closed(client);
  http.close();
  http.closeAllConnections();
  return log;
}

describe('the opening of the drop-in, side by side with ws', () => {
  same('listens on a path', async (library) => {
    const log: Log = [];
    const name = `wspc-${randomBytes(4).toString('hex')}`;
    const path = process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
    const http = createServer();
    const wss = new library.WebSocketServer({ server: http });
    wss.on('connection', (socket, request) => {
      log.push([request.url, request.headers.host]);
      socket.close();
    });
    http.listen(path);
    await once(http, 'listening');
    for (const target of ['', ':', ':/', ':/foo?bar=baz', ':/foo:bar']) {
      const client = new library.WebSocket(`ws+unix:${path}${target}`);
      watch(log, target, client);
      await closed(client);
    }
    wss.close();
    http.close();
    await closed(http);
    return log;
  });

  same('takes an answer and is closed', async (library) => {
    const log: Log = [];
    const http = createServer();
    http.on('upgrade', (_, socket) => {
      socket.on('end', () => socket.end());
      socket.write('HTTP/1.1 502 Foo\r\nContent-Length: 3\r\n\r\nfoo');
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const client = new library.WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
    watch(log, 'client', client);
    client.on('unexpected-response', (_, response) => {
      log.push(response.statusCode);
      response.on('data', (chunk: Buffer) => log.push(chunk.toString()));
      response.on('end', () => client.close());
    });
    await closed(client);
    http.close();
    await closed(http);
    return log;
  });

  for (const how of ['close', 'terminate'] as const) {
    same(`is ended with ${how} in the event error`, async (library) => {
      const log: Log = [];
      const server = createTransportServer((socket) => socket.on('error', () => {}).end('no HTTP\r\n'));
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const client = new library.WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
      client.on('error', (error) => {
        log.push(['error', (error as NodeJS.ErrnoException).code, client.readyState]);
        client[how]();
        log.push(client.readyState);
      });
      client.on('close', (code) => log.push(code));
      await closed(client);
      server.close();
      return log;
    });
  }

  same('takes subprotocols from either place', async (library) => {
    const log: Log = [];
    const wss = new library.WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(wss, 'listening');
    wss.on('connection', (socket, request) => {
      log.push(request.headers['sec-websocket-protocol']);
      socket.close();
    });
    const address = `ws://127.0.0.1:${(wss.address() as AddressInfo).port}`;
    const WebSocket = library.WebSocket as new (...args: unknown[]) => InstanceType<Library['WebSocket']>;
    const given: unknown[][] = [
      [],
      [undefined],
      [undefined, { protocols: 'a' }],
      [{ protocols: ['a', 'b'] }],
      [['c'], { protocols: ['a'] }],
      [[], { protocols: ['a'] }],
      [null],
      [''],
      ['a,b'],
      [5],
      [['a', 'a']],
      [{ protocols: 'a b' }],
    ];
    for (const args of given) {
      try {
        const client = new WebSocket(address, ...args);
        await closed(client);
        log.push(client.protocol);
      } catch (error) {
        log.push(tell(error));
      }
    }
    wss.close();
    return log;
  });

  same('reads URLs', (library) => {
    const log: Log = [];
    const agent = { addRequest: () => {} };
    const url = new URL('http://example.com/path');
    for (const address of [
      url,
      'https://example.com',
      'ws://foo%zz:b%C3%A4r@example.com',
      'ws://:bar@example.com',
      'wss://[::1]:8080/?x#',
      'ws+unix:/path',
      'wss+unix:/path:/x?y',
      'ws+unix:',
      'example.com',
      'bad-scheme://example.com',
      'ws://example.com#x',
    ]) {
      try {
        const client = new library.WebSocket(address, { agent: agent as never });
        const { _req: request } = client as unknown as {
          _req: ClientRequest;
        };
        log.push([client.url, request.path, request.host, request.getHeader('authorization')]);
        client.on('error', () => {});
        client.terminate();
      } catch (error) {
        log.push(tell(error));
      }
    }
    log.push(url.href);
    return Promise.resolve(log);
  });
});

describe('the drop-in', () => {
  it('makes events as ws does, with defaults', async () => {
    const { CloseEvent, ErrorEvent, Event, MessageEvent } = await import('../../lib/ws/event-target.js');
    const { code, reason, wasClean, target } = new CloseEvent('x');
    assert.deepEqual([code, reason, wasClean, target], [0, '', false, null]);
    const { error, message, type } = new ErrorEvent('x');
    assert.deepEqual([error, message, type], [null, '', 'x']);
    assert.equal(new MessageEvent('x').data, null);
    assert.ok(new MessageEvent('x', { data: 1 }) instanceof Event);
  });
});
