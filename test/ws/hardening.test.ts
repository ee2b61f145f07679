// Faults of the program, of its environment and of hostile peers. The drop-in behaves like `ws`, or better if `ws`
// would end the process.
import { strict as assert } from 'node:assert';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { openAsBlob, unlinkSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { runInNewContext } from 'node:vm';
import type { ServerOptions } from 'ws';
import { component } from '../../lib/component/index.js';
import WebSocket from '../../lib/ws/index.js';
import { closed, runPair, runRaw, same, tell } from './as-ws.js';
import type { Library, Log } from './as-ws.js';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const requestWith = (...lines: string[]): string =>
  ['GET / HTTP/1.1', 'Host: x', 'Upgrade: websocket', ...lines, '', ''].join('\r\n');
const REQUEST = requestWith('Connection: Upgrade', `Sec-WebSocket-Key: ${KEY}`, 'Sec-WebSocket-Version: 13');

/** Opens a connection by hand and sends a frame. */
async function sendFrame(socket: Socket, hex: string): Promise<void> {
  socket.write(REQUEST);
  await once(socket, 'data');
  socket.write(Buffer.from(hex, 'hex'));
  socket.resume();
}

/** A Blob of a file that has become shorter. It cannot be read. */
async function unreadableBlob(): Promise<Blob> {
  const file = join(tmpdir(), `wspc-${randomBytes(4).toString('hex')}`);
  writeFileSync(file, 'x'.repeat(64));
  const blob = await openAsBlob(file);
  writeFileSync(file, 'x'.repeat(32));
  unlinkSync(file);
  return blob;
}

describe('hostile and unusual input, side by side with ws', () => {
  for (const [what, answer] of [
    ['Connection twice', ['Upgrade: websocket', 'Connection: Upgrade', 'Connection: Upgrade']],
    [
      'keep-alive in a line of its own',
      ['Upgrade: websocket', 'Connection: keep-alive', 'Connection: Upgrade'],
    ],
    ['Upgrade twice', ['Upgrade: websocket', 'Upgrade: websocket', 'Connection: Upgrade']],
    ['a wrong proof', ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Accept: x']],
  ] as const) {
    same(`takes an answer with ${what}`, async (library) => {
      const log: Log = [];
      const server = createServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', (request) => {
          const key = /sec-websocket-key: (\S+)/i.exec(request.toString('latin1'))![1]!;
          const proof = createHash('sha1')
            .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
            .digest('base64');
          const own = answer.some((line) => line.startsWith('Sec-'))
            ? []
            : [`Sec-WebSocket-Accept: ${proof}`];
          socket.write(['HTTP/1.1 101 Switching Protocols', ...answer, ...own, '', ''].join('\r\n'));
        });
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const client = new library.WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      client.on('open', () => {
        log.push(['open']);
        client.terminate();
      });
      client.on('error', (error) => log.push(['error', error.message]));
      // Not `once`, which rejects at an error.
      await new Promise((resolve) => client.on('close', resolve));
      server.close();
      await once(server, 'close');
      return log;
    });
  }

  for (const perMessageDeflate of [false, true]) {
    const how = perMessageDeflate ? 'with compression' : 'without compression';
    same(`fails where a Blob cannot be read, ${how}`, async (library) => {
      const log: Log = [];
      const blob = await unreadableBlob();
      const options = { perMessageDeflate };
      await runPair(library, { client: options, server: options }, ({ client, server }) => {
        const note =
          (name: string) =>
          (error?: Error | null): void => {
            log.push([name, error?.name, error?.message]);
          };
        client.on('error', (error) => log.push(['error', error.name]));
        client.on('close', (code) => log.push(['client close', code]));
        server.on('message', (data) => log.push(['server', tell(data)]));
        server.on('error', () => {});
        client.send('before', note('before'));
        client.send(blob, note('blob'));
        client.send('behind', note('behind'));
      });
      // The network decides when the peer notices.
      return log.sort(
        (one, other) => Number(String(one).startsWith('server')) - Number(String(other).startsWith('server')),
      );
    });
  }

  for (const [title, options, frame] of [
    ['a length of 2^53 bytes without a limit', { maxPayload: 0 }, '82ff002000000000000000000000'],
    ['a length of 2^53 bytes with a limit', {}, '82ff002000000000000000000000'],
    ['a length of 2^64 - 1 bytes', { maxPayload: 0 }, '82ffffffffffffffffff00000000'],
  ] as const) {
    same(`refuses ${title}`, (library) =>
      runRaw(library, { ...options, perMessageDeflate: false }, (socket) => sendFrame(socket, frame)),
    );
  }

  same('takes a request that node:http did not make', async (library) => {
    const log: Log = [];
    const wss = new library.WebSocketServer({ noServer: true });
    const written: Buffer[] = [];
    const transport = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => {
        written.push(chunk);
        done();
      },
    });
    const request = {
      method: 'GET',
      url: '/',
      headers: { upgrade: 'websocket', 'sec-websocket-key': KEY, 'sec-websocket-version': '13' },
      socket: transport,
    } as unknown as IncomingMessage;
    const [client] = await new Promise<[{ terminate(): void; readyState: number }]>((resolve) => {
      wss.handleUpgrade(request, transport, Buffer.alloc(0), (socket) => resolve([socket]));
    });
    log.push(client.readyState, Buffer.concat(written).toString('latin1').split('\r\n').sort());
    client.terminate();
    return log;
  });

  for (const [title, lines] of [
    ['two lines of Connection', ['Connection: keep-alive', 'Connection: Upgrade']],
    ['a Connection with empty elements', ['Connection: , Upgrade ,']],
  ] as const) {
    same(`opens with ${title}`, (library) =>
      runRaw(library, {}, async (socket, wss, log) => {
        const arrived = once(wss, 'connection');
        socket.write(requestWith(...lines, `Sec-WebSocket-Key: ${KEY}`, 'Sec-WebSocket-Version: 13'));
        const [[answer]] = (await Promise.all([once(socket, 'data'), arrived])) as [[Buffer], unknown];
        log.push(answer.toString('latin1').split('\r\n').sort());
        socket.end(Buffer.from('888000000000', 'hex'));
        socket.resume();
      }),
    );
  }
});

/** The answer to a client without the header, and the events of the program. */
async function refusal(options: Omit<ServerOptions, 'port'>, listens: boolean): Promise<Log> {
  const log: Log = [];
  const wss = new WebSocket.Server({ port: 0, host: '127.0.0.1', ...(options as object) });
  await once(wss, 'listening');
  wss.on('connection', () => log.push('connection'));
  if (listens) {
    wss.on('wsClientError', (error, socket) => {
      log.push(['wsClientError', error.message]);
      socket.end('HTTP/1.1 503 Own\r\n\r\n');
    });
  }
  const warned = (warning: Error): void => void log.push(['warning', warning.message]);
  process.on('warning', warned);
  const socket = connect((wss.address() as AddressInfo).port, '127.0.0.1');
  socket.write(REQUEST.replace('\r\n\r\n', '\r\nSec-WebSocket-Protocol: a\r\n\r\n'));
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (chunk.toString('latin1').startsWith('HTTP/1.1 101')) socket.destroy();
  });
  await once(socket, 'close');
  log.push(Buffer.concat(chunks).toString('latin1').split('\r\n')[0]);
  for (const client of wss.clients) await closed(client);
  wss.close();
  await once(wss, 'close');
  process.off('warning', warned);
  return log;
}

describe('callbacks of the drop-in that fail', () => {
  const broken = (...given: unknown[]): never => {
    assert.ok(given.length <= 2);
    throw new Error('broken');
  };
  const mistakes: Readonly<Record<string, Omit<ServerOptions, 'port'>>> = {
    'verifyClient that throws': { verifyClient: () => broken() },
    'verifyClient with a callback that throws': { verifyClient: (info, callback) => broken(info, callback) },
    'verifyClient with a callback whose promise rejects': {
      // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the mistake
      verifyClient: async (info: unknown, callback: unknown) =>
        Promise.resolve().then(() => broken(info, callback)),
    },
    'verifyClient whose promise rejects': {
      // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the mistake
      verifyClient: async () => Promise.reject(new Error('broken')),
    },
    'handleProtocols that throws': { handleProtocols: () => broken() },
  };
  for (const [title, options] of Object.entries(mistakes)) {
    it(`answers 500 and warns: ${title}`, async () => {
      assert.deepEqual(await refusal(options, false), [
        ['warning', 'broken'],
        'HTTP/1.1 500 Internal Server Error',
      ]);
    });
    it(`emits wsClientError: ${title}`, async () => {
      assert.deepEqual(await refusal(options, true), [['wsClientError', 'broken'], 'HTTP/1.1 503 Own']);
    });
  }

  it('answers 500 and warns of a value that does not become text', async () => {
    const verifyClient = (): never => {
      throw Object.create(null);
    };
    assert.deepEqual(await refusal({ verifyClient }, false), [
      ['warning', 'a callback threw a value that is no error'],
      'HTTP/1.1 500 Internal Server Error',
    ]);
  });

  it('waits for the promise of verifyClient, and does not take it for true', async () => {
    const verify = (verdict: boolean): never => (async () => Promise.resolve(verdict)) as never;
    assert.deepEqual(await refusal({ verifyClient: verify(false) }, false), ['HTTP/1.1 401 Unauthorized']);
    assert.deepEqual(await refusal({ verifyClient: verify(true) }, false), [
      'connection',
      'HTTP/1.1 101 Switching Protocols',
    ]);
  });
});

describe('the drop-in by itself', () => {
  // The native backend does not give the reason.
  if (component.backend !== 'native')
    it('reports a length that is not encoded in the fewest bytes', async () => {
      for (const frame of ['82fe00010000000061', '82ff00000000000000010000000061']) {
        const log = await runRaw(WebSocket as unknown as Library, {}, (socket) => sendFrame(socket, frame));
        const text = 'Invalid WebSocket frame: the payload length is not encoded in the fewest bytes';
        assert.deepEqual(log[0], [
          'server',
          'error',
          `RangeError WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH ${text}`,
          2,
        ]);
      }
    });

  it('sends bytes and Blobs of another realm', async () => {
    const log = await runPair(WebSocket as unknown as Library, {}, async ({ client, server }) => {
      const bytes = runInNewContext('new Uint8Array([1, 2])') as Uint8Array;
      const blob: unknown = runInNewContext(
        `({ size: 2, arrayBuffer: async () => new Uint8Array([3, 4]).buffer, [Symbol.toStringTag]: 'Blob' })`,
      );
      client.send(bytes);
      client.send(blob as Blob);
      client.send(runInNewContext('new Uint8Array([5]).buffer') as ArrayBuffer);
      client.close(1000, runInNewContext('new Uint8Array([104])') as Buffer);
      await closed(server);
    });
    assert.deepEqual(
      log.filter((entry) => (entry as unknown[])[1] === 'message').map((entry) => (entry as unknown[])[2]),
      ['Buffer 2 \x01\x02', 'Buffer 2 \x03\x04', 'Buffer 1 \x05'],
    );
    assert.ok(log.some((entry) => String(entry).startsWith('server,close,1000,Buffer 1 h')));
  });

  it('calls every callback if a Blob cannot be read, even if one of them throws', async () => {
    const blob = await unreadableBlob();
    const uncaught: string[] = [];
    const known = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => uncaught.push(error.message));
    const called: string[] = [];
    try {
      await runPair(WebSocket as unknown as Library, {}, ({ client }) => {
        client.send(blob, () => {
          called.push('blob');
          throw new Error('by a callback');
        });
        client.send('behind', () => called.push('behind'));
      });
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of known) process.on('uncaughtException', listener);
    }
    assert.deepEqual([called, uncaught], [['blob', 'behind'], ['by a callback']]);
  });

  it('leaves no client waiting if a listener of headers throws', () => {
    const wss = new WebSocket.Server({ noServer: true });
    wss.on('headers', () => {
      throw new Error('by a listener');
    });
    const transport = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
    const request = {
      method: 'GET',
      headers: { upgrade: 'websocket', 'sec-websocket-key': KEY, 'sec-websocket-version': '13' },
    } as unknown as IncomingMessage;
    assert.throws(
      () => wss.handleUpgrade(request, transport, Buffer.alloc(0), () => {}),
      /^Error: by a listener$/,
    );
    assert.ok(transport.destroyed);
    assert.equal(wss.clients.size, 0);
  });
});
