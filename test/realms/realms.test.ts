// Test runners, `vm` contexts and jsdom have classes of their own. A value of such a realm is no instance of the class of
// the same name here.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import vm from 'node:vm';
import { AbortController as Polyfill } from 'abort-controller';
import {
  BufferType,
  connect,
  connectHttp2,
  connections,
  HandshakeError,
  listen,
  listenHttp2,
  portable,
  recordTrace,
  WebSocket,
  WebSocketStream,
} from '../../lib/index.js';
import type * as Library from '../../lib/index.js';
import type { Connection, ConnectOptions, ListenOptions } from '../../lib/index.js';
import { loadInContext } from '../support/context.js';
import { listenHere, openEnds, portOf } from '../support/open.js';

const context = vm.createContext({ setTimeout });
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows the type
const other = <T>(code: string): T => vm.runInContext(code, context) as T;

async function received(message: unknown, options: ListenOptions & ConnectOptions = {}): Promise<unknown> {
  const { client, server, end } = await openEnds(options, options);
  const arrival = once(server, 'message');
  await client.send(message as string);
  const [got] = (await arrival) as [string | Uint8Array];
  await end();
  return typeof got === 'string' ? got : [...got];
}

describe('values of another realm', () => {
  for (const [what, code, expected] of [
    ['a Uint8Array', 'new Uint8Array([1, 2])', [1, 2]],
    ['an ArrayBuffer', 'new Uint8Array([1, 2]).buffer', [1, 2]],
    ['a DataView', 'new DataView(new Uint8Array([1, 2]).buffer, 1)', [2]],
    ['a Uint16Array', 'new Uint16Array([1])', [1, 0]],
    ['a SharedArrayBuffer', 'new SharedArrayBuffer(2)', [0, 0]],
    ['an array of strings', "['a', 'b']", 'ab'],
    ['an array of bytes', '[new Uint8Array([1]), new Uint8Array([2])]', [1, 2]],
    ['a Set', "new Set(['a', 'b'])", 'ab'],
    ['a generator', "(function* () { yield 'a'; yield 'b'; })()", 'ab'],
    ['an async generator', '(async function* () { yield new Uint8Array([1]); })()', [1]],
  ] as const) {
    it(`are sent: ${what}`, async () => {
      assert.deepEqual(await received(other(code)), expected);
    });
    it(`are sent with compression: ${what}`, async () => {
      assert.deepEqual(
        await received(other(code), { backend: 'portable', perMessageDeflate: { threshold: 0 } }),
        expected,
      );
    });
  }

  it('end a connection: the bytes of a reason', async () => {
    const { client, server, end } = await openEnds();
    await client.close(4000, other('new Uint8Array([104, 105])'));
    assert.deepEqual({ ...(await server.closed) }, { code: 4000, reason: 'hi', wasClean: true });
    await end();
  });

  it('are options of a client', async () => {
    const server = await listenHere({ protocols: other("['chat']") });
    const arrival = once(server, 'connection') as Promise<[Connection, { headers: Record<string, string> }]>;
    const url = other<URL>(
      `({ href: 'ws://127.0.0.1:${portOf(server)}/', toString() { return this.href; } })`,
    );
    const client = await connect(url, {
      ...other<ConnectOptions>(
        "({ protocols: ['chat'], headers: new Map([['x-list', ['a', 'b']]]), keepAlive: { interval: 1000 }, handle: {} })",
      ),
      createConnection: ({ host, port }) => {
        const result = other<{ resolve(socket: unknown): void; promise: Promise<net.Socket> }>(
          '(() => { let resolve; const promise = new Promise((r) => (resolve = r)); return { promise, resolve }; })()',
        );
        result.resolve(net.connect(port, host));
        return result.promise;
      },
    });
    const [, request] = await arrival;
    assert.equal(client.protocol, 'chat');
    assert.equal(request.headers['x-list'], 'a, b');
    client.terminate();
    await server.close();
  });

  describe('are signals, such as those of the package abort-controller, which have no reason,', () => {
    const aborted = { name: 'AbortError', message: 'This operation was aborted' };
    let controller: AbortController;
    let signal: AbortSignal;

    beforeEach(() => {
      controller = new Polyfill() as unknown as AbortController;
      signal = controller.signal;
    });

    it('of an opening', async () => {
      const silent = net.createServer().listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const url = `ws://127.0.0.1:${(silent.address() as net.AddressInfo).port}/`;
      const openings = [
        connect(url, { signal }),
        connectHttp2(url, { signal }),
        new WebSocketStream(url, { signal }).opened,
        once(new WebSocket(url, { signal }), 'close').then(([event]) => Promise.reject(event as Error)),
      ];
      controller.abort();
      await assert.rejects(openings[0]!, aborted);
      await assert.rejects(openings[1]!, aborted);
      await assert.rejects(openings[2]!, aborted);
      await assert.rejects(openings[3]!, { code: 1006 });
      await assert.rejects(connect(url, { signal }), aborted);
      await assert.rejects(new WebSocketStream(url, { signal }).closed, aborted);
      await assert.rejects(listen({ signal }), aborted);
      await assert.rejects(listenHttp2({ signal }), aborted);
      silent.close();
    });

    it('of calls on a connection', async () => {
      const { client, end } = await openEnds();
      const next = client.messages({ signal }).next();
      controller.abort();
      await assert.rejects(next, aborted);
      await assert.rejects(client.send('x', { signal }), aborted);
      await assert.rejects(client.ping({ signal }), aborted);
      await end();
    });

    it('of connections()', async () => {
      const server = await listenHere();
      const loop = connections(`ws://127.0.0.1:${portOf(server)}/`, { signal });
      const iterator = loop[Symbol.asyncIterator]();
      const { value } = await iterator.next();
      assert.equal(value?.state, 'open');
      const another = iterator.next();
      controller.abort();
      await assert.rejects(another, aborted);
      await assert.rejects(iterator.next(), aborted);
      await server.close();
    });
  });

  for (const [what, options, status] of [
    [
      'a promise of true',
      '{ verifyClient: () => Promise.resolve(true), origins: [/^https:/], path: /^\\/$/ }',
      101,
    ],
    [
      'a refusal',
      "{ verifyClient: () => ({ status: 402, message: new Uint8Array([110, 111]), headers: new Map([['x', '1']]) }) }",
      402,
    ],
    ['a promise of a refusal', '{ verifyClient: async () => ({ status: 403, headers: [["x", "1"]] }) }', 403],
    ['an error', "{ verifyClient: () => { throw new Error('mine'); } }", 500],
    ['a rejection', "{ verifyClient: async () => { throw new TypeError('mine'); } }", 500],
    ['headers', "{ headers: () => [['x', ['1', '2']]], handleProtocols: () => false }", 101],
  ] as const)
    it(`are answers of a server: ${what}`, async () => {
      const server = await listenHere(other<ListenOptions>(`(${options})`));
      const refused = once(server, 'refused') as Promise<[HandshakeError]>;
      const opening = connect(`ws://127.0.0.1:${portOf(server)}/`, { origin: 'https://a.example' });
      if (status === 101) (await opening).terminate();
      else {
        await assert.rejects(opening, { code: 'ERR_UNEXPECTED_RESPONSE', statusCode: status });
        const [{ cause, statusCode }] = await refused;
        assert.equal(statusCode, status);
        if (status === 500) assert.equal((cause as Error).message, 'mine');
      }
      await server.close();
    });

  it('make errors with their messages: what createConnection throws', async () => {
    await assert.rejects(
      connect('ws://127.0.0.1:1/', { createConnection: other("() => Promise.reject(new Error('no way'))") }),
      { code: 'ERR_CONNECT_FAILED', message: /no way/ },
    );
    await assert.rejects(
      connect('ws://127.0.0.1:1/', { createConnection: other("() => { throw new Error('no way'); }") }),
      { code: 'ERR_CONNECT_FAILED', message: /no way/ },
    );
  });

  it('are bytes of bare handles, and of their traces', () => {
    const traced = recordTrace(portable);
    const handle = traced.createClientHandle();
    handle.beginClientHandshake();
    assert.throws(() => handle.send(BufferType.BinaryMessage, other('new Uint8Array([171, 205])')), {
      code: 'E_INVALID_PROTOCOL_OPERATION',
    });
    handle.delete();
    assert.match(traced.trace.join('\n'), /"buffer":"abcd"/);
  });
});

describe('the package in a realm of its own', () => {
  const library = loadInContext<typeof Library>(path.resolve(__dirname, '../../lib/index.js'));

  it('has other classes than this one', () => {
    assert.notEqual(library.HandshakeError, HandshakeError);
    assert.ok(!(new library.HandshakeError('ERR_REFUSED', '') instanceof Error));
  });

  it('connects and serves, with bytes, text and Blobs of this one', async () => {
    const server = await library.listen(
      { host: '127.0.0.1', perMessageDeflate: true },
      async (connection) => {
        for await (const message of connection) await connection.send(message);
      },
    );
    const url = `ws://127.0.0.1:${portOf(server)}/`;
    const client = await library.connect(url, { perMessageDeflate: true, backend: 'portable' });
    for (const message of [
      'text',
      new Uint8Array([1]),
      Buffer.from([1]),
      new Blob(['a']),
      ['a', 'b'],
      new ArrayBuffer(1),
    ]) {
      await client.send(message as string);
      const { value } = await client.messages().next();
      assert.ok(typeof value === 'string' || value!.byteLength === 1);
    }
    await client.close(1000, new Uint8Array([97]));
    await server.close();
  });

  it("tells Node's own TypeError from a failure of the transport", async () => {
    const server = await listenHttp2({ host: '127.0.0.1' });
    const url = `ws://127.0.0.1:${portOf(server)}/`;
    for (const opening of [library.connectHttp2, connectHttp2])
      await assert.rejects(opening(url, { headers: { 'Content-Type': ['a', 'b'] } }), { name: 'TypeError' });
    await server.close();
  });
});
