import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import {
  chooseBackend,
  connect,
  listen,
  loadNative,
  nativeUnavailableReason,
  portable,
  prepare,
  recordTrace,
} from '../../lib/index.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere, portOf } from '../support/open.js';
import { untyped } from '../support/untyped.js';
import type { Any } from '../support/untyped.js';

const NOWHERE = 'ws://127.0.0.1:1/';
const http = createServer();
const http2 = createHttp2Server();

/** The options of a call, in the form that each function takes. */
const CALLS: Readonly<Record<string, (options: unknown) => unknown>> = {
  connect: (options) => untyped.connect(NOWHERE, options),
  'connect with protocols': (options) => untyped.connect(NOWHERE, 'chat', options),
  connectHttp2: (options) => untyped.connectHttp2(NOWHERE, options),
  listen: (options) => untyped.listen(options),
  listenHttp2: (options) => untyped.listenHttp2(options),
  attach: (options) => untyped.attach(http, options),
  attachHttp2: (options) => untyped.attachHttp2(http2, options),
  accept: (options) => untyped.accept({ headers: {} }, {}, Buffer.alloc(0), options),
};

const told = async (call: () => unknown, message: RegExp): Promise<void> => {
  await assert.rejects(
    async () => {
      await call();
    },
    { name: 'TypeError', message },
  );
};

describe('mistakes', () => {
  leavesNothing();

  for (const [name, call] of Object.entries(CALLS)) {
    it(`in the names of options are reported with the nearest name: ${name}`, async () => {
      await told(() => call({ maxPayLoad: 5 }), /no option maxPayLoad: did you mean maxPayload\?/);
      await told(() => call({ perMessageDelfate: true }), /did you mean perMessageDeflate\?/);
      await told(
        () => call({ keepAlive: { intervall: 5 } }),
        /keepAlive\.intervall: did you mean keepAlive\.interval\?/,
      );
      await told(
        () => call({ perMessageDeflate: { treshold: 5 } }),
        /did you mean perMessageDeflate\.threshold\?/,
      );
      await told(() => call({ rejectUnauthorized: false }), /tls: \{ rejectUnauthorized \}/);
      await told(() => call({ cert: '' }), /tls: \{ cert \}/);
      await told(() => call({ skipUTF8Validation: true }), /websocket-protocol-component\/ws/);
      await told(() => call({ xyzzy: undefined }), /no option xyzzy$/);
      await told(() => call(JSON.parse('{"__proto__": 1}')), /no option __proto__/);
      await told(() => call({ toString: 1 }), /no option toString/);
      if (!name.endsWith('connect') && name !== 'connectHttp2')
        await told(() => call('chat'), /must be an object|takes options or a port first/);
      if (!name.startsWith('listen')) await told(() => call(5), /must be an object/);
      await told(() => call(new Map([['maxPayload', 5]])), /must be an object, not a list, a Map or a Set/);
      await told(() => call(Promise.resolve({ maxPayload: 5 })), /not a promise: await it first/);
      await told(() => call(new AbortController().signal), /give it as \{ signal \}/);
      for (const inner of ['keepAlive', 'perMessageDeflate', 'handle'])
        await told(
          () => call({ [inner]: new Map() }),
          new RegExp(`${inner} must be an object, not a list, a Map`),
        );
    });
  }

  it('in the options of functions with few options are reported', async () => {
    const few: Readonly<Record<string, (options: unknown) => unknown>> = {
      prepare: (options) => prepare('x', options as never),
      loadNative: (options) => loadNative(options as never),
      recordTrace: (options) => recordTrace(portable, options as never),
      chooseBackend: (options) => chooseBackend(options as never),
    };
    for (const [name, call] of Object.entries(few)) {
      const begin = `the options of ${name} must be an object, `;
      await told(() => call(new Map()), new RegExp(`${begin}not a list`));
      await told(() => call(Promise.resolve({})), new RegExp(`${begin}not a promise`));
      await told(() => call(new AbortController().signal), new RegExp(`${begin}not a signal`));
      await told(() => call(null), /./);
      if (name !== 'chooseBackend')
        await told(() => call({ xyzzy: 1 }), new RegExp(`${name} has no option xyzzy: it has`));
    }
    await told(() => recordTrace(portable, { write: 'file' as never }), /write must be a function/);
  });

  it('of servers are reported', async () => {
    await told(() => untyped.listen({ server: http }), /attach\(server, options\)/);
    await told(() => untyped.listen({ noServer: true }), /accept\(/);
    await told(() => untyped.listen(0, []), /must be an object, not a list/);
    await told(() => untyped.listen(0, new Map()), /must be an object, not a list/);
    await told(() => untyped.listen(0, Promise.resolve({})), /await it first/);
    await told(() => untyped.listen({ path: 'chat' }), /must begin with \//);
    await told(() => untyped.listen({ path: '/chat?a' }), /neither \? nor #/);
    await told(() => untyped.listen({ path: 5 }), /path must be/);
    await told(() => untyped.listen({ origins: 5 }), /origins must be/);
    await told(() => untyped.listen({ protocols: [5] }), /protocols must be/);
    await told(() => untyped.listen({ signal: new AbortController() }), /must be an AbortSignal/);
    await told(
      () => untyped.listen({ verifyClient: (_info: unknown, done: Any) => done(true) }),
      /takes the request alone/,
    );
    await told(() => untyped.listen({ prot: 1 }), /did you mean port\?/);
    await told(() => untyped.listen({}, {}), /handler must be a function/);
    const application = Object.assign(() => undefined, http);
    for (const where of ['attach', 'attachHttp2'] as const) {
      for (const server of [application, {}, undefined, null, { listen: () => undefined }])
        await told(() => untyped[where](server), /app\.listen\(\.\.\.\) returns/);
    }
    assert.equal(http.listenerCount('upgrade'), 0);
  });

  it('in URLs are reported', async () => {
    await told(() => untyped.connect(), /must be a string or a URL, not undefined/);
    await told(() => untyped.connect(8080), /must be a string or a URL, not 8080/);
    await told(() => untyped.connect('localhost:8080'), /did you mean ws:\/\/localhost:8080\?/);
    await told(() => untyped.connect('127.0.0.1:8080'), /must be like ws:\/\/host:port\/path/);
    await told(() => untyped.connect('constructor:x'), /not constructor:/);
    await told(() => untyped.connect(NOWHERE, 'a', { protocols: 'b' }), /given twice/);
    await told(() => untyped.connect(NOWHERE, {}, {}), /\(url, protocols, options\)/);
  });

  it('do not include understood habits of other packages', async () => {
    const server = await listenHere({ protocols: 'chat' });
    const url = `ws://127.0.0.1:${portOf(server)}/`;
    for (const args of [
      ['chat'],
      [['x', 'chat']],
      ['chat', { headers: { a: 'b' } }],
      [{ protocols: 'chat' }],
    ]) {
      const connection = (await untyped.connect(url, ...args)) as Awaited<ReturnType<typeof connect>>;
      assert.equal(connection.protocol, 'chat');
      await connection.close();
    }
    for (const args of [[undefined, {}], [null, {}], [[]], [undefined]]) {
      const connection = (await untyped.connect(url, ...args)) as Awaited<ReturnType<typeof connect>>;
      assert.equal(connection.protocol, '');
      assert.equal(connection.backend, nativeUnavailableReason() === undefined ? 'native' : 'portable');
      await connection.close();
    }
    await server.close();
    let handled = 0;
    const handler = (): unknown => handled++;
    for (const args of [[0], [0, handler], [0, '127.0.0.1', handler], [0, { host: '127.0.0.1' }, handler]]) {
      const other = (await untyped.listen(...args)) as typeof server;
      await (await connect(`ws://127.0.0.1:${portOf(other)}/`)).close();
      await other.close();
    }
    assert.equal(handled, 3);
  });

  it('of closing a server are reported, without advice for openings', async () => {
    const server = await listenHere();
    await told(() => server.close({ timeout: 5 } as never), /no option timeout: the server has closeTimeout/);
    await told(() => server.close({ message: 'x' } as never), /close has no option message$/);
    await server.close();
  });

  it('do not include undefined values', async () => {
    const server = await listen({
      host: '127.0.0.1',
      port: undefined,
      path: undefined,
      tls: undefined,
      signal: undefined,
      verifyClient: undefined,
      maxConnections: undefined,
      protocols: undefined,
      perMessageDeflate: undefined,
      handle: undefined,
    });
    const connection = await connect(`ws://127.0.0.1:${portOf(server)}/`, {
      protocols: undefined,
      headers: undefined,
      origin: undefined,
      signal: undefined,
      tls: undefined,
      agent: undefined,
      net: undefined,
      backend: undefined,
      component: undefined,
      driver: undefined,
    });
    await connection.close();
    await server.close({ code: undefined, signal: undefined });
  });
});
