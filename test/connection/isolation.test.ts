import assert from 'node:assert/strict';
import net from 'node:net';
import { once } from 'node:events';
import { mock } from 'node:test';
import vm from 'node:vm';
import { BufferType, portable } from '../../lib/component/index.js';
import { connect } from '../../lib/opening/index.js';
import { WebSocket as Web } from '../../lib/web/index.js';
import { WebSocket as DropIn } from '../../lib/ws/index.js';
import { openSession } from '../../lib/session/index.js';
import type { Connection, Extension, MessageCodec } from '../../lib/connection/index.js';
import { leavesNothing } from '../support/leaks.js';
import { openPair } from '../support/open-pair.js';
import { listenHere, openEnds, portOf } from '../support/open.js';
import type { Server } from '../../lib/opening/index.js';

async function echo(connection: Connection): Promise<void> {
  for await (const message of connection) await connection.send(message);
}

async function answer(connection: Connection, text: string): Promise<void> {
  void connection.send(text);
  assert.equal((await connection.messages().next()).value, text);
}

function broken(): never {
  throw new Error('codec broke');
}

describe('isolation', () => {
  leavesNothing();
  let server: Server;
  let url: string;
  beforeEach(async () => {
    server = await listenHere({}, (connection) => void echo(connection).catch(() => undefined));
    url = `ws://127.0.0.1:${portOf(server)}/`;
  });
  afterEach(() => server.close());

  it('a ping is answered while a fake clock stands at 0, and the clock may be put back meanwhile', async () => {
    const connection = await connect(url);
    const { now } = performance;
    try {
      performance.now = () => 0;
      assert.equal(await connection.ping(), 0);
      performance.now = now;
      const answered = connection.ping();
      performance.now = () => 0;
      assert.equal(await answered, 0);
    } finally {
      performance.now = now;
    }
    await connection.close();
  });

  it('a transport whose isPaused throws fails its own connection, and no call of the program', async () => {
    let transport!: net.Socket;
    const createConnection = (): net.Socket => (transport = net.connect(portOf(server), '127.0.0.1'));
    const bad = await connect(url, { createConnection });
    transport.isPaused = () => {
      throw new Error('transport broke');
    };
    assert.equal((await bad.close()).error?.code, 'ERR_CONNECTION_LOST');
  });

  for (const broken of ['write', 'cork', 'end', 'pause', 'resume', 'destroy'] as const) {
    it(`a transport whose ${broken} throws fails its own connection, and no other`, async () => {
      let transport!: net.Socket;
      const createConnection = (): net.Socket => (transport = net.connect(portOf(server), '127.0.0.1'));
      const bad = await connect(url, { createConnection });
      const good = await connect(url);
      const original = transport[broken].bind(transport) as () => unknown;
      transport[broken] = () => {
        throw new Error('transport broke');
      };
      void bad.send('lost');
      // Larger than a chunk: its header is a chunk of its own, so the transport is corked.
      void bad.send(Buffer.alloc(100_000));
      const answered = answer(good, 'kept');
      if (broken === 'pause') bad.pause();
      if (broken === 'resume') bad.resume();
      if (broken === 'end') void bad.close();
      if (broken === 'destroy') bad.terminate();
      const info = await bad.closed;
      if (broken !== 'destroy') assert.equal(info.error?.code, 'ERR_CONNECTION_LOST');
      await answered;
      await answer(good, 'later');
      if (broken === 'destroy') original();
      good.terminate();
      await good.closed;
    });
  }

  const BROKEN_CODECS: Record<string, Partial<MessageCodec>> = {
    'encode never answers': { encode: () => undefined },
    'decode never answers': { decode: () => undefined },
    'encode throws': { encode: broken },
    'decode throws': { decode: broken },
    'encodes throws': { encodes: broken },
    'stopDecoding throws': { stopDecoding: broken },
    'close throws': { close: broken },
  };
  for (const [what, part] of Object.entries(BROKEN_CODECS)) {
    it(`a codec whose ${what} keeps neither its connection nor its server from ending`, async () => {
      const whole: MessageCodec = {
        encodes: () => true,
        encode: (bytes, _, done) => done(null, bytes),
        decode: (bytes, _, piece, done) => {
          piece(bytes);
          done(null);
        },
        stopDecoding: () => undefined,
        close: () => undefined,
      };
      const codec = (): MessageCodec => ({ ...whole, ...part });
      const extension: Extension = {
        name: 'x-broken',
        offers: () => ['x-broken'],
        conclude: () => codec,
        accept: () => ({ answer: 'x-broken', codec }),
      };
      // The operating system's component has no extensions.
      const options = { extensions: [extension], closeTimeout: 50, backend: 'portable' } as const;
      const ends = await openEnds(options, options);
      const good = await connect(url);
      void ends.client.send('one');
      void ends.client.send('two');
      void ends.server.send('three');
      await answer(good, 'kept');
      await ends.client.close();
      await ends.end();
      good.terminate();
      await good.closed;
    });
  }

  it('a tick that fake timers have lost delays no later message', async () => {
    const first = await connect(url);
    const second = await connect(url);
    const { nextTick } = process;
    process.nextTick = () => undefined;
    try {
      void first.send('x');
    } finally {
      process.nextTick = nextTick;
    }
    assert.equal((await first.messages().next()).value, 'x');
    await answer(second, 'y');
    first.terminate();
    second.terminate();
    await Promise.all([first.closed, second.closed]);
  });

  it('a connection makes its closing handshake under fake timers', async () => {
    const modern = await connect(url);
    const web = new Web(url);
    await once(web, 'open');
    const dropIn = new DropIn(url);
    await once(dropIn, 'open');
    // These replace the functions of the module `timers`, too.
    mock.timers.enable();
    try {
      const webClosed = once(web, 'close');
      const dropInClosed = once(dropIn, 'close');
      web.close();
      dropIn.close();
      assert.equal((await modern.close()).wasClean, true);
      assert.equal(((await webClosed) as [{ wasClean: boolean }])[0].wasClean, true);
      assert.deepEqual((await dropInClosed)[0], 1005);
    } finally {
      mock.timers.reset();
    }
  });

  it('a timer that fake timers have lost is made again for the next connection', async () => {
    const keepAlive = { interval: 20, timeout: 2000 };
    const real = globalThis.setInterval;
    globalThis.setInterval = (() => 1) as never;
    let first: Connection;
    try {
      first = await connect(url, { keepAlive });
    } finally {
      globalThis.setInterval = real;
    }
    const second = await connect(url, { keepAlive });
    while (first.counters.roundTrip === undefined) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(first.state, 'open');
    first.terminate();
    second.terminate();
    await Promise.all([first.closed, second.closed]);
  });

  it('memory that somebody has transferred is replaced', () => {
    const [a, b] = [openPair(portable).server, openPair(portable).server].map((handle) =>
      openSession(handle),
    );
    a!.send(BufferType.Utf8Message, Buffer.from('one'));
    const { buffer } = a!.takeOutput()[0]!;
    // The memory is marked, but each Node treats the mark in its own way: 20 copies, 22 and 24 refuse, 22 not always.
    const { transfer } = ArrayBuffer.prototype as { transfer?: (this: ArrayBufferLike) => ArrayBuffer };
    for (const way of [
      () => structuredClone(buffer, { transfer: [buffer as ArrayBuffer] }),
      () => transfer?.call(buffer),
    ])
      try {
        way();
      } catch (error) {
        assert.match((error as Error).message, /Cannot transfer|not detachable/);
      }
    b!.send(BufferType.Utf8Message, Buffer.from('two'));
    assert.equal(Buffer.concat(b!.takeOutput()).toString('latin1'), '\x81\x03two');
  });

  it('close is emitted although a listener of error throws', async () => {
    const client = await connect(url);
    const uncaught = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const thrown = new Promise<Error>((resolve) => process.once('uncaughtException', resolve));
    client.on('error', () => {
      throw new Error('listener');
    });
    const closed = new Promise((resolve) => client.on('close', resolve));
    client.socket.destroy(new Error('cut'));
    await closed;
    assert.equal((await thrown).message, 'listener');
    for (const listener of uncaught) process.on('uncaughtException', listener);
  });

  it('bytes of other realms and of every view are bytes', async () => {
    const { client, server: peer, end } = await openEnds();
    const other = (code: string): unknown => vm.runInNewContext(code);
    for (const [data, expected] of [
      [other('new Uint8Array([1, 2, 3])'), [1, 2, 3]],
      [other('new Uint8Array([4, 5]).buffer'), [4, 5]],
      [other('new DataView(new Uint8Array([6]).buffer)'), [6]],
      [new Uint16Array([0x0707]), [7, 7]],
      [new SharedArrayBuffer(2), [0, 0]],
    ] as const) {
      await client.send(data as Uint8Array);
      assert.deepEqual([...((await peer.messages().next()).value as Uint8Array)], expected);
    }
    const parts = other('(function* () { yield new Uint8Array([1]); yield new Uint8Array([2]); })()');
    await client.send(parts as Iterable<Uint8Array>);
    assert.deepEqual([...((await peer.messages().next()).value as Uint8Array)], [1, 2]);
    void client.close(1000, other('new Uint8Array([104, 105])') as Uint8Array);
    assert.equal((await peer.closed).reason, 'hi');
    await end();
  });

  it('a message without parts keeps the type of its stream', async () => {
    const { client, server: peer, end } = await openEnds();
    const types: string[] = [];
    const echoes = (async () => {
      for await (const stream of peer.messageStreams()) await peer.send(stream);
    })();
    for (const data of [Buffer.alloc(0), '']) {
      void client.send(data);
      types.push(typeof (await client.messages().next()).value);
    }
    assert.deepEqual(types, ['object', 'string']);
    await client.close();
    await echoes;
    await end();
  });
});
