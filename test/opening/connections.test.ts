import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { connections, ConnectionError, HandshakeError, listen } from '../../lib/index.js';
import type { Connection, Connections, ConnectionsOptions, Server } from '../../lib/index.js';
import { Pace } from '../../lib/opening/again.js';
import { makeCertificate } from '../support/certificate.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere, portOf } from '../support/open.js';

const FAST = { firstDelay: 1, maxDelay: 5 } as const;

/** All events of a loop. */
function journalOf(loop: Connections): string[] {
  const journal: string[] = [];
  loop.on('attempt', ({ attempt }) => journal.push(`attempt ${attempt}`));
  loop.on('open', (_connection, { attempt }) => journal.push(`open ${attempt}`));
  loop.on('wait', ({ attempt, error }) => {
    journal.push(`wait ${attempt} ${(error as { code?: string } | undefined)?.code ?? 'closed'}`);
  });
  return journal;
}

/** The code of the failure with which a loop ends, or after which it waits for another attempt. */
async function endOf(url: string, tls?: ConnectionsOptions['tls']): Promise<string> {
  const codeOf = (error: unknown): string => String(((error as Error).cause as { code?: unknown }).code);
  const controller = new AbortController();
  const loop = connections(url, { ...FAST, tls, signal: controller.signal });
  loop.on('wait', ({ error }) => controller.abort(new Error('another attempt', { cause: error!.cause })));
  try {
    for await (const connection of loop) connection.terminate();
  } catch (error) {
    return controller.signal.aborted ? `again after ${codeOf(error)}` : codeOf(error);
  }
  return 'left';
}

describe('connections', () => {
  leavesNothing();

  it('come one after the other, when a server closes them, cuts them off or goes away', async () => {
    let server: Server = await listenHere();
    const port = portOf(server);
    const loop = connections(`ws://127.0.0.1:${port}/`, { ...FAST, goodAfter: 0 });
    const journal = journalOf(loop);
    let round = 0;
    const ends: (string | number)[] = [];
    for await (const connection of loop) {
      round++;
      assert.equal(loop.current, connection);
      const [end] = server.connections;
      if (round === 1) void end!.close(1012, 'restart');
      else if (round === 2) end!.terminate();
      else if (round === 3) {
        const gone = server;
        void gone.close().then(async () => {
          await connection.closed;
          loop.once('wait', () => {
            loop.once('wait', () => {
              void listen({ host: '127.0.0.1', port }).then((another) => (server = another));
            });
          });
        });
      } else break;
      const { code, error } = await connection.closed;
      ends.push(error?.code ?? code);
    }
    assert.deepEqual(ends, [1012, 'ERR_CONNECTION_LOST', 1001]);
    assert.deepEqual(journal.slice(0, 9), [
      'attempt 1',
      'open 1',
      'wait 0 closed',
      'attempt 1',
      'open 1',
      'wait 0 ERR_CONNECTION_LOST',
      'attempt 1',
      'open 1',
      'wait 0 closed',
    ]);
    assert.ok(journal.filter((line) => line.endsWith('ERR_CONNECT_FAILED')).length >= 2);
    assert.equal(loop.current!.state, 'open', 'leaving the loop leaves the connection open');
    await loop.current!.close();
    await server.close();
  });

  it('wait for the end of a connection that the body of the loop has left', async () => {
    const server = await listenHere();
    const loop = connections(`ws://127.0.0.1:${portOf(server)}/`, FAST);
    let isFirst = true;
    for await (const connection of loop) {
      if (!isFirst) break;
      isFirst = false;
      assert.equal(server.size, 1);
      connection.on('message', () => void connection.close());
      void server.connections[0]!.send('bye');
    }
    assert.equal(isFirst, false);
    await loop.current!.close();
    await server.close();
  });

  it('make the pauses longer up to the limit, and randomly shorter only as far as allowed', async () => {
    const free = await listenHere();
    const port = portOf(free);
    await free.close();
    for (const jitter of [0, 1]) {
      const options = { firstDelay: 2, maxDelay: 10, factor: 2, jitter, maxAttempts: 6 };
      const loop = connections(`ws://127.0.0.1:${port}/`, options);
      const delays: number[] = [];
      loop.on('wait', ({ delay }) => delays.push(delay));
      await assert.rejects(
        async () => {
          for await (const connection of loop) connection.terminate();
        },
        { code: 'ERR_CONNECT_FAILED' },
      );
      if (jitter === 0) assert.deepEqual(delays, [2, 4, 8, 10, 10]);
      else
        for (const [index, delay] of delays.entries())
          assert.ok(delay >= 0 && delay <= [2, 4, 8, 10, 10][index]!);
    }
  });

  it('count connections that do not last as failures', async () => {
    const server = await listenHere({}, (connection) => connection.close(1013));
    const loop = connections(`ws://127.0.0.1:${portOf(server)}/`, { ...FAST, maxAttempts: 3 });
    const journal = journalOf(loop);
    await assert.rejects(async () => {
      for await (const connection of loop) await connection.closed;
    }, /3 connections in a row did not last/);
    assert.deepEqual(
      journal.filter((line) => line.startsWith('attempt')),
      ['attempt 1', 'attempt 2', 'attempt 3'],
    );
    await server.close();
  });

  it('go on after temporary refusals, and end with permanent ones', async () => {
    const statuses = [503, 429, 500, 404];
    const server = createServer((_request, response) => response.end());
    server.on('upgrade', (_request, socket) => {
      socket.end(`HTTP/1.1 ${statuses.shift()} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await assert.rejects(
      async () => {
        for await (const connection of connections(`ws://127.0.0.1:${port}/`, FAST)) connection.terminate();
      },
      (error) => error instanceof HandshakeError && error.statusCode === 404,
    );
    assert.deepEqual(statuses, []);
    server.close();
  });

  it('end when the certificate of the server is not trusted', async () => {
    const server = await listenHere({ tls: await makeCertificate() });
    assert.equal(await endOf(`wss://127.0.0.1:${portOf(server)}/`), 'DEPTH_ZERO_SELF_SIGNED_CERT');
    await server.close();
  });

  it('end when the certificate of the server is one for clients', async () => {
    const certificate = await makeCertificate([{ name: 'extKeyUsage', clientAuth: true }]);
    const server = await listenHere({ tls: certificate });
    const tls = { ca: certificate.cert };
    assert.equal(await endOf(`wss://127.0.0.1:${portOf(server)}/`, tls), 'INVALID_PURPOSE');
    await server.close();
  });

  it('end for each result of the check of a certificate, and for no other failure of it', async () => {
    const certificate = await makeCertificate();
    const server = await listenHere({ tls: certificate });
    const results = [
      ...['UNABLE_TO_GET_CRL', 'CRL_SIGNATURE_FAILURE', 'CRL_NOT_YET_VALID', 'CRL_HAS_EXPIRED'],
      ...['ERROR_IN_CERT_NOT_BEFORE_FIELD', 'ERROR_IN_CRL_NEXT_UPDATE_FIELD', 'CERT_HAS_EXPIRED'],
      ...[
        'SELF_SIGNED_CERT_IN_CHAIN',
        'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
        'CERT_CHAIN_TOO_LONG',
        'CERT_REVOKED',
      ],
      ...['INVALID_CA', 'PATH_LENGTH_EXCEEDED', 'INVALID_PURPOSE', 'CERT_UNTRUSTED', 'CERT_REJECTED'],
      ...['HOSTNAME_MISMATCH', 'UNSPECIFIED', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ];
    for (const code of [...results, 'OUT_OF_MEM', 'ETIMEDOUT', 'ERR_TLS_HANDSHAKE_TIMEOUT']) {
      const tls = {
        ca: certificate.cert,
        checkServerIdentity: () => Object.assign(new Error('not this one'), { code }),
      };
      const end = await endOf(`wss://127.0.0.1:${portOf(server)}/`, tls);
      assert.equal(end, results.includes(code) ? code : `again after ${code}`);
    }
    await server.close();
  });

  for (const [peer, makeServer, scheme, expected] of [
    ['repeats all bytes', () => createTcpServer((socket) => socket.pipe(socket)), 'wss', 'EPROTO'],
    ['greets by itself', () => createTcpServer((socket) => socket.write('220 mail\r\n')), 'wss', 'EPROTO'],
    ['is an HTTP server without TLS', () => createServer(), 'wss', 'EPROTO'],
    ['has no certificate', () => createTlsServer(), 'wss', 'EPROTO'],
    ['repeats all bytes', () => createTcpServer((socket) => socket.pipe(socket)), 'ws', /^HPE_/],
    [
      'ends the transport',
      () => createTcpServer((socket) => socket.once('data', () => socket.end())),
      'wss',
      'again after ECONNRESET',
    ],
    [
      'ends the transport within its answer',
      () => createTcpServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 1'))),
      'ws',
      /^again after /,
    ],
  ] as const)
    it(`${String(expected).includes('again') ? 'go on' : 'end'} with ${scheme}: when the peer ${peer}`, async () => {
      const server = makeServer();
      const sockets = new Set<Socket>();
      server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        // The client breaks the transport.
        socket.on('error', () => undefined);
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const end = await endOf(`${scheme}://127.0.0.1:${port}/`);
      if (typeof expected === 'string') assert.equal(end, expected);
      else assert.match(end, expected);
      for (const socket of sockets) socket.destroy();
      server.close();
    });

  it('go on without a pause after any number of failures, with firstDelay 0', () => {
    const error = new HandshakeError('ERR_CONNECT_FAILED', 'no connection');
    for (const factor of [1, 2, 1000]) {
      const pace = new Pace({ firstDelay: 0, factor });
      for (const failures of [1, 2, 104, 1025, 1e9]) assert.equal(pace.delayAfter(failures, error), 0);
    }
    const pace = new Pace({ firstDelay: 1, jitter: 0, maxDelay: 7 });
    assert.equal(pace.delayAfter(1e9, error), 7);
  });

  for (const [asked, least, most] of [
    ['60', 29_000, 30_000],
    ['30', 29_000, 30_000],
    ['29', 29_000, 30_000],
    ['5', 5000, 7000],
    ['9'.repeat(400), 29_000, 30_000],
  ] as const)
    it(`come back at different times within ${least} to ${most} ms after Retry-After: ${asked.slice(0, 9)}`, () => {
      const response = { statusCode: 503, statusMessage: '', headers: { 'retry-after': asked } };
      const error = new HandshakeError('ERR_UNEXPECTED_RESPONSE', 'busy', {
        response: { ...response, body: Buffer.alloc(0) },
      });
      const pace = new Pace({ firstDelay: 2000 });
      const delays = Array.from({ length: 200 }, () => pace.delayAfter(1, error));
      assert.ok(Math.min(...delays) >= least && Math.max(...delays) <= most);
      assert.ok(new Set(delays).size > 50, 'the pauses are spread');
    });

  for (const [value, least, most] of [
    ['7', 7001, 7005],
    ['0', 1, 5],
    ['86400', 19_996, 20_000],
    [new Date(Date.now() + 3_600_000).toUTCString(), 19_996, 20_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0, 5],
    ['soon', 0, 6],
    ['-5', 1, 6],
  ] as const) {
    it(`wait as long as Retry-After asks for: ${least} to ${most} ms`, async () => {
      const server = createServer();
      server.on('upgrade', (_request, socket) => {
        socket.end(`HTTP/1.1 503 Busy\r\nRetry-After: ${value}\r\nContent-Length: 0\r\n\r\n`);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const controller = new AbortController();
      const { signal } = controller;
      const loop = connections(`ws://127.0.0.1:${port}/`, {
        firstDelay: 5,
        jitter: 0.8,
        maxDelay: 20_000,
        signal,
      });
      const delays: number[] = [];
      loop.on('wait', ({ delay }) => {
        delays.push(delay);
        controller.abort();
      });
      await assert.rejects(async () => {
        for await (const connection of loop) connection.terminate();
      });
      assert.equal(delays.length, 1);
      assert.ok(delays[0]! >= least && delays[0]! <= most, `${delays[0]} ms`);
      server.close();
    });
  }

  it('ask retry, which may be asynchronous', async () => {
    const server = await listenHere();
    const asked: unknown[] = [];
    const loop = connections(`ws://127.0.0.1:${portOf(server)}/`, {
      ...FAST,
      retry: async (error) => {
        await new Promise((resolve) => setImmediate(resolve));
        asked.push(error);
        return asked.length < 2;
      },
    });
    await assert.rejects(
      async () => {
        for await (const connection of loop) {
          server.connections[0]!.terminate();
          await connection.closed;
        }
      },
      (error) => error === asked[1] && error instanceof ConnectionError,
    );
    await server.close();
  });

  it('end when retry throws, with its error', async () => {
    const loop = connections('ws://127.0.0.1:1/', {
      retry: () => {
        throw new Error('a callback that throws');
      },
    });
    await assert.rejects(async () => {
      for await (const connection of loop) connection.terminate();
    }, /a callback that throws/);
  });

  for (const when of ['before', 'while it waits', 'while a connection is open'] as const) {
    it(`end with the signal's reason: aborted ${when}`, async () => {
      const server = await listenHere();
      const controller = new AbortController();
      const url = when === 'while it waits' ? 'ws://127.0.0.1:1/' : `ws://127.0.0.1:${portOf(server)}/`;
      const loop = connections(url, { firstDelay: 60_000, signal: controller.signal });
      const reason = new Error('enough');
      if (when === 'before') controller.abort(reason);
      loop.on('wait', () => controller.abort(reason));
      let opened = 0;
      await assert.rejects(
        async () => {
          for await (const connection of loop) {
            opened++;
            setImmediate(() => controller.abort(reason));
            assert.equal(connection.state, 'open');
          }
        },
        (error) => error === reason,
      );
      assert.equal(opened, when === 'while a connection is open' ? 1 : 0);
      assert.equal(loop.current, null);
      await server.close();
    });
  }

  for (const [body, wait] of [
    [
      'reads',
      async (connection: Connection) => assert.equal((await connection.messages().next()).done, true),
    ],
    ['waits for the end', (connection: Connection) => connection.closed],
  ] as const)
    it(`are closed by the signal while the body of the loop ${body}`, async () => {
      const server = await listenHere();
      const controller = new AbortController();
      const { signal } = controller;
      const reason = new Error('enough');
      let code = 0;
      await assert.rejects(
        async () => {
          for await (const connection of connections(`ws://127.0.0.1:${portOf(server)}/`, {
            ...FAST,
            signal,
          })) {
            setImmediate(() => controller.abort(reason));
            await wait(connection);
            ({ code } = await connection.closed);
          }
        },
        (error) => error === reason,
      );
      assert.equal(code, 1000);
      await server.close();
    });

  it('are terminated after an abort when the server does not answer the close frame', async () => {
    const server = createServer();
    server.on('upgrade', (request, socket) => {
      const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
      const accept = createHash('sha1').update(key).digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      socket
        .on('error', () => undefined)
        .on('end', () => socket.end())
        .resume();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const controller = new AbortController();
    const { signal } = controller;
    await assert.rejects(async () => {
      for await (const connection of connections(`ws://127.0.0.1:${port}/`, { closeTimeout: 1, signal })) {
        controller.abort(new Error('enough'));
        await connection.closed;
      }
    }, /enough/);
    await new Promise((resolve) => server.close(resolve));
  });

  it('stay open after an abort when the loop has been left', async () => {
    const server = await listenHere();
    const controller = new AbortController();
    const loop = connections(`ws://127.0.0.1:${portOf(server)}/`, { signal: controller.signal });
    for await (const connection of loop) {
      assert.equal(connection.state, 'open');
      break;
    }
    controller.abort();
    assert.equal(loop.current!.state, 'open');
    await loop.current!.close();
    await server.close();
  });

  it('go to one of several loops, and leaving one loop ends the others', async () => {
    const server = await listenHere();
    const loop = connections(`ws://127.0.0.1:${portOf(server)}/`, FAST);
    const [one, two] = [loop[Symbol.asyncIterator](), loop[Symbol.asyncIterator]()];
    const first = await one.next();
    const second = two.next();
    const third = one.next();
    await first.value!.close();
    assert.notEqual((await second).value, first.value);
    await one.return!();
    assert.deepEqual(await third, { value: undefined, done: true });
    assert.deepEqual(await two.next(), { value: undefined, done: true });
    await loop.current!.close();
    await server.close();
  });

  for (const event of ['attempt', 'open', 'wait'] as const)
    it(`go on when a listener throws, and its exception is uncaught: ${event}`, async () => {
      const server = await listenHere();
      // mocha ends the test at an uncaught exception.
      const others = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      const uncaught: unknown[] = [];
      process.on('uncaughtException', (error) => uncaught.push(error));
      const loop = connections(`ws://127.0.0.1:${portOf(server)}/`, FAST);
      const mistake = new Error(event);
      loop.once(event, () => {
        throw mistake;
      });
      let rounds = 0;
      for await (const connection of loop) {
        assert.equal(server.size, 1);
        await connection.close();
        if (++rounds === 2) break;
      }
      await server.close();
      process.removeAllListeners('uncaughtException');
      for (const listener of others) process.on('uncaughtException', listener);
      assert.deepEqual(uncaught, [mistake]);
    });

  it('warn of listeners for events that a loop has not', async () => {
    const loop = connections('ws://127.0.0.1:1/');
    const warnings = once(process, 'warning') as Promise<[Error & { code: string }]>;
    (loop as EventEmitter).on('message', () => undefined);
    const [{ code, message }] = await warnings;
    assert.equal(code, 'WSPC_UNKNOWN_EVENT');
    assert.match(message, /the loop of connections\(\) has no event 'message': connections have/);
  });

  it('settle a pending next when the loop is left by hand', async () => {
    const loop = connections('ws://127.0.0.1:1/', { firstDelay: 60_000 });
    const iterator = loop[Symbol.asyncIterator]();
    const waiting = new Promise((resolve) => loop.once('wait', resolve));
    const next = iterator.next();
    await waiting;
    await iterator.return!();
    assert.deepEqual(await next, { value: undefined, done: true });
  });

  it('end when they are left while retry decides, even if it never does', async () => {
    let isAsked!: () => void;
    const asking = new Promise<void>((resolve) => (isAsked = resolve));
    const loop = connections('ws://127.0.0.1:1/', {
      ...FAST,
      retry: () => {
        isAsked();
        return new Promise<boolean>(() => undefined);
      },
    });
    const iterator = loop[Symbol.asyncIterator]();
    const next = iterator.next();
    await asking;
    await iterator.return!();
    assert.deepEqual(await next, { value: undefined, done: true });
  });

  it('do not keep the process alive for a pause that ends while timers are faked', async () => {
    const loop = connections('ws://127.0.0.1:1/', { firstDelay: 1e6, maxDelay: 1e6 });
    const iterator = loop[Symbol.asyncIterator]();
    const next = iterator.next();
    await once(loop, 'wait');
    const real = globalThis.clearTimeout;
    globalThis.clearTimeout = () => undefined;
    try {
      await iterator.return!();
      assert.equal((await next).done, true);
    } finally {
      globalThis.clearTimeout = real;
    }
    // The hook at the end of this file finds a timer that is left.
  });

  it('refuse options and URLs that cannot be used, at once', () => {
    for (const [options, name] of [
      [{ firstDelay: -1 }, 'RangeError'],
      [{ firstDelay: '1' }, 'TypeError'],
      [{ maxDelay: 2 ** 31 }, 'RangeError'],
      [{ factor: 0.5 }, 'RangeError'],
      [{ jitter: 2 }, 'RangeError'],
      [{ jitter: NaN }, 'RangeError'],
      [{ maxAttempts: -1 }, 'RangeError'],
      [{ goodAfter: 'soon' }, 'TypeError'],
      [{ retry: true }, 'TypeError'],
      [{ firstDelai: 1 }, 'TypeError'],
      [{ signal: 5 }, 'TypeError'],
    ] as const)
      assert.throws(
        () => connections('ws://127.0.0.1:1/', options as never),
        { name },
        JSON.stringify(options),
      );
    assert.throws(() => connections('ws://127.0.0.1:1/', { maxdelay: 1 } as never), /did you mean maxDelay/);
    for (const url of ['foo', 'ftp://127.0.0.1/', 'ws://127.0.0.1/#fragment', '', undefined, 8080])
      assert.throws(() => connections(url as never), TypeError, String(url));
  });
});
