import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { runInNewContext } from 'node:vm';
import { listen, WebSocket } from '../../lib/index.js';
import type { CloseEvent, Connection, Server } from '../../lib/index.js';

const urlOf = (server: Server): string => `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
const closeOf = async (socket: WebSocket): Promise<CloseEvent> =>
  ((await once(socket, 'close')) as [CloseEvent])[0];

async function echo(connection: Connection): Promise<void> {
  for await (const message of connection) await connection.send(message);
}

const hasName =
  (name: string) =>
  (error: unknown): boolean =>
    error instanceof DOMException && error.name === name;

describe('the WebSocket of the web platform', () => {
  let server: Server;
  beforeEach(async () => (server = await listen({ host: '127.0.0.1', protocols: ['b', 'c'] }, echo)));
  afterEach(() => server.close());

  it('has constants, length and names as WebIDL requires', () => {
    for (const [name, value] of [
      ['CONNECTING', 0],
      ['OPEN', 1],
      ['CLOSING', 2],
      ['CLOSED', 3],
    ] as const) {
      for (const target of [WebSocket, WebSocket.prototype]) {
        assert.deepEqual(Object.getOwnPropertyDescriptor(target, name), {
          value,
          enumerable: true,
          writable: false,
          configurable: false,
        });
      }
    }
    assert.equal(WebSocket.length, 1);
    assert.equal(Object.prototype.toString.call(WebSocket.prototype), '[object WebSocket]');
    assert.throws(() => new (WebSocket as unknown as new () => WebSocket)(), TypeError);
  });

  for (const url of [
    'foo',
    'ws://foo bar/',
    'ftp://host/',
    'about:blank',
    'ws://host/#',
    'ws://host/#x',
    '',
  ]) {
    it(`refuses the URL ${JSON.stringify(url)}`, () => {
      assert.throws(() => new WebSocket(url), hasName('SyntaxError'));
    });
  }

  for (const protocols of ['', ' ', 'a b', 'a,b', 'ä', ['a', 'a'], ['a', 'A'], ['a', '']]) {
    it(`refuses the subprotocols ${JSON.stringify(protocols)}`, () => {
      assert.throws(() => new WebSocket('ws://host/', protocols), hasName('SyntaxError'));
    });
  }

  it('maps the schemes of HTTP, and shows the URL, subprotocol and state', async () => {
    const socket = new WebSocket(urlOf(server).replace('ws', 'http') + 'a b', ['a', 'b']);
    assert.equal(socket.url, `${urlOf(server)}a%20b`);
    assert.deepEqual([socket.readyState, socket.protocol, socket.extensions], [0, '', '']);
    await once(socket, 'open');
    assert.deepEqual([socket.readyState, socket.protocol], [1, 'b']);
    socket.close();
    assert.equal(socket.readyState, 2);
    const { code, reason, wasClean } = await closeOf(socket);
    assert.deepEqual([code, reason, wasClean, socket.readyState], [1005, '', true, 3]);
  });

  it('sends strings, bytes and blobs in order, and everything else as a string', async () => {
    const socket = new WebSocket(urlOf(server));
    socket.binaryType = 'arraybuffer';
    await once(socket, 'open');
    const changing = new Uint8Array(10_000).fill(1);
    const received: unknown[] = [];
    const all = new Promise<void>((resolve) => {
      socket.onmessage = ({ data, origin }) => {
        assert.equal(origin, new URL(urlOf(server)).origin);
        received.push(typeof data === 'string' ? data : Buffer.from(data as ArrayBuffer).toString('latin1'));
        if (received.length === 7) resolve();
      };
    });
    socket.send('a\ud800b');
    socket.send(new Blob(['from a blob']));
    socket.send(changing);
    changing.fill(2);
    socket.send(new Uint16Array([0x4141]));
    socket.send(new Uint8Array([66, 67]).buffer);
    socket.send({ toString: () => 'an object' } as unknown as string);
    assert.equal(socket.bufferedAmount, 5 + 11 + 10_000 + 2 + 2 + 9);
    socket.send('');
    await all;
    assert.deepEqual(received, [
      'a\ufffdb',
      'from a blob',
      '\x01'.repeat(10_000),
      'AA',
      'BC',
      'an object',
      '',
    ]);
    assert.equal(socket.bufferedAmount, 0);
    socket.close(3000, 'done');
    assert.equal((await closeOf(socket)).code, 3000);
    socket.send('into the void');
    assert.equal(socket.bufferedAmount, 13);
  });

  it('delivers blobs or array buffers, by binaryType', async () => {
    const socket = new WebSocket(urlOf(server));
    assert.equal(socket.binaryType, 'blob');
    socket.binaryType = 'other' as 'blob';
    assert.equal(socket.binaryType, 'blob');
    await once(socket, 'open');
    socket.send(Buffer.from('xyz'));
    const [first] = (await once(socket, 'message')) as [{ data: Blob }];
    assert.equal(await first.data.text(), 'xyz');
    socket.binaryType = 'arraybuffer';
    socket.send(Buffer.from('xyz'));
    const [second] = (await once(socket, 'message')) as [{ data: ArrayBuffer }];
    assert.equal(second.data.byteLength, 3);
    socket.close();
    await closeOf(socket);
  });

  it('does not send while connecting, and checks the arguments of close', async () => {
    const socket = new WebSocket(urlOf(server));
    assert.throws(() => socket.send('x'), hasName('InvalidStateError'));
    assert.throws(() => (socket as unknown as { send(): void }).send(), TypeError);
    for (const code of [0, 999, 1001, 1005, 2999, 5000, 65536 + 1000, NaN, 'x' as unknown as number])
      assert.throws(() => socket.close(code), hasName('InvalidAccessError'));
    assert.throws(() => socket.close(1000, 'ä'.repeat(62)), hasName('SyntaxError'));
    assert.equal(socket.readyState, 0);
    await once(socket, 'open');
    socket.close(1000, 'a\ud800');
    const event = await closeOf(socket);
    assert.deepEqual([event.code, event.reason], [1000, 'a\ufffd']);
  });

  it('fails when it is closed while connecting: error, then close', async () => {
    const events: string[] = [];
    const socket = new WebSocket(urlOf(server));
    socket.onopen = () => events.push('open');
    socket.onerror = () => events.push(`error ${socket.readyState}`);
    socket.close();
    assert.equal(socket.readyState, 2);
    const { code, wasClean } = await closeOf(socket);
    assert.deepEqual([code, wasClean, events], [1006, false, ['error 3']]);
  });

  it('fails when there is no server, or a blocked port', async () => {
    for (const url of ['ws://127.0.0.1:1/', 'ws://127.0.0.1:6667/']) {
      const socket = new WebSocket(url);
      const ended = closeOf(socket);
      const [event] = (await once(socket, 'error')) as [Event & { error: Error }];
      assert.match(event.error.message, /blocked/);
      assert.equal((await ended).code, 1006);
    }
    const silent = createServer((transport) => transport.destroy());
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const socket = new WebSocket(`ws://127.0.0.1:${(silent.address() as AddressInfo).port}/`);
    const [event] = (await once(socket, 'error')) as [Event & { error: { code: string } }];
    assert.equal(event.error.code, 'ERR_CONNECT_FAILED');
    silent.close();
  });

  it('reports a violation as error and close, a lost transport as close', async () => {
    for (const [bytes, events] of [
      [Buffer.from([0xc1, 0x00]), ['error', 'close 1006 false']],
      [null, ['close 1006 false']],
    ] as const) {
      const socket = new WebSocket(urlOf(server));
      const seen: string[] = [];
      socket.addEventListener('error', () => seen.push('error'));
      await once(socket, 'open');
      const transport = server.connections[0]!.socket;
      if (bytes === null) transport.destroy();
      else transport.write(bytes);
      const { code, wasClean } = await closeOf(socket);
      assert.deepEqual([...seen, `close ${code} ${wasClean}`], events);
    }
  });

  it('keeps an event handler in its place', async () => {
    const order: string[] = [];
    const socket = new WebSocket(urlOf(server));
    socket.onopen = () => order.push('replaced');
    socket.addEventListener('open', () => order.push('listener'));
    const handler = (): unknown => order.push('handler');
    socket.onopen = handler;
    assert.equal(socket.onopen, handler);
    socket.onclose = 5 as never;
    assert.equal(socket.onclose, null);
    socket.onmessage = handler;
    socket.onmessage = null;
    await once(socket, 'open');
    assert.deepEqual(order, ['handler', 'listener']);
    socket.close();
    await closeOf(socket);
  });

  it('delivers nothing after close has been called', async () => {
    const socket = new WebSocket(urlOf(server));
    await once(socket, 'open');
    let count = 0;
    socket.onmessage = () => {
      count++;
      socket.close();
    };
    for (let index = 0; index < 5; index++) socket.send('x');
    await closeOf(socket);
    assert.equal(count, 1);
  });

  describe('if something other than the peer fails', () => {
    let received: unknown[];
    let end: Promise<number>;
    let own: Server;
    beforeEach(async () => {
      received = [];
      own = await listen({ host: '127.0.0.1' });
      end = once(own, 'connection').then(async (args) => {
        const [connection] = args as [Connection];
        connection.on('message', (message) => received.push(message));
        return (await connection.closed).code;
      });
    });
    afterEach(() => own.close());

    class UnreadableBlob extends Blob {
      override arrayBuffer(): Promise<ArrayBuffer> {
        return Promise.reject(new Error('gone'));
      }
      override stream(): ReadableStream {
        throw new Error('gone');
      }
    }

    it('ends with 1006 if a Blob cannot be read, and sends nothing after it', async () => {
      const socket = new WebSocket(urlOf(own));
      const errors: unknown[] = [];
      socket.onerror = (event) => errors.push((event as Event & { error?: Error }).error?.message);
      await once(socket, 'open');
      socket.send('before');
      socket.send(new UnreadableBlob(['lost']));
      socket.send('behind');
      const { code, wasClean } = await closeOf(socket);
      assert.deepEqual([code, wasClean, errors], [1006, false, ['gone']]);
      assert.equal(socket.bufferedAmount, 10);
      assert.equal(await end, 1006);
      assert.deepEqual(
        received.filter((message) => message !== 'before'),
        [],
      );
    });

    it('sends bytes and Blobs of another realm', async () => {
      const socket = new WebSocket(urlOf(own));
      await once(socket, 'open');
      const bytes = runInNewContext('new Uint8Array([1, 2])') as Uint8Array<ArrayBuffer>;
      // Made like jsdom's Blob: another class, with the tag of the standard.
      const foreign: unknown = runInNewContext(
        `({ size: 2, arrayBuffer: async () => new Uint8Array([3, 4]).buffer, [Symbol.toStringTag]: 'Blob' })`,
      );
      socket.send(bytes);
      socket.send(foreign as Blob);
      socket.close();
      assert.equal((await closeOf(socket)).code, 1005);
      await end;
      assert.deepEqual(
        received.map((message) => Buffer.from(message as Uint8Array).toString('hex')),
        ['0102', '0304'],
      );
    });

    it('obeys a signal of another realm while it opens, and leaves no listener', async () => {
      const silent = createServer();
      silent.listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const { port } = silent.address() as AddressInfo;
      // Of a class that AbortSignal.any refuses.
      const target = new EventTarget();
      const listeners = new Set<unknown>();
      const signal = {
        aborted: false,
        reason: undefined as unknown,
        addEventListener(type: string, listener: () => void): void {
          listeners.add(listener);
          target.addEventListener(type, listener);
        },
        removeEventListener(type: string, listener: () => void): void {
          listeners.delete(listener);
          target.removeEventListener(type, listener);
        },
      };
      const options = { signal: signal as unknown as AbortSignal };
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`, [], options);
      const failed = once(socket, 'error') as Promise<[Event & { error: unknown }]>;
      await once(silent, 'connection');
      signal.reason = new Error('enough');
      target.dispatchEvent(new Event('abort'));
      const [{ error }] = await failed;
      assert.equal(error, signal.reason);
      assert.equal(listeners.size, 0);
      silent.close();
    });

    it('emits all other events although a listener throws', async () => {
      const socket = new WebSocket(urlOf(server));
      const uncaught: unknown[] = [];
      const known = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.on('uncaughtException', (error) => uncaught.push(error.message));
      try {
        await once(socket, 'open');
        const messages: unknown[] = [];
        socket.addEventListener('message', () => {
          throw new Error('by a listener');
        });
        socket.onmessage = ({ data }) => messages.push(data);
        socket.send('one');
        socket.send('two');
        while (messages.length < 2) await once(socket, 'message');
        socket.close();
        await closeOf(socket);
        assert.deepEqual(messages, ['one', 'two']);
        assert.deepEqual(uncaught, ['by a listener', 'by a listener']);
      } finally {
        process.removeAllListeners('uncaughtException');
        for (const listener of known) process.on('uncaughtException', listener);
      }
    });

    it('names an unknown option, and ignores a third argument that is no object', async () => {
      assert.throws(
        () => new WebSocket('ws://127.0.0.1/', [], { maxPayLoad: 1 } as never),
        /^TypeError: WebSocket has no option maxPayLoad: did you mean maxPayload\?$/,
      );
      const socket = new WebSocket(urlOf(server), [], null as never);
      await once(socket, 'open');
      socket.close();
      await closeOf(socket);
    });
  });
});
