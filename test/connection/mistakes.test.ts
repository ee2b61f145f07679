import assert from 'node:assert/strict';
import { once } from 'node:events';
import { inspect } from 'node:util';
import { Connection, connect, Server, WebSocket } from '../../lib/index.js';
import { openEnds, listenHere, portOf } from '../support/open.js';
import type { Ends } from '../support/open.js';

type Any = (...args: unknown[]) => unknown;

describe('mistakes with a connection', () => {
  let ends: Ends;
  let client: Record<string, Any>;

  beforeEach(async () => {
    ends = await openEnds();
    client = ends.client as unknown as Record<string, Any>;
  });

  afterEach(() => ends.end());

  for (const [what, call, message] of [
    ['a callback of send', () => client['send']!('x', () => 0), /send takes no callback/],
    ['an option of send', () => client['send']!('x', { binary: true }), /bytes as binary/],
    ['a promise to send', () => client['send']!(Promise.resolve('x')), /not a promise: await it/],
    ['an option of send', () => client['send']!('x', { compress: true }), /perMessageDeflate/],
    ['a signal that is none', () => client['send']!('x', { signal: new AbortController() }), /AbortSignal/],
    ['a signal in place of options', () => client['send']!('x', AbortSignal.timeout(1e5)), /give it as/],
    ['no options of send', () => client['send']!('x', null), /must be an object/],
    ['a payload of ping', () => client['ping']!('x'), /options of ping must be an object/],
    ['options of close', () => client['close']!({ code: 1000 }), /code must be a number/],
    ['a callback of close', () => client['close']!(1000, '', () => 0), /close takes no callback/],
  ] as const)
    it(`are reported: ${what}`, async () => {
      const result = call();
      assert.ok(result instanceof Promise, 'the method rejects, and does not throw');
      await assert.rejects(result, { name: 'TypeError', message });
      assert.equal(ends.client.state, 'open');
    });

  it('are reported: an argument of messages', () => {
    assert.throws(() => client['messages']!(() => 0), { name: 'TypeError', message: /no callback/ });
    assert.throws(() => client['messageStreams']!({ signa: 1 }), { message: /no option signa/ });
  });

  it('are reported: handlers as properties', () => {
    for (const name of ['onopen', 'onmessage', 'onclose', 'onerror']) {
      assert.throws(() => Reflect.set(client, name, () => 0), { name: 'TypeError', message: /has no on/ });
      assert.equal(client[name], undefined);
    }
  });

  it('are reported: events of other packages, once', async () => {
    const warnings: (Error & { code?: string })[] = [];
    const onWarning = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', onWarning);
    const server = await listenHere();
    const untyped = server as unknown as Record<string, Any>;
    for (const event of ['open', 'open', 'own event', 'mesage', 'newListener']) client['on']!(event, () => 0);
    untyped['once']!('listening', () => 0);
    server.on('refused', () => 0);
    await once(process, 'warning');
    await new Promise(setImmediate);
    process.off('warning', onWarning);
    await server.close();
    assert.deepEqual(
      warnings.map(({ code, message }) => [code, message]),
      [
        [
          'WSPC_UNKNOWN_EVENT',
          "a Connection has no event 'open': connect, listen and accept give connections that are open",
        ],
        ['WSPC_UNKNOWN_EVENT', "a Connection has no event 'mesage': did you mean 'message'?"],
        [
          'WSPC_UNKNOWN_EVENT',
          "a Server has no event 'listening': listen resolves when the server listens; httpServer has the event",
        ],
      ],
    );
  });

  it('are reported: constructors', () => {
    assert.throws(() => new (Connection as unknown as new () => unknown)(), {
      message: /use connect or accept/,
    });
    assert.throws(() => new (Server as unknown as new () => unknown)(), { message: /listen\(options\)/ });
  });
});

describe('public objects', () => {
  it('show no internals and no password', async () => {
    const server = await listenHere({ protocols: 'chat' });
    const arrival = once(server, 'connection') as Promise<[Connection]>;
    const url = `ws://user:hidden@127.0.0.1:${portOf(server)}/chat`;
    const headers = { 'X-Token': 'hidden' };
    const client = await connect(url, { headers, protocols: 'chat' });
    const [served] = await arrival;
    const failed = await connect('ws://user:hidden@127.0.0.1:1/', { headers }).catch(
      (error: unknown) => error,
    );
    const web = new WebSocket(url, { headers });
    const socket = web as unknown as EventTarget;
    await new Promise((resolve) => socket.addEventListener('open', resolve));
    for (const [name, value] of Object.entries({
      server,
      client,
      served,
      failed,
      web,
      messages: client.messages(),
    })) {
      for (const depth of [-1, 0, 2, Infinity]) {
        const shown = inspect(value, { depth, showHidden: false }).replace(/^ +at .*$/gm, '');
        assert.doesNotMatch(shown, /\b_\w|hidden/, name);
      }
    }
    assert.match(inspect(server), /^Server \{[^]*address: [^]*backend: '/);
    assert.match(inspect(web), /^WebSocket \{\n? *url: 'ws:\/\/127/);
    client.terminate();
    web.close();
    await server.close();
  });
});

describe('WebSocket with options in the place of the subprotocols', () => {
  it('accepts them, as the WebSocket of Node does', async () => {
    const server = await listenHere({ protocols: 'chat' });
    const requests: (string | undefined)[] = [];
    server.on('connection', (_, { headers }) => void requests.push(headers['x-token'] as string | undefined));
    const socket = new WebSocket(`ws://127.0.0.1:${portOf(server)}/`, {
      protocols: ['chat'],
      headers: { 'X-Token': 'a' },
    });
    await new Promise((resolve) => (socket.onopen = resolve as never));
    assert.equal(socket.protocol, 'chat');
    assert.deepEqual(requests, ['a']);
    socket.close();
    await server.close();
    assert.throws(() => new WebSocket('ws://127.0.0.1/', { protcol: 'chat' } as never), {
      message: /WebSocket has no option protcol/,
    });
    assert.throws(() => new WebSocket('ws://127.0.0.1/', {}, {}), { name: 'TypeError' });
    assert.throws(() => new WebSocket('ws://127.0.0.1/', { toString: () => 'a b' } as never), {
      name: 'SyntaxError',
    });
  });
});
