import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { attach, connect } from '../../lib/index.js';
import type { HandshakeError, ListenOptions, Server } from '../../lib/index.js';
import { leavesNothing } from '../support/leaks.js';
import { TRANSPORTS } from '../support/transports.js';

const failure = new Error('the callback');
const fail = (): never => {
  throw failure;
};
const failingGetter = (name: string): object =>
  Object.defineProperty({}, name, { get: fail, enumerable: true });

/** Options that no compiler would accept, the status for the client, and the cause of `refused`. */
const VERDICTS: readonly (readonly [what: string, verdict: () => unknown, status: number, cause?: RegExp])[] =
  [
    ['undefined', () => undefined, 401],
    ['null', () => null, 401],
    ['an empty string', () => '', 401],
    ['0', () => 0, 401],
    ['NaN', () => NaN, 401],
    ['false', () => false, 401],
    ['a promise of nothing', () => Promise.resolve(), 401],
    ['a promise of false', () => Promise.resolve(false), 401],
    ['1', () => 1, 500, /not 1/],
    ['a word', () => 'yes', 500, /a string/],
    ['a promise of a word', () => Promise.resolve('yes'), 500, /a string/],
    ['a symbol', () => Symbol('yes'), 500, /a symbol/],
    ['a function', () => () => true, 500, /a function/],
    ['a user', () => ({ id: 7 }), 500, /status/],
    ['a status by another name', () => ({ statusCode: 403 }), 500, /status/],
    ['a status of success', () => ({ status: 200 }), 500, /300 to 599/],
    ['a status of 1xx', () => ({ status: 101 }), 500, /300 to 599/],
    ['a status as text', () => ({ status: '403' }), 500, /300 to 599/],
    ['a message that is none', () => ({ status: 403, message: { a: 1 } }), 500, /message/],
    ['headers that are none', () => ({ status: 403, headers: 'x' }), 500, /headers/],
    [
      'a header that breaks its line',
      () => ({ status: 403, headers: { a: 'b\r\nc: d' } }),
      500,
      /Invalid char/,
    ],
    ['a header without a name', () => ({ status: 403, headers: { '': 'b' } }), 500, /name/],
    ['a header that is an object', () => ({ status: 403, headers: { a: {} } }), 500, /header a/],
    ['a throw', fail, 500, /the callback/],
    ['a rejection', () => Promise.reject(failure), 500, /the callback/],
    ['a thenable that throws', () => ({ then: fail }), 500, /the callback/],
    ['a getter of then that throws', () => failingGetter('then'), 500, /the callback/],
    ['a getter of status that throws', () => failingGetter('status'), 500, /the callback/],
    [
      'a promise of such a getter',
      async () => Promise.resolve([failingGetter('status')]).then(([x]) => x),
      500,
      /the callback/,
    ],
    ['a proxy that throws', () => new Proxy({}, { get: fail }), 500, /the callback/],
    ['a number as a header', () => ({ status: 429, headers: { 'Retry-After': 5 } }), 429],
    ['bytes as a message', () => ({ status: 403, message: Buffer.from('x') }), 403],
    [
      'a thenable that accepts and throws',
      () => ({
        then(resolve: (v: boolean) => void) {
          resolve(false);
          fail();
        },
      }),
      401,
    ],
  ];

const OTHERS: readonly (readonly [what: string, options: object, status: number | 'open', cause?: RegExp])[] =
  [
    ['handleProtocols: nothing', { handleProtocols: () => undefined }, 'open'],
    ['handleProtocols: null', { handleProtocols: () => null }, 'open'],
    ['handleProtocols: not offered', { handleProtocols: () => 'zzz' }, 500, /not offered/],
    ['handleProtocols: an object', { handleProtocols: () => ({}) }, 500, /an object/],
    ['handleProtocols: true', { handleProtocols: () => true }, 500, /not true/],
    ['handleProtocols: a promise', { handleProtocols: () => Promise.resolve('chat') }, 500, /promise/],
    ['handleProtocols: a rejection', { handleProtocols: () => Promise.reject(failure) }, 500, /promise/],
    ['handleProtocols: a throw', { handleProtocols: fail }, 500, /the callback/],
    ['headers: nothing', { headers: () => undefined }, 'open'],
    ['headers: null', { headers: () => null }, 'open'],
    ['headers: a value that is undefined', { headers: () => ({ a: undefined }) }, 'open'],
    ['headers: a number', { headers: () => ({ 'X-N': 5 }) }, 'open'],
    ['headers: a boolean', { headers: () => ({ 'X-N': true }) }, 500, /header X-N/],
    ['headers: a name that is none', { headers: () => ({ 'X Y': 'a' }) }, 500, /name/],
    ['headers: CR LF', { headers: () => ({ 'X-N': 'a\r\nSet-Cookie: x' }) }, 500, /X-N/],
    ['headers: LF in the second line', { headers: () => ({ 'X-N': ['a', 'b\nc'] }) }, 500, /X-N/],
    ['headers: NUL', { headers: () => ({ 'X-N': 'a\0b' }) }, 500, /X-N/],
    ['headers: a promise', { headers: () => Promise.resolve({}) }, 500, /promise/],
    ['headers: text', { headers: () => 'a: b' }, 500, /object/],
    ['headers: a list of words', { headers: () => ['a', 'b'] }, 500, /pairs/],
    ['headers: a getter that throws', { headers: () => failingGetter('a') }, 500, /the callback/],
    [
      'headers: a proxy that throws',
      { headers: () => new Proxy({}, { ownKeys: fail }) },
      500,
      /the callback/,
    ],
    ['headers: a throw', { headers: fail }, 500, /the callback/],
    ['origins: a throw', { origins: fail }, 500, /the callback/],
    ['origins: a promise', { origins: () => Promise.resolve(true) }, 500, /promise/],
    ['origins: nothing', { origins: () => undefined }, 403],
    ['origins: a string', { origins: 'https://a.example' }, 'open'],
    ['origins: another string', { origins: 'https://b.example' }, 403],
    ['origins: a pattern', { origins: [/^https:\/\/a\./] }, 'open'],
    ['path: nothing', { path: () => undefined }, 404],
    ['path: a promise', { path: () => Promise.resolve(true) }, 500, /promise/],
    ['path: a throw', { path: fail }, 500, /the callback/],
    [
      'an extension that throws',
      { extensions: [{ name: 'x', offers: () => [], accept: fail }] },
      500,
      /the callback/,
    ],
    [
      'an extension that answers nonsense',
      { extensions: [{ name: 'x', offers: () => [], accept: () => ({ answer: 'a\r\nb' }) }] },
      500,
      /extension/,
    ],
    [
      'an extension without a codec',
      { extensions: [{ name: 'x', offers: () => [], accept: () => ({ answer: 'x', codec: fail }) }] },
      500,
      /the callback/,
    ],
  ];

const HEADERS = {
  origin: 'https://a.example',
  'sec-websocket-protocol': 'chat',
  'sec-websocket-extensions': 'x',
};

for (const transport of TRANSPORTS) {
  describe(`callbacks of a server over ${transport.name}`, () => {
    leavesNothing();

    const check = async (options: object, status: number, cause?: RegExp): Promise<void> => {
      const extended = 'extensions' in options ? { backend: 'portable' } : {};
      const server = await transport.listen({ ...options, ...extended } as ListenOptions);
      const refused: HandshakeError[] = [];
      let connections = 0;
      server.on('refused', (error) => refused.push(error));
      server.on('connection', () => connections++);
      const reply = await transport.ask(server, '/path', HEADERS).answer;
      assert.equal(reply.status, status);
      assert.equal(connections, status === transport.open ? 1 : 0);
      if (status !== transport.open && status !== 404) {
        assert.deepEqual(
          refused.map((error) => [error.code, error.statusCode]),
          [['ERR_REFUSED', status]],
        );
        if (cause === undefined) assert.equal(refused[0]!.cause, undefined);
        else assert.match((refused[0]!.cause as Error).message, cause);
      }
      await server.close();
    };

    for (const [what, verifyClient, status, cause] of VERDICTS) {
      it(`verifyClient that gives ${what} is answered with ${status}`, () =>
        check({ verifyClient }, status, cause));
    }

    for (const [what, options, status, cause] of OTHERS) {
      it(`${what} is answered with ${status}`, () =>
        check(options, status === 'open' ? transport.open : status, cause));
    }

    it('a pattern with g or y matches each time, from any place', async () => {
      for (const [path, origins] of [
        [/chat/g, /a\.example/g],
        [/t/y, undefined],
      ] as const) {
        const server = await transport.listen({ path, origins });
        const statuses: number[] = [];
        for (let round = 0; round < 3; round++)
          statuses.push((await transport.ask(server, '/chat', HEADERS).answer).status);
        assert.deepEqual(statuses, [transport.open, transport.open, transport.open]);
        await server.close();
      }
    });

    it('several lines of one header are several lines', async () => {
      const cookies = ['a=1; Expires=Wed, 09 Jun 2027 10:18:14 GMT', 'b=2'];
      for (const headers of [
        () => ({ 'Set-Cookie': cookies }),
        () => cookies.map((cookie) => ['Set-Cookie', cookie] as const),
        () => {
          const made = new Headers();
          for (const cookie of cookies) made.append('Set-Cookie', cookie);
          return made as Iterable<[string, string]>;
        },
      ]) {
        const server = await transport.listen({ headers });
        assert.deepEqual((await transport.ask(server).answer).headers.get('set-cookie'), cookies);
        await server.close();
        const refusing = await transport.listen({
          verifyClient: () => ({ status: 401, headers: headers() }),
        });
        const reply = await transport.ask(refusing).answer;
        assert.deepEqual([reply.status, reply.headers.get('set-cookie')], [401, cookies]);
        await refusing.close();
      }
    });

    it('the handshake’s own headers and the headers that delimit bodies cannot be replaced', async () => {
      const given = {
        'sec-websocket-accept': 'mine',
        'SEC-WEBSOCKET-PROTOCOL': 'mine',
        Connection: 'mine',
        'Content-Length': '99',
        'Transfer-Encoding': 'chunked',
        'X-Mine': 'mine',
      };
      const server = await transport.listen({ headers: () => given, protocols: 'chat' });
      const { headers } = await transport.ask(server, '/', HEADERS).answer;
      assert.deepEqual(headers.get('sec-websocket-protocol'), ['chat']);
      assert.deepEqual(headers.get('x-mine'), ['mine']);
      assert.equal(headers.get('content-length'), undefined);
      assert.equal(headers.get('transfer-encoding'), undefined);
      assert.notDeepEqual(headers.get('sec-websocket-accept'), ['mine']);
      await server.close();
      const refusing = await transport.listen({
        verifyClient: () => ({ status: 403, headers: given, message: 'é' }),
      });
      const reply = await transport.ask(refusing).answer;
      assert.equal(Buffer.from(reply.body, 'latin1').toString(), 'é');
      assert.notDeepEqual(reply.headers.get('content-length'), ['99']);
      await refusing.close();
    });

    it('a header with more lines than the transport carries is a mistake of the program', async () => {
      const headers = { Location: ['/a', '/b'], ETag: ['a', 'b'] };
      for (const options of [
        { headers: () => headers },
        { verifyClient: () => ({ status: 302, headers }) },
      ] as ListenOptions[]) {
        const server = await transport.listen(options);
        const refused: HandshakeError[] = [];
        server.on('refused', (error) => refused.push(error));
        const { status } = await transport.ask(server).answer;
        if (transport.name === 'HTTP/2') {
          assert.equal(status, 500);
          assert.deepEqual([refused[0]!.statusCode, refused.length], [500, 1]);
          assert.match(String(refused[0]!.cause), /single value/);
        } else assert.ok(status === 101 || status === 302);
        await server.close();
      }
    });

    it('a header may be called __proto__', async () => {
      let seen: unknown;
      const server = await transport.listen({
        headers: () => JSON.parse('{"__proto__": "a"}') as Record<string, string>,
        verifyClient: ({ headers, rawHeaders }) => {
          seen = [Object.getPrototypeOf(headers) !== 'b', rawHeaders.includes('__proto__')];
          return true;
        },
      });
      const reply = await transport.ask(
        server,
        '/',
        JSON.parse('{"__proto__": "b"}') as Record<string, string>,
      ).answer;
      assert.equal(reply.status, transport.open);
      assert.deepEqual(reply.headers.get('__proto__'), ['a']);
      assert.equal((seen as boolean[])[0], true);
      await server.close();
    });

    it('a refusal may have its own content type, and Latin-1 in its headers', async () => {
      const server = await transport.listen({
        verifyClient: () => ({
          status: 401,
          message: '{}',
          headers: { 'content-type': 'application/json', 'WWW-Authenticate': 'Basic realm="é"' },
        }),
      });
      const { headers, body } = await transport.ask(server).answer;
      assert.deepEqual(headers.get('content-type'), ['application/json']);
      assert.equal(body, '{}');
      if (transport.name === 'HTTP/1.1')
        assert.deepEqual(headers.get('www-authenticate'), ['Basic realm="é"']);
      await server.close();
    });
  });
}

describe('endpoints whose filters fail', () => {
  leavesNothing();

  it('refuse their own requests, and leave the paths of others alone', async () => {
    const http = createServer().listen(0, '127.0.0.1');
    await once(http, 'listening');
    const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const failing = attach(http, { path: (path) => decodeURIComponent(path) === '/ä' });
    const fine: Server = attach(http, { path: '/%zz' });
    const refused: HandshakeError[] = [];
    failing.on('refused', (error) => refused.push(error));
    await (await connect(`${url}/%C3%A4`)).close();
    await (await connect(`${url}/%zz`)).close();
    assert.equal(refused.length, 0);
    await assert.rejects(connect(`${url}/%yy`), { statusCode: 500 });
    assert.ok(refused[0]!.cause instanceof URIError);
    assert.equal(failing.matches('/%'), 'no');
    await Promise.all([failing.close(), fine.close()]);
    http.close();
    http.closeAllConnections();
    await once(http, 'close');
  });
});
