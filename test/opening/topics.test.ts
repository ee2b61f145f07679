import assert from 'node:assert/strict';
import { on, once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocket as WsWebSocket } from 'ws';
import { accept, attach, connect, connectHttp2, listenHttp2, prepare } from '../../lib/index.js';
import { component } from '../../lib/component/index.js';
import type {
  Connection,
  Extension,
  ListenOptions,
  MessageCodec,
  Server,
  SlowSubscriber,
} from '../../lib/index.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere, portOf } from '../support/open.js';
import { rawClient } from '../support/raw-peer.js';
import { WAYS } from '../support/ways.js';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const urlOf = (server: Server): string => `ws://127.0.0.1:${portOf(server)}/`;

/** A server with clients, each subscribed to its topics. */
async function opened(
  topics: readonly (readonly string[])[],
  options: ListenOptions = {},
): Promise<{ server: Server; clients: Connection[]; connections: Connection[]; end: () => Promise<void> }> {
  const server = await listenHere(options);
  const clients: Connection[] = [];
  const connections: Connection[] = [];
  for (const own of topics) {
    const arrival = once(server, 'connection') as Promise<[Connection]>;
    clients.push(await connect(urlOf(server)));
    const [connection] = await arrival;
    for (const topic of own) connection.subscribe(topic);
    connections.push(connection);
  }
  return {
    server,
    clients,
    connections,
    async end() {
      for (const client of clients) client.terminate();
      await server.close();
    },
  };
}

/** The next messages of a client. */
async function take(client: Connection, count: number): Promise<unknown[]> {
  const messages = client.messages();
  const all: unknown[] = [];
  for (let index = 0; index < count; index++) all.push((await messages.next()).value);
  return all;
}

describe('topics', () => {
  leavesNothing();

  for (const { name, component, driver } of WAYS) {
    it(`reach their subscribers, in order with all other sends: ${name}`, async () => {
      const { server, clients, connections, end } = await opened([['a'], ['a', 'b'], [], ['b']], {
        component,
        driver,
      });
      assert.equal(server.publish('a', 'one'), 2);
      void connections[1]!.send('two');
      assert.equal(server.publish('b', Buffer.from('three')), 2);
      assert.equal(server.broadcast('four'), 4);
      assert.equal(server.publish('nobody', 'five'), 0);
      assert.equal(server.publish('a', prepare('six'), { except: connections[0] }), 1);
      assert.equal(server.broadcast('seven', { except: new Set([connections[1]!, connections[2]!]) }), 2);
      const three = new Uint8Array(Buffer.from('three'));
      const [first, second, third, fourth] = await Promise.all([
        take(clients[0]!, 3),
        take(clients[1]!, 5),
        take(clients[2]!, 1),
        take(clients[3]!, 3),
      ]);
      assert.deepEqual(first, ['one', 'four', 'seven']);
      assert.deepEqual(
        second.map((each) => (typeof each === 'string' ? each : new Uint8Array(each as Buffer))),
        ['one', 'two', three, 'four', 'six'],
      );
      assert.deepEqual(third, ['four']);
      assert.deepEqual(fourth.slice(1), ['four', 'seven']);
      await end();
    });
  }

  it('have members, who can leave, and are forgotten with the last one', async () => {
    const { server, connections, clients, end } = await opened([['a', 'b'], ['a']]);
    const [first, second] = connections as [Connection, Connection];
    assert.deepEqual([...first.topics], ['a', 'b']);
    assert.equal(first.subscribe('a'), false);
    assert.equal(first.subscribe('c'), true);
    assert.equal(first.unsubscribe('c'), true);
    assert.equal(first.unsubscribe('c'), false);
    assert.equal(server.count('a'), 2);
    assert.equal(server.count('c'), 0);
    (first.topics as Set<string>).clear();
    assert.equal(first.topics.size, 2, 'the list is a copy');
    clients[0]!.terminate();
    const counts: number[] = [];
    first.on('close', () => counts.push(server.count('a'), server.publish('a', 'somebody left')));
    await first.closed;
    assert.deepEqual(counts, [1, 1]);
    assert.equal(first.topics.size, 0);
    assert.equal(server.count('b'), 0);
    assert.equal(first.subscribe('a'), false);
    assert.equal(server.count('a'), 1);
    assert.equal(first.unsubscribe('a'), false);
    second.terminate();
    await second.closed;
    assert.deepEqual(server._publisher.topics.names(), []);
    await end();
    assert.equal(server.publish('a', 'too late'), 0);
  });

  it('give no message to a connection that is closing', async () => {
    const { server, connections, end } = await opened([['a'], ['a']]);
    void connections[0]!.close();
    assert.equal(server.publish('a', 'text'), 1);
    assert.equal(connections[0]!.subscribe('b'), false);
    assert.equal(server.count('b'), 0);
    await end();
  });

  it('refuse bad input with a clear error', async () => {
    const { server, connections, clients, end } = await opened([['a']]);
    const [connection] = connections as [Connection];
    const longest = 'ä'.repeat(256);
    assert.equal(connection.subscribe(longest), true);
    assert.equal(server.publish(longest, ''), 1);
    for (const use of [
      (topic: string) => connection.subscribe(topic),
      (topic: string) => connection.unsubscribe(topic),
      (topic: string) => server.publish(topic, ''),
      (topic: string) => server.count(topic),
    ]) {
      assert.throws(() => use(5 as never), {
        name: 'TypeError',
        message: 'a topic must be a string, not number',
      });
      assert.throws(() => use(''), { name: 'RangeError', message: /1 to 256 UTF-16 units, not 0/ });
      assert.throws(() => use('a'.repeat(257)), { name: 'RangeError' });
      assert.throws(() => use('\ud800'), { name: 'TypeError', message: /half of a surrogate pair/ });
    }
    for (const data of [undefined, null, 5, {}, [], new Blob([])]) {
      assert.throws(() => server.publish('nobody', data as never), {
        name: 'TypeError',
        message: 'data must be a string, bytes or a prepared message',
      });
      assert.throws(() => server.broadcast(data as never), TypeError);
    }
    assert.throws(() => server.publish('a', '', { expect: connection } as never), /did you mean except/);
    for (const except of [5, {}, 'text', [5], null])
      assert.throws(() => server.publish('a', '', { except: except as never }), /except must be/);
    assert.throws(() => clients[0]!.subscribe('a'), /only a connection of a server has topics/);
    assert.throws(() => clients[0]!.unsubscribe('a'), /only a connection of a server has topics/);
    assert.equal(clients[0]!.topics.size, 0);
    await assert.rejects(listenHere({ slowSubscribers: 'lose' as never }), /'wait', 'drop' or 'close'/);
    await assert.rejects(listenHere({ slowSubscriberBytes: 0 }), RangeError);
    await assert.rejects(
      listenHere({ closeOnBackpressureLimit: true } as never),
      /use slowSubscribers: 'close'/,
    );
    await end();
  });

  it('belong to a server: a connection of accept has none', async () => {
    const httpServer = createServer();
    const result = new Promise<unknown>((resolve) => {
      httpServer.on('upgrade', (request, socket, head) => {
        void accept(request, socket, head).then((connection) => {
          try {
            connection.subscribe('a');
          } catch (error) {
            resolve(error);
          }
          connection.terminate();
        });
      });
    });
    await new Promise<void>((resolve) => httpServer.listen(0, '127.0.0.1', resolve));
    const client = await connect(`ws://127.0.0.1:${(httpServer.address() as { port: number }).port}/`);
    assert.match(String(await result), /TypeError: only a connection of a server has topics/);
    await client.closed;
    httpServer.close();
  });

  it('are separate for each endpoint, and work with attach and over HTTP/2', async () => {
    const httpServer = createServer();
    const one = attach(httpServer, { path: '/one' });
    const two = attach(httpServer, { path: '/two' });
    const http2 = await listenHttp2({ host: '127.0.0.1' });
    await new Promise<void>((resolve) => httpServer.listen(0, '127.0.0.1', resolve));
    const base = `ws://127.0.0.1:${portOf(one)}`;
    for (const server of [one, two, http2]) server.on('connection', (each) => each.subscribe('news'));
    const clients = [
      await connect(`${base}/one`),
      await connect(`${base}/two`),
      await connectHttp2(urlOf(http2)),
    ];
    while (one.count('news') + two.count('news') + http2.count('news') !== 3) await tick();
    for (const [index, server] of [one, two, http2].entries()) server.publish('news', `from ${index}`);
    for (const [index, client] of clients.entries())
      assert.deepEqual(await take(client, 1), [`from ${index}`]);
    for (const client of clients) client.terminate();
    await Promise.all([one, two, http2].map((server) => server.close()));
    httpServer.close();
  });

  it('leave in one write for each connection, whatever is published in a tick', async () => {
    const server = await listenHere();
    const peer = await rawClient(portOf(server));
    const [connection] = server.connections as [Connection];
    connection.subscribe('a');
    const { socket } = connection;
    let writes = 0;
    const handle = (socket as unknown as { _handle: Record<string, (...all: unknown[]) => unknown> })._handle;
    for (const name of ['writeBuffer', 'writev']) {
      const own = handle[name]!;
      handle[name] = function (...all) {
        writes++;
        return own.apply(this, all);
      };
    }
    for (let index = 0; index < 50; index++) server.publish('a', `message ${index}`);
    await peer.until((frames) => frames.length === 50);
    assert.equal(writes, 1);
    assert.deepEqual(
      peer.frames.map(({ payload }) => payload.toString()),
      Array.from({ length: 50 }, (_, index) => `message ${index}`),
    );
    peer.socket.destroy();
    await server.close();
  });

  it('are in one order for all, even when a codec publishes while a message is delivered', async () => {
    let publish: (() => void) | null = null;
    const server = await listenHere({
      backend: 'portable',
      extensions: [
        {
          name: 'x-plain',
          offers: () => ['x-plain'],
          conclude: () => {
            throw new Error('only for servers');
          },
          accept: () => ({
            answer: 'x-plain',
            codec: () => ({
              encodes: () => {
                const call = publish;
                publish = null;
                call?.();
                return false;
              },
              encode: () => assert.fail(),
              decode: () => assert.fail(),
              stopDecoding() {},
              close() {},
            }),
          }),
        },
      ],
    });
    const peers = [
      await rawClient(portOf(server), { extensions: 'x-plain' }),
      await rawClient(portOf(server)),
    ];
    for (const connection of server.connections) connection.subscribe('a');
    publish = () => server.publish('a', 'inner');
    server.publish('a', 'outer');
    for (const peer of peers) {
      await peer.until((frames) => frames.length === 2);
      assert.deepEqual(
        peer.frames.map(({ payload }) => payload.toString()),
        ['outer', 'inner'],
      );
      peer.socket.destroy();
    }
    await server.close();
  });

  it('wait for a message in parts, and count the waiting bytes', async () => {
    const { server, clients, connections, end } = await opened([['a']], { maxBufferedBytes: 1000 });
    let release!: () => void;
    const released = new Promise<void>((resolve) => (release = resolve));
    async function* parts(): AsyncGenerator<string> {
      yield 'in ';
      await released;
      yield 'parts';
    }
    void connections[0]!.send(parts());
    assert.equal(server.publish('a', 'after it'), 1);
    release();
    assert.deepEqual(await take(clients[0]!, 2), ['in parts', 'after it']);
    async function* endless(): AsyncGenerator<string> {
      yield 'endless';
      await connections[0]!.closed;
    }
    connections[0]!.send(endless()).catch(() => undefined);
    for (let index = 0; index < 10; index++) server.publish('a', 'x'.repeat(200));
    const info = await connections[0]!.closed;
    assert.equal(info.error!.code, 'ERR_TOO_MUCH_BUFFERED');
    await end();
  });

  it('reach all other subscribers if one fails', async () => {
    const { server, clients, connections, end } = await opened([['a'], ['a'], ['a']]);
    Object.defineProperty(connections[1]!.socket, 'writableLength', {
      get() {
        throw new Error('no transport');
      },
    });
    const errors: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => errors.push(error));
    assert.equal(server.publish('a', 'text'), 2);
    assert.deepEqual(await take(clients[0]!, 1), ['text']);
    assert.deepEqual(await take(clients[2]!, 1), ['text']);
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
    assert.match(String(errors), /no transport/);
    connections[1]!.terminate();
    await end();
  });

  describe('with slow subscribers', () => {
    /** A server with one client that does not read, and one that does. */
    async function halfSlow(options: ListenOptions): Promise<{
      server: Server;
      slow: Awaited<ReturnType<typeof rawClient>>;
      slowConnection: Connection;
      fast: WsWebSocket;
      received: () => number;
      end: () => Promise<void>;
    }> {
      const server = await listenHere({ ...options, slowSubscriberBytes: 100_000 });
      const slow = await rawClient(portOf(server));
      const [slowConnection] = server.connections as [Connection];
      slow.socket.pause();
      const fast = new WsWebSocket(urlOf(server));
      let received = 0;
      fast.on('message', () => received++);
      await once(fast, 'open');
      for (const connection of server.connections) connection.subscribe('a');
      return {
        server,
        slow,
        slowConnection,
        fast,
        received: () => received,
        async end() {
          slow.socket.destroy();
          fast.terminate();
          await server.close();
        },
      };
    }

    const MESSAGE = prepare(Buffer.alloc(10_000));

    for (const [name, message] of [
      ['long', MESSAGE],
      ['short', prepare(Buffer.alloc(100))],
    ] as const) {
      it(`drops ${name} messages for them, reports it, and goes on when they have caught up`, async () => {
        const { server, slow, slowConnection, received, end } = await halfSlow({ slowSubscribers: 'drop' });
        const events: unknown[] = [];
        server.on('slow', (connection: Connection, info: SlowSubscriber) => {
          assert.equal(connection, slowConnection);
          assert.ok(info.waiting > 100_000);
          events.push(info.policy);
        });
        server.on('caughtUp', (connection, { dropped }) => {
          assert.equal(connection, slowConnection);
          events.push(dropped);
        });
        let sent = 0;
        let delivered = 0;
        for (let more = 20; more > 0;) {
          if (events.length !== 0) more--;
          const count = server.publish('a', message);
          sent++;
          delivered += count;
          assert.ok(slowConnection.bufferedAmount < 300_000);
          await tick();
        }
        assert.deepEqual(events, ['drop']);
        while (received() < sent) await tick();
        const missed = sent * 2 - delivered;
        assert.ok(missed >= 20, `${missed} were missed`);
        slow.socket.resume();
        while (slowConnection.bufferedAmount !== 0) await tick();
        assert.equal(server.publish('a', 'the end'), 2);
        assert.deepEqual(events, ['drop', missed]);
        await slow.until((frames) => frames.at(-1)?.payload.toString() === 'the end');
        assert.equal(slow.frames.length, sent + 1 - missed);
        await end();
      });
    }

    it('closes them with 1008', async () => {
      const { server, slowConnection, received, end } = await halfSlow({ slowSubscribers: 'close' });
      const events = on(server, 'slow');
      let sent = 0;
      while (slowConnection.state === 'open') {
        server.publish('a', MESSAGE);
        sent++;
        await tick();
      }
      const [connection, { policy }] = (await events.next()).value as [Connection, SlowSubscriber];
      assert.equal(connection, slowConnection);
      assert.equal(policy, 'close');
      for (let index = 0; index < 10; index++) assert.equal(server.publish('a', MESSAGE), 1);
      while (received() < sent + 10) await tick();
      slowConnection.terminate();
      const { error } = await slowConnection.closed;
      assert.equal(error!.code, 'ERR_TOO_MUCH_BUFFERED');
      assert.equal(error!.closeCode, 1008);
      assert.equal(server.count('a'), 1);
      await end();
    });

    it('lets messages wait for them up to maxBufferedBytes, and reports it', async () => {
      const { server, slowConnection, received, end } = await halfSlow({ maxBufferedBytes: 1_000_000 });
      const policies: string[] = [];
      server.on('slow', (_connection, { policy }) => policies.push(policy));
      let sent = 0;
      while (slowConnection.state === 'open') {
        server.publish('a', MESSAGE);
        sent++;
        assert.ok(slowConnection.bufferedAmount < 1_200_000);
        await tick();
      }
      assert.deepEqual(policies, ['wait']);
      while (received() < sent) await tick();
      slowConnection.terminate();
      assert.equal((await slowConnection.closed).error!.code, 'ERR_TOO_MUCH_BUFFERED');
      await end();
    });

    it('makes no subscriber slow by a burst within one tick', async () => {
      const { server, slowConnection, end } = await halfSlow({ slowSubscribers: 'drop' });
      server.on('slow', () => assert.fail('somebody is slow'));
      for (let index = 0; index < 100; index++) assert.equal(server.publish('a', MESSAGE), 2);
      assert.equal(slowConnection.bufferedAmount, 100 * 10_004);
      await end();
    });

    it('reports a listener that throws like that of any event, and goes on', async () => {
      const { server, slowConnection, received, end } = await halfSlow({ slowSubscribers: 'drop' });
      server.on('slow', () => {
        throw new Error('a listener that throws');
      });
      const errors: unknown[] = [];
      const listeners = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.on('uncaughtException', (error) => errors.push(error));
      let sent = 0;
      while (errors.length === 0) {
        server.publish('a', MESSAGE);
        sent++;
        await tick();
      }
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
      while (received() < sent) await tick();
      assert.equal(slowConnection.state, 'open');
      await end();
    });
  });

  if (component.backend !== 'native')
    it('come in order when a codec publishes many messages during a delivery', async () => {
      let encoded = 0;
      const extension: Extension = {
        name: 'x-plain',
        offers: () => ['x-plain'],
        conclude: () => () => codec,
        accept: () => ({ answer: 'x-plain', codec: () => codec }),
      };
      // More than a stack has room for, if each delivery began inside of the one before.
      const count = 20_000;
      const codec: MessageCodec = {
        encodes() {
          if (encoded++ === 0)
            for (let index = 0; index < count; index++) assert.equal(server.publish('a', String(index)), 1);
          return false;
        },
        encode: (part, _last, done) => done(null, part),
        decode: (part, _last, piece, done) => {
          piece(part);
          done(null);
        },
        stopDecoding: () => undefined,
        close: () => undefined,
      };
      const server = await listenHere({ extensions: [extension] }, (connection) => {
        connection.subscribe('a');
        assert.equal(server.publish('a', 'first'), 1);
      });
      const client = await connect(urlOf(server), { extensions: [extension] });
      const messages = client.messages();
      assert.equal((await messages.next()).value, 'first');
      for (let index = 0; index < count; index++) assert.equal((await messages.next()).value, String(index));
      await client.close();
      await server.close();
    });

  it('cost an idle connection nothing', async () => {
    const { connections, server, end } = await opened([[]]);
    assert.equal(server._publisher.topics.topicsOf(connections[0]!), undefined);
    assert.equal(connections[0]!._rare, null);
    await end();
  });
});
