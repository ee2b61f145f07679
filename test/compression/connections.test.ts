import { strict as assert } from 'node:assert';
import { on, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket as WsWebSocket, WebSocketServer as WsServer } from 'ws';
import { chooseBackend, connect, listen, portable, recordTrace } from '../../lib/index.js';
import type {
  Connection,
  Extension,
  MessageCodec,
  PerMessageDeflateOptions,
  Server,
} from '../../lib/index.js';

const LOOPBACK = { host: '127.0.0.1' } as const;

function urlOf(server: Server | WsServer): string {
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function echo(connection: Connection): Promise<void> {
  for await (const message of connection) await connection.send(message);
}

const MESSAGES: readonly (string | Buffer)[] = [
  '',
  'a',
  'häß'.repeat(10_000),
  Buffer.alloc(0),
  Buffer.from('b'),
  Buffer.alloc(3_000_000, 'abc'),
  'the last one',
];

const OPTIONS: readonly PerMessageDeflateOptions[] = [
  {},
  { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 },
  { serverMaxWindowBits: 9, clientMaxWindowBits: 8 },
  { concurrencyLimit: 1, zlibDeflateOptions: { level: 1, memLevel: 4 } },
];

/** Sends all messages at once and reads all answers. */
async function exchange(connection: Connection): Promise<void> {
  for (const message of MESSAGES) void connection.send(message);
  const messages = connection.messages();
  for (const message of MESSAGES) {
    const value: unknown = (await messages.next()).value;
    assert.deepEqual(typeof value === 'string' ? value : Buffer.from(value as Uint8Array), message);
  }
}

describe('connections with permessage-deflate', () => {
  for (const options of OPTIONS) {
    const title = JSON.stringify(options);

    it(`talk with each other: ${title}`, async () => {
      const server = await listen({ ...LOOPBACK, perMessageDeflate: true }, echo);
      const connection = await connect(urlOf(server), { perMessageDeflate: options });
      await exchange(connection);
      assert.ok(connection.counters.compressionRatio! > 10);
      assert.equal((await connection.close()).wasClean, true);
      await server.close();
    });

    it(`talk with a server of ws: ${title}`, async () => {
      const server = new WsServer({ ...LOOPBACK, port: 0, perMessageDeflate: { threshold: 0 } });
      server.on('connection', (socket) =>
        socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
      );
      await once(server, 'listening');
      const connection = await connect(urlOf(server), { perMessageDeflate: options });
      await exchange(connection);
      await connection.send(['one ', 'x'.repeat(50_000), '', ' end']);
      const value: unknown = (await connection.messages().next()).value;
      assert.equal(value, `one ${'x'.repeat(50_000)} end`);
      await connection.close();
      server.close();
      await once(server, 'close');
    });

    it(`talk with a client of ws: ${title}`, async () => {
      const server = await listen({ ...LOOPBACK, perMessageDeflate: options }, echo);
      const client = new WsWebSocket(urlOf(server), { perMessageDeflate: { threshold: 0 } });
      await once(client, 'open');
      assert.equal(client.extensions, 'permessage-deflate');
      const received: (string | Buffer)[] = [];
      for (const message of MESSAGES) client.send(message);
      for await (const [data, isBinary] of on(client, 'message') as AsyncIterable<[Buffer, boolean]>) {
        received.push(isBinary ? data : data.toString());
        if (received.length === MESSAGES.length) break;
      }
      assert.deepEqual(received, MESSAGES);
      client.close(1000);
      assert.equal((await once(client, 'close'))[0], 1000);
      await server.close();
    });
  }

  it('go without it if the other side does not agree', async () => {
    const server = await listen(LOOPBACK, echo);
    const connection = await connect(urlOf(server), { perMessageDeflate: true });
    await exchange(connection);
    assert.equal(connection.counters.compressionRatio, undefined);
    await connection.close();
    await server.close();
  });

  it('end a message that grows beyond maxPayload with 1009, before it has grown', async () => {
    const failed: Promise<unknown>[] = [];
    const server = await listen(
      { ...LOOPBACK, perMessageDeflate: true, maxPayload: 100_000 },
      (connection) => {
        failed.push(connection.closed);
      },
    );
    const client = new WsWebSocket(urlOf(server));
    await once(client, 'open');
    client.send(Buffer.alloc(200_000_000));
    const [code] = (await once(client, 'close')) as [number];
    assert.equal(code, 1009);
    const { error } = (await failed[0]) as { error: { code: string; message: string } };
    assert.equal(error.code, 'ERR_MESSAGE_TOO_BIG');
    assert.ok(Number(/of (\d+) bytes/.exec(error.message)![1]) < 300_000);
    await server.close();
  });

  it('end invalid deflate streams, and text that is not UTF-8, with 1007', async () => {
    const server = await listen({ ...LOOPBACK, perMessageDeflate: true }, echo);
    for (const [payload, code] of [
      [Buffer.from([0xff, 0xff, 0xff]), 'ERR_INVALID_COMPRESSION'],
      // A stored block with one byte that can begin no character.
      [Buffer.from([0x00, 0x01, 0x00, 0xfe, 0xff, 0xff, 0x00]), 'ERR_INVALID_TEXT'],
    ] as const) {
      const client = new WsWebSocket(urlOf(server));
      await once(client, 'open');
      const ended = server.connections[0]!.closed;
      const { _socket: socket } = client as unknown as { _socket: { write(bytes: Uint8Array): void } };
      socket.write(Buffer.concat([Buffer.from([0xc1, 0x80 | payload.byteLength, 0, 0, 0, 0]), payload]));
      assert.equal(((await once(client, 'close')) as [number])[0], 1007);
      assert.equal((await ended).error?.code, code);
    }
    await server.close();
  });

  it('send all messages before the close frame, and read all messages before it', async () => {
    const received: number[] = [];
    const server = await listen({ ...LOOPBACK, perMessageDeflate: true }, async (connection) => {
      for await (const message of connection) received.push(message.length);
    });
    const connection = await connect(urlOf(server), { perMessageDeflate: true });
    for (let index = 0; index < 20; index++) void connection.send(Buffer.alloc(100_000 + index, index));
    assert.ok(connection.bufferedAmount >= 1_000_000);
    const info = await connection.close(1000, 'all said');
    assert.deepEqual([info.code, info.reason, info.wasClean], [1000, 'all said', true]);
    await server.close();
    assert.deepEqual(
      received,
      Array.from({ length: 20 }, (_, index) => 100_000 + index),
    );
  });

  it('keep the order of messages, of which the thread pool has some', async () => {
    const server = await listen({ ...LOOPBACK, perMessageDeflate: true });
    const [[peer], connection] = await Promise.all([
      once(server, 'connection') as Promise<[Connection]>,
      connect(urlOf(server), { perMessageDeflate: true }),
    ]);
    const texts = Array.from({ length: 40 }, (_, index) => `${index} `.repeat(index % 3 === 0 ? 20_000 : 3));
    const sent = texts.map((text, index) => connection.send(index % 2 === 0 ? text : Buffer.from(text)));
    assert.ok(connection.bufferedAmount > 100_000, 'the messages behind the thread pool wait');
    void connection.close();
    const received: string[] = [];
    for await (const message of peer)
      received.push(typeof message === 'string' ? message : Buffer.from(message).toString());
    assert.deepEqual(received, texts);
    await Promise.all(sent);
    await server.close();
  });

  it('keep no part of a short message that the caller changes at once', async () => {
    const server = await listen({ ...LOOPBACK, perMessageDeflate: true });
    const [[peer], connection] = await Promise.all([
      once(server, 'connection') as Promise<[Connection]>,
      connect(urlOf(server), { perMessageDeflate: true }),
    ]);
    void connection.send('x'.repeat(100_000));
    const bytes = Buffer.from('short');
    void connection.send(bytes);
    bytes.fill('!');
    void connection.close();
    const received: unknown[] = [];
    for await (const message of peer) received.push(message);
    assert.deepEqual(Buffer.from(received[1] as Uint8Array).toString(), 'short');
    await server.close();
  });

  it('can be terminated while the thread pool works for them', async () => {
    const server = await listen({ ...LOOPBACK, perMessageDeflate: true }, echo);
    const connection = await connect(urlOf(server), { perMessageDeflate: true });
    const sent = connection.send(Buffer.alloc(5_000_000, 'x'));
    connection.terminate();
    await assert.rejects(sent);
    assert.equal((await connection.closed).code, 1006);
    await server.close();
  });

  it('read a compressed message as a stream of parts', async () => {
    const server = await listen({ ...LOOPBACK, perMessageDeflate: true }, async (connection) => {
      for await (const message of connection.messageStreams()) {
        let length = 0;
        for await (const part of message) length += part.length;
        await connection.send(`${message.type} ${length}`);
      }
    });
    const connection = await connect(urlOf(server), { perMessageDeflate: true, maxPayload: 1000 });
    void connection.send(Buffer.alloc(20_000_000, 'abc'));
    void connection.send('ä'.repeat(100_000));
    const messages = connection.messages();
    assert.equal((await messages.next()).value, 'binary 20000000');
    assert.equal((await messages.next()).value, 'text 100000');
    await connection.close();
    await server.close();
  });
});

describe('the choice of the backend', () => {
  it('names its choice and the reason', () => {
    const choice = chooseBackend({ backend: 'portable', perMessageDeflate: true });
    assert.deepEqual([choice.component, choice.backend], [portable, 'portable']);
    assert.match(choice.reason, /asks for it/);
    assert.ok(chooseBackend({}).reason.length > 0);
    assert.equal(chooseBackend({ perMessageDeflate: true }).backend, 'portable');
  });

  it('refuses compression on a backend that cannot have it', () => {
    const native = { ...portable, backend: 'native' as const };
    assert.throws(() => chooseBackend({ component: native, perMessageDeflate: true }), {
      code: 'ERR_UNSUPPORTED_OPTION',
      message: /perMessageDeflate is not possible with the native backend/,
    });
    // Components of others, also those that are made of ours, have no reserved bits.
    for (const component of [{ ...portable, backend: 'counting' }, recordTrace(portable)])
      assert.throws(() => chooseBackend({ component, perMessageDeflate: true }), {
        code: 'ERR_UNSUPPORTED_OPTION',
        message: /perMessageDeflate is not possible with a component of your own \((?:counting|portable)\)/,
      });
    assert.throws(() => chooseBackend({ driver: 'action-loop', perMessageDeflate: true }), {
      code: 'ERR_UNSUPPORTED_OPTION',
    });
    assert.throws(() => chooseBackend({ backend: 'other' as never }), RangeError);
  });
});

/** Inverts every byte, asynchronously. */
class ReversingCodec implements MessageCodec {
  static open = 0;
  constructor() {
    ReversingCodec.open++;
  }
  encodes(): boolean {
    return true;
  }
  encode(part: Uint8Array, _: boolean, done: (error: Error | null, bytes: Uint8Array) => void): void {
    setImmediate(() => done(null, Buffer.from(part).reverse()));
  }
  decode(
    part: Uint8Array,
    _: boolean,
    piece: (bytes: Uint8Array) => void,
    done: (error: Error | null) => void,
  ): void {
    queueMicrotask(() => {
      piece(Buffer.from(part).reverse());
      done(null);
    });
  }
  stopDecoding(): void {}
  close(): void {
    ReversingCodec.open--;
  }
}

const reversing: Extension = {
  name: 'x-reverse',
  offers: () => ['x-reverse; bytes'],
  conclude: (parameters) => {
    if (parameters.get('bytes') !== true) throw new Error('bytes are all that can be reversed');
    return () => new ReversingCodec();
  },
  accept: (parameters) =>
    parameters.has('bytes') ? { answer: 'x-reverse; bytes', codec: () => new ReversingCodec() } : undefined,
};

describe('an extension of a user', () => {
  it('is negotiated and used like the built-in one', async () => {
    const server = await listen({ ...LOOPBACK, extensions: [reversing], perMessageDeflate: true }, echo);
    const connection = await connect(urlOf(server), { extensions: [reversing], perMessageDeflate: true });
    for (const message of ['one', 'two', 'three']) void connection.send(message);
    const messages = connection.messages();
    for (const message of ['one', 'two', 'three']) assert.equal((await messages.next()).value, message);
    await connection.close();
    await server.close();
    assert.equal(ReversingCodec.open, 0);
  });
});
