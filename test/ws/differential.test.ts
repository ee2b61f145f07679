import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { attempt, runClient, runPair, runRaw, same } from './as-ws.js';
import type { Log, PairOptions, Test } from './as-ws.js';

const pairs: readonly (readonly [title: string, options: PairOptions, test: Test])[] = [
  [
    'sends and receives every kind of data',
    {},
    async ({ client, server, log }) => {
      server.on('message', (data, isBinary) => server.send(data, { binary: isBinary }));
      client.send('text');
      client.send(Buffer.from('buffer'));
      client.send(new Uint16Array([1, 2, 3]));
      client.send(new Uint8Array([1, 2, 3]).buffer);
      client.send(new DataView(new ArrayBuffer(3)));
      client.send(12345);
      client.send([1, 2, 3]);
      client.send('binary string', { binary: true });
      client.send(Buffer.from('text buffer'), { binary: false });
      client.send('');
      client.send('x'.repeat(100_000), (error) => log.push(['sent', error]));
      client.send('in ', { fin: false });
      client.send(Buffer.from('three '), { fin: false, binary: true });
      client.send('parts');
      await new Promise<void>((resolve) => {
        let count = 0;
        client.on('message', () => ++count === 12 && resolve());
      });
      log.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
      client.close();
    },
  ],
  ['closes with code and reason', {}, ({ client }) => client.close(3000, 'häh')],
  ['closes with a Buffer as reason', {}, ({ server }) => server.close(4999, Buffer.from('some reason'))],
  ['closes without a code', {}, ({ server }) => server.close()],
  [
    'closes from both sides at once',
    {},
    ({ server, client }) => {
      server.close(1000, 'a');
      client.close(1000, 'a');
    },
  ],
  ['is terminated', {}, ({ client }) => client.terminate()],
  [
    'is terminated after a message',
    {},
    ({ client }) => {
      client.send('last words');
      client.terminate();
    },
  ],
  [
    'sends when it is too late',
    {},
    ({ client, log }) => {
      client.close();
      attempt(log, () => client.send('hi'));
      attempt(log, () => client.send('hi', (error) => log.push(['late', String(error)])));
      attempt(log, () => client.ping('hi', undefined, (error) => log.push(['late', String(error)])));
      attempt(log, () => client.bufferedAmount >= 6);
    },
  ],
  [
    'pings and pongs',
    {},
    async ({ client, server, log }) => {
      attempt(log, () => client.ping('x'.repeat(126)));
      attempt(log, () => server.pong(Buffer.alloc(126)));
      client.ping();
      await once(client, 'pong');
      client.ping('payload', true);
      await once(client, 'pong');
      server.pong(5);
      await once(client, 'pong');
      client.close();
    },
  ],
  [
    'does not answer pings with autoPong off',
    { server: { autoPong: false } },
    async ({ client, server }) => {
      client.ping('x');
      const [data] = (await once(server, 'ping')) as [Buffer];
      server.pong(`${data.toString()}y`);
      await once(client, 'pong');
      client.close();
    },
  ],
  [
    'hands binary messages over as told',
    {},
    async ({ client, server }) => {
      for (const type of ['nodebuffer', 'arraybuffer', 'fragments', 'blob', 'nonsense']) {
        client.binaryType = type as 'nodebuffer';
        server.send(Buffer.from('bytes'));
        server.send('text');
        await once(client, 'message');
        await new Promise((resolve) => setImmediate(resolve));
      }
      client.close();
    },
  ],
  [
    'has the attributes of ws',
    { protocols: ['one', 'two'], server: { perMessageDeflate: true } },
    ({ client, server, log, wss }) => {
      for (const socket of [client, server]) {
        const { binaryType, bufferedAmount, extensions, isPaused, protocol, readyState } = socket;
        log.push({ binaryType, bufferedAmount, extensions, isPaused, protocol, readyState });
        log.push([
          socket.onopen,
          socket.onclose,
          socket.onerror,
          socket.onmessage,
          socket.OPEN,
          socket.CLOSED,
        ]);
      }
      log.push(new URL(client.url).pathname, server.url, wss.clients.size, wss.path);
      client.pause();
      log.push(client.isPaused);
      client.resume();
      log.push(client.isPaused);
      client.close();
    },
  ],
  [
    'checks what it is to close with',
    {},
    ({ client, server, log }) => {
      attempt(log, () => client.close(1005));
      attempt(log, () => server.close(1000, 'x'.repeat(124)));
      client.terminate();
    },
  ],
  [
    'is an event target',
    {},
    async ({ client, server, log }) => {
      const note = (event: { type: string; target: unknown }): void => {
        const { data, code, reason, wasClean } = event as unknown as Record<string, unknown>;
        log.push(['event', event.type, event.target === client, data, code, reason, wasClean]);
      };
      const object = { handleEvent: note };
      client.addEventListener('message', note);
      client.addEventListener('message', note);
      client.addEventListener('message', object);
      client.addEventListener('message', note, { once: true });
      client.addEventListener('close', note);
      client.addEventListener('nonsense' as 'close', note);
      client.onmessage = note;
      log.push(client.onmessage === note, client.listenerCount('message'), client.listenerCount('nonsense'));
      server.send('one');
      await once(client, 'message');
      client.removeEventListener('message', object);
      client.onmessage = null;
      server.send('two');
      await once(client, 'message');
      client.removeEventListener('message', note);
      log.push(client.listenerCount('message'));
      server.close(1001, 'end');
    },
  ],
  [
    'compresses',
    { server: { perMessageDeflate: { threshold: 0 } }, client: { perMessageDeflate: { threshold: 0 } } },
    async ({ client, server }) => {
      server.on('message', (data, isBinary) => server.send(data, { binary: isBinary, compress: false }));
      for (const message of ['a', 'b'.repeat(200_000), Buffer.alloc(50_000)]) {
        client.send(message);
        await once(client, 'message');
      }
      client.close(1000);
    },
  ],
  [
    'limits the size of messages',
    { server: { maxPayload: 10 } },
    ({ client }) => client.send('x'.repeat(11)),
  ],
  [
    'limits the size of compressed messages',
    { server: { maxPayload: 1000, perMessageDeflate: true } },
    ({ client }) => client.send(Buffer.alloc(100_000)),
  ],
  [
    'limits the number of fragments',
    { server: { maxFragments: 3 } },
    ({ client }) => {
      for (let index = 0; index < 5; index++) client.send('x', { fin: false });
    },
  ],
];

describe('the drop-in, side by side with ws', () => {
  for (const [title, options, test] of pairs) same(title, (library) => runPair(library, options, test));
});

const REQUEST =
  'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';

const masked = (first: number, payload: string, length = payload.length): Buffer =>
  Buffer.concat([Buffer.from([first, 0x80 | length, 0, 0, 0, 0]), Buffer.from(payload, 'latin1')]);

const frames: readonly (readonly [string, Buffer])[] = [
  ['RSV1', masked(0xc1, 'x')],
  ['RSV2', masked(0xa1, 'x')],
  ['RSV3', masked(0x91, 'x')],
  ['opcode 3', masked(0x83, 'x')],
  ['opcode 11', masked(0x8b, 'x')],
  ['continuation of nothing', masked(0x80, 'x')],
  ['a message in a message', Buffer.concat([masked(0x01, 'x'), masked(0x82, 'y')])],
  ['a fragmented ping', masked(0x09, 'x')],
  ['a long ping', Buffer.concat([Buffer.from([0x89, 0xfe, 0, 126, 0, 0, 0, 0]), Buffer.alloc(126)])],
  ['a close of one byte', masked(0x88, 'x')],
  ['a close with 1004', masked(0x88, '\x03\xec')],
  ['a close with 1005', masked(0x88, '\x03\xed')],
  ['a close with 999', masked(0x88, '\x03\xe7')],
  ['a close with a reason that is not UTF-8', masked(0x88, '\x03\xe8\xff')],
  ['no mask', Buffer.from([0x81, 0x01, 0x78])],
  ['text that is not UTF-8', masked(0x81, '\xff')],
  ['a good message and a bad one', Buffer.concat([masked(0x81, 'good'), masked(0x83, 'bad')])],
  ['a message, and the end', masked(0x81, 'good')],
  ['a close, and something behind it', Buffer.concat([masked(0x88, '\x03\xe8'), masked(0x81, 'late')])],
];

describe('the server of the drop-in, side by side with that of ws', () => {
  for (const [title, bytes] of frames) {
    same(`gets ${title}`, (library) =>
      runRaw(library, {}, async (socket, _, log) => {
        socket.write(`${REQUEST}\r\n`);
        await once(socket, 'data');
        const answers: Buffer[] = [];
        socket.on('data', (chunk: Buffer) => answers.push(chunk));
        socket.end(bytes);
        await once(socket, 'close');
        log.push(Buffer.concat(answers).toString('hex'));
      }),
    );
  }

  const requests: readonly (readonly [string, string, object?])[] = [
    ['POST', REQUEST.replace('GET', 'POST')],
    ['no key', REQUEST.replace(/Sec-WebSocket-Key.*\r\n/, '')],
    ['a bad key', REQUEST.replace('dGhl', '')],
    ['another upgrade', REQUEST.replace('Upgrade: websocket', 'Upgrade: foo')],
    ['no version', REQUEST.replace(/Sec-WebSocket-Version.*\r\n/, '')],
    ['version 12', REQUEST.replace('13', '12')],
    ['another path', REQUEST.replace('GET /', 'GET /other'), { path: '/this' }],
    ['bad subprotocols', `${REQUEST}Sec-WebSocket-Protocol: foo;bar\r\n`],
    ['a subprotocol twice', `${REQUEST}Sec-WebSocket-Protocol: foo, foo\r\n`],
    [
      'bad extensions',
      `${REQUEST}Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=foo\r\n`,
      { perMessageDeflate: true },
    ],
    [
      'malformed extensions',
      `${REQUEST}Sec-WebSocket-Extensions: permessage-deflate;\r\n`,
      { perMessageDeflate: true },
    ],
    ['verifyClient says no', REQUEST, { verifyClient: () => false }],
    [
      'verifyClient says why not',
      REQUEST,
      {
        verifyClient: (_: unknown, done: (...args: unknown[]) => void) =>
          done(false, 404, 'gone', { 'X-Why': 'because' }),
      },
    ],
    [
      'verifyClient says no later',
      REQUEST,
      { verifyClient: (_: unknown, done: (...args: unknown[]) => void) => setImmediate(done, false) },
    ],
  ];
  for (const isHeard of [false, true]) {
    for (const [title, request, options] of requests) {
      same(`refuses ${title}${isHeard ? ', heard' : ''}`, (library) =>
        runRaw(library, options ?? {}, async (socket, wss, log) => {
          if (!isHeard) wss.removeAllListeners('wsClientError');
          else wss.on('wsClientError', (_, transport) => transport.destroy());
          socket.write(`${request}\r\n`);
          const answers: Buffer[] = [];
          socket.on('data', (chunk: Buffer) => answers.push(chunk));
          await once(socket, 'close');
          log.push(Buffer.concat(answers).toString());
        }),
      );
    }
  }
});

const offers = [
  'permessage-deflate',
  'permessage-deflate; client_max_window_bits',
  'permessage-deflate; client_max_window_bits=10',
  'permessage-deflate; server_max_window_bits=10',
  'permessage-deflate; server_max_window_bits=12; client_max_window_bits=12, permessage-deflate',
  'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  'foo, permessage-deflate; client_max_window_bits; server_no_context_takeover, bar',
  'permessage-deflate; foo',
  'permessage-deflate; client_max_window_bits; client_max_window_bits',
  'permessage-deflate; client_no_context_takeover=1',
  'foo; bar',
  'foo;',
];
const deflateOptions: readonly (readonly [string, object | boolean])[] = [
  ['anything', true],
  ['a window of its own', { serverMaxWindowBits: 11 }],
  ['no window of its own', { serverMaxWindowBits: false }],
  ["a client's window", { clientMaxWindowBits: 11 }],
  ["no client's window", { clientMaxWindowBits: false }],
  ['no context', { serverNoContextTakeover: true, clientNoContextTakeover: true }],
  ['context', { serverNoContextTakeover: false, clientNoContextTakeover: false }],
];

describe('the choices of the server of the drop-in, side by side with that of ws', () => {
  for (const [title, perMessageDeflate] of deflateOptions) {
    same(`wants ${title}`, async (library) => {
      const log: Log = [];
      for (const offer of offers) {
        await runRaw(library, { perMessageDeflate }, async (socket, wss) => {
          wss.removeAllListeners('wsClientError');
          socket.write(`${REQUEST}Sec-WebSocket-Extensions: ${offer}\r\n\r\n`);
          const [chunk] = (await once(socket, 'data')) as [Buffer];
          const head = chunk.toString();
          const [, agreed = ''] = /^sec-websocket-extensions: (.*)$/im.exec(head) ?? [];
          log.push([offer, head.split('\r\n')[0], agreed.split('; ').sort()]);
          socket.destroy();
        });
      }
      return log;
    });
  }
});

const answerTo = (request: IncomingMessage, change: (lines: string[]) => string[]): string => {
  const key = request.headers['sec-websocket-key']!;
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
  ];
  return `${change(lines).join('\r\n')}\r\n\r\n`;
};
const changed =
  (change: (lines: string[]) => string[], then: (socket: Socket) => void = () => {}) =>
  (request: IncomingMessage, socket: Socket): void => {
    socket.write(answerTo(request, change), 'latin1');
    then(socket);
  };

type Respond = (request: IncomingMessage, socket: Socket) => void;
const answers: readonly (readonly [string, Respond, object?, string[]?])[] = [
  ['a 400', (_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')],
  ['another upgrade', changed((lines) => lines.map((line) => line.replace('websocket', 'foo')))],
  ['no upgrade', changed((lines) => lines.filter((line) => !line.startsWith('Upgrade')))],
  ['a wrong accept', changed((lines) => lines.map((line) => line.replace('Accept: ', 'Accept: A')))],
  ['no accept', changed((lines) => lines.filter((line) => !line.includes('Accept')))],
  ['a subprotocol nobody asked for', changed((lines) => [...lines, 'Sec-WebSocket-Protocol: foo'])],
  ['a wrong subprotocol', changed((lines) => [...lines, 'Sec-WebSocket-Protocol: foo']), {}, ['bar']],
  ['no subprotocol', changed((lines) => lines), {}, ['bar']],
  ['a wrong extension', changed((lines) => [...lines, 'Sec-WebSocket-Extensions: foo'])],
  [
    'an extension nobody asked for',
    changed((lines) => [...lines, 'Sec-WebSocket-Extensions: foo']),
    { perMessageDeflate: false },
  ],
  [
    'bad extension parameters',
    changed((lines) => [...lines, 'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7']),
  ],
  ['a malformed extension', changed((lines) => [...lines, 'Sec-WebSocket-Extensions: foo;=bar'])],
  ['the end', (_, socket) => socket.destroy()],
  ['nothing', () => {}, { handshakeTimeout: 50 }],
  [
    'a masked frame',
    changed(
      (lines) => lines,
      (socket) => socket.end(masked(0x81, 'x')),
    ),
  ],
  [
    'a message right behind',
    changed(
      (lines) => lines,
      (socket) => socket.end(Buffer.from([0x81, 0x01, 0x78, 0x88, 0x00])),
    ),
  ],
  [
    'the end without a close frame',
    changed(
      (lines) => lines,
      (socket) => socket.end(),
    ),
  ],
];

describe('the client of the drop-in, side by side with that of ws', () => {
  for (const [title, respond, options, protocols] of answers) {
    same(`gets ${title}`, (library) => runClient(library, options ?? {}, respond, protocols));
  }

  same('is closed while connecting', (library) =>
    runClient(
      library,
      {},
      () => {},
      [],
      (client, log) => {
        attempt(log, () => client.send('x'));
        attempt(log, () => client.ping());
        client.close(1001);
        log.push(client.readyState);
      },
    ),
  );

  same('is terminated while connecting', (library) =>
    runClient(
      library,
      {},
      () => {},
      [],
      (client) => client.terminate(),
    ),
  );

  same('is closed in the event upgrade', (library) =>
    runClient(
      library,
      {},
      changed((lines) => lines),
      [],
      (client) => {
        client.on('upgrade', () => client.close());
      },
    ),
  );

  same('checks its arguments', async (library) => {
    const log: Log = [];
    const { WebSocket, WebSocketServer } = library;
    for (const url of ['foo', 'ftp://x', 'ws://x/#y', 'ws+unix:', 'ws:\\x'])
      attempt(log, () => new WebSocket(url).on('error', () => {}).readyState);
    for (const protocols of ['', 'a b', ['a', 'a'], [null as never]])
      attempt(log, () => new WebSocket('ws://x', protocols));
    attempt(log, () => new WebSocket('ws://x', { protocolVersion: 1000 }));
    attempt(log, () => new WebSocketServer());
    attempt(log, () => new WebSocketServer({ port: 0, noServer: true }));
    attempt(log, () => new WebSocketServer({ noServer: true }).address());
    const server = new WebSocketServer({ noServer: true });
    server.close();
    await once(server, 'close');
    await new Promise<void>((resolve) => {
      server.close((error) => {
        log.push(String(error));
        resolve();
      });
    });
    return log;
  });

  same('sends the headers of ws', async (library) => {
    let seen: unknown;
    const log = await runClient(
      library,
      {
        origin: 'https://o.example',
        headers: { Foo: 'bar' },
        ...{ auth: 'user:pass' },
        perMessageDeflate: false,
      },
      (request, socket) => {
        const { host, ...headers } = request.headers;
        seen = [
          request.method,
          request.url,
          Object.entries({ ...headers, 'sec-websocket-key': typeof host }).sort(),
        ];
        socket.destroy();
      },
      ['a', 'b'],
    );
    return [...log, seen];
  });
});
