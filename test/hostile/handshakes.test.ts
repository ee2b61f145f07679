import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, afterEach, before, describe, it } from 'mocha';
import { connect, HandshakeError, listen } from '../../lib/index.js';
import type { Server } from '../../lib/index.js';
import { figure, memoryInUse } from './figures.js';
import { portOf } from './roles.js';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const MIB = 1 << 20;

const GOOD = [
  'GET /chat HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  `Sec-WebSocket-Key: ${KEY}`,
  'Sec-WebSocket-Version: 13',
];

/** The valid request, with lines added. A line replaces the one with the same beginning. */
function request(...changes: string[]): string {
  const lines = [...GOOD];
  for (const change of changes) {
    const [name = ''] = change.split(':');
    const index = lines.findIndex((line) => line.startsWith(`${name}:`));
    if (index > 0) lines[index] = change;
    else lines.push(change);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Sends bytes and reads the answer: until the end, or until an upgrade, which is then dropped. */
async function ask(port: number, bytes: string): Promise<Answer> {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(bytes, 'latin1');
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    text += chunk;
    if (!text.includes('\r\n\r\n')) return;
    if (text.includes(' 101 ')) socket.destroy();
    else socket.end();
  });
  await once(socket, 'close');
  return { status: Number(text.split(' ')[1] ?? 0), text };
}

describe('a server and handshakes that mean harm', () => {
  let server: Server;
  let port: number;
  let opened = 0;
  before(async () => {
    server = await listen({ host: '127.0.0.1', protocols: ['chat'] });
    server.on('connection', (connection) => {
      opened++;
      connection.terminate();
    });
    port = portOf(server);
  });
  after(() => server.close());

  afterEach(() => {
    opened = 0;
  });

  it('accepts the request from which the others are made', async () => {
    const { status, text } = await ask(port, request());
    assert.equal(status, 101);
    assert.ok(text.includes(ACCEPT));
    assert.equal(opened, 1);
  });

  for (const [name, status, bytes] of [
    ['a body by Content-Length', 400, `${request('Content-Length: 5')}hello`],
    ['a body by Transfer-Encoding', 400, `${request('Transfer-Encoding: chunked')}0\r\n\r\n`],
    [
      'Content-Length and Transfer-Encoding',
      400,
      `${request('Content-Length: 6', 'Transfer-Encoding: chunked')}0\r\n\r\nG`,
    ],
    ['two lengths that differ', 400, request('Content-Length: 0', 'content-length: 5')],
    ['a header folded over two lines', 400, request('X-Folded: a\r\n b')],
    ['white space before the colon', 400, request('X-Space : a')],
    ['a NUL in a value', 400, request('X-Nul: a\0b')],
    ['a line feed alone as the end of a line', 400, request().replaceAll('\r\n', '\n')],
    ['no host', 400, request().replace('Host: 127.0.0.1\r\n', '')],
    ['HTTP/1.0', 505, request().replace('HTTP/1.1', 'HTTP/1.0')],
    ['another method', 405, request().replace('GET', 'POST')],
    ['another protocol', 426, request('Upgrade: h2c')],
    ['two keys', 400, request(`sec-websocket-key: ${KEY}`)],
    ['a key of 15 bytes', 400, request('Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA')],
    ['a key that is not base64', 400, request('Sec-WebSocket-Key: ************************')],
    ['no key', 400, request().replace(`Sec-WebSocket-Key: ${KEY}\r\n`, '')],
    ['version 8', 426, request('Sec-WebSocket-Version: 8')],
    ['two versions', 400, request('sec-websocket-version: 13')],
    ['two subprotocol headers that name one twice', 400, request('Sec-WebSocket-Protocol: chat, chat')],
    ['a subprotocol that is no token', 400, request('Sec-WebSocket-Protocol: chat, a b')],
    ['an extension header that is no list', 400, request('Sec-WebSocket-Extensions: ;;;')],
    ['Upgrade that Connection does not name', 426, request('Connection: close')],
  ] as const) {
    it(`refuses ${name} with ${status}`, async () => {
      const answer = await ask(port, bytes);
      assert.equal(answer.status, status, answer.text);
      assert.equal(opened, 0);
    });
  }

  it('never answers twice: bytes after a refused request are not read as another request', async () => {
    const { text } = await ask(
      port,
      `${request('Content-Length: 5')}GET /smuggled HTTP/1.1\r\n\r\n${request()}`,
    );
    assert.equal(text.match(/HTTP\/1\.1/g)?.length, 1);
    assert.equal(opened, 0);
  });

  it('copies no byte of a request into the head of its answer', async () => {
    for (const header of ['Sec-WebSocket-Protocol: chat\u0085X', 'Origin: http://a\u0085b', 'X: \u00ff']) {
      const { text } = await ask(port, request(header));
      const head = text.slice(0, text.indexOf('\r\n\r\n'));
      assert.doesNotMatch(head, /[^\x20-\x7e\r\n]/);
    }
  });

  for (const [name, bytes] of [
    ['one header of 1 MiB', () => request(`X-Bomb: ${'x'.repeat(MIB)}`)],
    [
      '100000 headers',
      () => request(Array.from({ length: 100000 }, (_, index) => `X-${index}: y`).join('\r\n')),
    ],
    ['a URL of 1 MiB', () => request().replace('/chat', `/${'x'.repeat(MIB)}`)],
  ] as const) {
    it(`refuses ${name} with 431 after 16 KiB`, async () => {
      const before = memoryInUse();
      const all = bytes();
      const { status } = await ask(port, all);
      // The answer may be lost if the rest of the bomb meets a closed socket.
      assert.ok(status === 431 || status === 0, String(status));
      assert.equal(opened, 0);
      assert.ok(memoryInUse() - before < 8 * MIB);
    });
  }

  it('accepts the largest number of headers, with the important ones at the end', async () => {
    const { status } = await ask(
      port,
      `GET / HTTP/1.1\r\n${Array.from({ length: 900 }, (_, index) => `${index.toString(36)}:\r\n`).join('')}` +
        GOOD.slice(1)
          .map((line) => `${line}\r\n`)
          .join('') +
        '\r\n',
    );
    assert.equal(status, 101);
  });

  it('refuses a request with more headers than Node keeps', async () => {
    const lines = Array.from({ length: 1100 }, (_, index) => `${index.toString(36)}:\r\n`).join('');
    const { status } = await ask(
      port,
      `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${lines}Sec-WebSocket-Key: ${KEY}\r\n\r\n`,
    );
    assert.ok(status >= 400 && status < 500, String(status));
  });

  for (const [name, value] of [
    ['spaces', `chat${' '.repeat(12000)}x`],
    ['commas', ','.repeat(14000)],
    ['names', Array.from({ length: 3000 }, (_, index) => index.toString(36)).join(',')],
    ['quotes', `a;b="${'\\"'.repeat(6000)}`],
  ] as const) {
    it(`gets through lists of many ${name}`, async () => {
      for (const header of ['Sec-WebSocket-Protocol', 'Sec-WebSocket-Extensions', 'Connection']) {
        const { status } = await ask(port, request(`${header}: ${value}`));
        assert.ok(status === 101 || (status >= 400 && status < 500), `${header}: ${status}`);
      }
    });
  }

  describe('that are slow', () => {
    let slow: Server;
    before(async () => {
      slow = await listen({ host: '127.0.0.1', handshakeTimeout: 40 });
    });
    after(() => slow.close());

    for (const [name, bytes] of [
      ['sends nothing', ''],
      ['sends the request line', 'GET / HTTP/1.1\r\n'],
      ['sends all but the last byte', request().slice(0, -1)],
    ] as const) {
      it(`answers a client that ${name} with 408`, async () => {
        const { status } = await ask(portOf(slow), bytes);
        assert.equal(status, 408);
      });
    }

    it('ends clients that send a byte now and then: this wins no time', async () => {
      const socket = net.connect(portOf(slow), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.resume();
      const closed = once(socket, 'close').then(() => true);
      let sent = 0;
      for (let ended = false; !ended;) {
        if (socket.writable) socket.write('GET / HTTP/1.1\r\nX: '.charAt(sent++ % 16) || 'x');
        ended = await Promise.race([closed, new Promise<false>((resolve) => setTimeout(resolve, 5, false))]);
      }
      assert.ok(sent > 0);
      figure('slow handshake', `ended after ${sent} bytes`);
    });

    it('leaves a connection alone once it is open', async () => {
      const connection = await connect(`ws://127.0.0.1:${portOf(slow)}`);
      // Waits as long as it takes to end a connection that has not opened.
      await ask(portOf(slow), '');
      await ask(portOf(slow), '');
      assert.equal(connection.state, 'open');
      await connection.close();
    });
  });
});

describe('a server and pages of other sites', () => {
  let server: Server;
  before(async () => {
    server = await listen({ host: '127.0.0.1', origins: ['https://good.example'] });
  });
  after(() => server.close());

  for (const [origin, status] of [
    ['https://good.example', 101],
    ['https://evil.example', 403],
    ['http://good.example', 403],
    ['https://good.example.evil.example', 403],
    ['https://good.example:8443', 403],
    ['HTTPS://GOOD.EXAMPLE', 403],
    ['null', 403],
    ['', 403],
    ['https://good.example, https://evil.example', 403],
  ] as const) {
    it(`answers ${status} to the origin '${origin}'`, async () => {
      const answer = await ask(portOf(server), request(`Origin: ${origin}`));
      assert.equal(answer.status, status);
    });
  }

  it('answers 403 to two origins', async () => {
    const { status } = await ask(
      portOf(server),
      request('Origin: https://good.example', 'origin: https://evil.example'),
    );
    assert.equal(status, 403);
  });

  it('accepts programs without an origin', async () => {
    assert.equal((await ask(portOf(server), request())).status, 101);
  });
});

describe('a client and servers that mean harm', () => {
  let server: net.Server;
  let script: (socket: net.Socket, key: string) => void = () => undefined;
  const sockets = new Set<net.Socket>();
  before(async () => {
    server = net.createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => undefined);
      socket.setEncoding('latin1');
      let head = '';
      socket.on('data', (chunk: string) => {
        head += chunk;
        if (head.endsWith('\r\n\r\n')) script(socket, /sec-websocket-key: (.*)/i.exec(head)?.[1] ?? '');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });

  const refused = async (answer: string | typeof script, options = {}): Promise<HandshakeError> => {
    script = typeof answer === 'string' ? (socket) => socket.end(answer, 'latin1') : answer;
    const url = `ws://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
    try {
      const connection = await connect(url, options);
      connection.terminate();
    } catch (error) {
      assert.ok(error instanceof HandshakeError, String(error));
      return error;
    }
    assert.fail('the handshake was accepted');
  };
  const switching = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';

  for (const [name, code, answer] of [
    ['no Sec-WebSocket-Accept', 'ERR_INVALID_HANDSHAKE', `${switching}\r\n`],
    [
      'the answer to another key',
      'ERR_INVALID_HANDSHAKE',
      `${switching}Sec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`,
    ],
    ['no HTTP', 'ERR_CONNECT_FAILED', 'SSH-2.0-OpenSSH\r\n'],
    ['nothing and an end', 'ERR_CONNECT_FAILED', ''],
    ['half a header', 'ERR_CONNECT_FAILED', 'HTTP/1.1 101 Switch'],
    ['a header of 1 MiB', 'ERR_CONNECT_FAILED', `HTTP/1.1 101 S\r\nX: ${'x'.repeat(MIB)}\r\n\r\n`],
    [
      'a length and chunks',
      'ERR_CONNECT_FAILED',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
  ] as const) {
    it(`refuses ${name}`, async () => {
      assert.equal((await refused(answer)).code, code);
    });
  }

  it('gives up a server that does not answer', async () => {
    assert.equal((await refused(() => undefined, { handshakeTimeout: 20 })).code, 'ERR_HANDSHAKE_TIMEOUT');
  });

  it('gives up a server that answers 100 Continue for ever', async () => {
    const error = await refused(
      (socket) => {
        const more = (): void => {
          if (socket.writable && !socket.writableNeedDrain) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
          if (!socket.destroyed) setImmediate(more);
        };
        more();
      },
      { handshakeTimeout: 50 },
    );
    assert.equal(error.code, 'ERR_HANDSHAKE_TIMEOUT');
  });

  it('reads at most 64 KiB of an endless refusal', async () => {
    let sent = 0;
    const error = await refused((socket) => {
      socket.write('HTTP/1.1 403 Forbidden\r\n\r\n');
      const chunk = Buffer.alloc(65536, 'x');
      const more = (): void => {
        while (socket.writable && socket.writableLength < MIB) {
          socket.write(chunk);
          sent += chunk.length;
        }
        if (!socket.destroyed) setImmediate(more);
      };
      more();
    });
    assert.equal(error.code, 'ERR_UNEXPECTED_RESPONSE');
    assert.equal(error.response?.body.length, 65536);
    assert.ok(sent >= 65536);
  });

  it('follows a ring of redirects ten times', async () => {
    let asked = 0;
    const error = await refused(
      (socket) => {
        asked++;
        socket.end('HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n');
      },
      { followRedirects: true },
    );
    assert.equal(error.code, 'ERR_TOO_MANY_REDIRECTS');
    assert.equal(asked, 11);
  });

  it('sends credentials to no other origin', async () => {
    let other = '';
    const elsewhere = net.createServer((socket) => {
      socket.once('data', (chunk) => {
        other = chunk.toString('latin1');
        socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
      });
    });
    elsewhere.listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    const { port } = elsewhere.address() as net.AddressInfo;
    await refused(`HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:${port}/\r\nContent-Length: 0\r\n\r\n`, {
      followRedirects: true,
      headers: { Authorization: 'secret', Cookie: 'secret' },
    });
    assert.match(other, /^GET/);
    assert.doesNotMatch(other, /secret/);
    elsewhere.close();
  });

  for (const options of [
    { headers: { 'X-A': 'a\r\nX-B: b' } },
    { headers: { 'X-A\r\nX-B': 'b' } },
    { origin: 'http://a\r\nX-B: b' },
    { protocols: ['chat\r\nX-B: b'] },
  ]) {
    it(`sends no header of the caller's that breaks out of its line: ${JSON.stringify(options)}`, async () => {
      let asked = 0;
      script = () => asked++;
      await assert.rejects(connect(`ws://127.0.0.1:${(server.address() as net.AddressInfo).port}`, options));
      assert.equal(asked, 0);
    });
  }
});
