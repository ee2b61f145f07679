import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { EventEmitter } from 'node:events';
import { connect, prepare } from '../../lib/index.js';
import type { Connection, Server } from '../../lib/index.js';
import { cluster, clusterPrimary, ioredis, nats, redis, relay, threads } from '../../lib/topics/index.js';
import type { NatsConnection, Relay, RelayTransport, RelayTransportEvents } from '../../lib/topics/index.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere, portOf } from '../support/open.js';
import { CLIENTS, Engine } from './engines.js';
import type { ClientName, Joined } from './engines.js';

const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** A server with a relay and one client that subscribes to topics. */
class Node {
  readonly messages: (string | Uint8Array)[] = [];

  private constructor(
    readonly server: Server,
    readonly relay: Relay,
    readonly client: Connection,
    readonly connection: Connection,
    private readonly joined: Joined | null,
  ) {
    client.on('message', (message) =>
      this.messages.push(typeof message === 'string' ? message : new Uint8Array(message)),
    );
  }

  static async open(transport: RelayTransport, joined: Joined | null = null): Promise<Node> {
    const server = await listenHere();
    const joint = relay(server, transport);
    await joint.ready;
    const arrival = once(server, 'connection') as Promise<[Connection]>;
    const client = await connect(`ws://127.0.0.1:${portOf(server)}/`);
    const [connection] = await arrival;
    return new Node(server, joint, client, connection, joined);
  }

  async subscribe(topic: string): Promise<void> {
    this.connection.subscribe(topic);
    while (!this.relay.topics.includes(topic)) await tick();
  }

  async got(count: number): Promise<(string | Uint8Array)[]> {
    while (this.messages.length < count) await tick();
    return this.messages.splice(0);
  }

  async end(): Promise<void> {
    this.client.terminate();
    await this.server.close();
    await this.relay.close();
    await this.joined?.end();
  }
}

describe('relays', () => {
  leavesNothing();

  for (const name of Object.keys(CLIENTS) as ClientName[]) {
    const { program, join } = CLIENTS[name];

    describe(`over ${name}`, function () {
      this.timeout(60_000);
      const engine = new Engine(program);
      before(async function () {
        if (!Engine.isInstalled(program)) this.skip();
        await engine.start();
      });
      after(() => engine.end());

      const openTwo = async (): Promise<[Node, Node]> => {
        const one = await join(engine.port);
        const two = await join(engine.port);
        return [await Node.open(one.transport, one), await Node.open(two.transport, two)];
      };

      it('join the topics of servers: text, bytes, broadcasts, any name', async () => {
        const [one, two] = await openTwo();
        const bytes = Uint8Array.from({ length: 300 }, (_, index) => index);
        const topics = ['room', 'a b.c*>', 'ä€𐍈', 't:b', '\r\n\0', 'x'.repeat(256), '€'.repeat(256)];
        for (const topic of topics) await two.subscribe(topic);
        for (const topic of topics) assert.equal(one.server.publish(topic, `to ${topic}`), 0);
        assert.deepEqual((await two.got(topics.length)).sort(), topics.map((topic) => `to ${topic}`).sort());
        one.server.publish('room', bytes);
        one.server.publish('room', '');
        one.server.publish('room', prepare('prepared', { compress: false }));
        assert.deepEqual(await two.got(3), [bytes, '', 'prepared']);
        assert.equal(one.server.broadcast('all'), 1);
        assert.deepEqual(await two.got(1), ['all']);
        assert.deepEqual(await one.got(1), ['all']);
        const { sent, unsent } = one.relay.counters;
        assert.deepEqual([sent, unsent], [topics.length + 4, 0]);
        assert.deepEqual(two.relay.counters, {
          ...{ sent: 0, unsent: 0, received: topics.length + 4 },
          ...{ lost: 0, again: 0, malformed: 0, newer: 0 },
        });
        await one.end();
        await two.end();
      });

      it('give no message back to its server, and keep the order of each topic', async () => {
        const [one, two] = await openTwo();
        await one.subscribe('room');
        await two.subscribe('room');
        for (let index = 0; index < 200; index++) one.server.publish('room', `${index}`);
        const expected = Array.from({ length: 200 }, (_, index) => `${index}`);
        assert.deepEqual(await two.got(200), expected);
        two.server.publish('room', 'back');
        assert.deepEqual(await one.got(201), [...expected, 'back']);
        assert.equal(one.relay.counters.received, 1);
        await one.end();
        await two.end();
      });

      it('pass a subscription on only while somebody has it', async () => {
        const [one, two] = await openTwo();
        await two.subscribe('room');
        two.connection.unsubscribe('room');
        two.connection.subscribe('room');
        two.connection.unsubscribe('room');
        while (two.relay.topics.length !== 0) await tick();
        one.server.publish('room', 'nobody hears this');
        one.server.broadcast('but this');
        assert.deepEqual(await two.got(1), ['but this']);
        assert.equal(two.relay.counters.received, 1);
        await two.subscribe('room');
        one.server.publish('room', 'again');
        assert.deepEqual(await two.got(1), ['again']);
        assert.equal(two.relay.counters.lost, 0, 'what was sent while nobody subscribed is not lost');
        await one.end();
        await two.end();
      });

      it('tell that the engine is away, go on here, and say what is lost', async () => {
        const [one, two] = await openTwo();
        await one.subscribe('room');
        await two.subscribe('room');
        one.server.publish('room', 'before');
        await two.got(1);
        const losses: unknown[] = [];
        two.relay.on('lost', (info) => losses.push(info));
        const down = [once(one.relay, 'down'), once(two.relay, 'down')];
        await engine.kill();
        await Promise.all(down);
        assert.equal(one.relay.isUp, false);
        for (let index = 0; index < 3; index++) assert.equal(one.server.publish('room', 'meanwhile'), 1);
        assert.deepEqual(await one.got(4), ['before', 'meanwhile', 'meanwhile', 'meanwhile']);
        two.connection.subscribe('new');
        const up = [once(one.relay, 'up'), once(two.relay, 'up')];
        await engine.start();
        await Promise.all(up);
        assert.ok(two.relay.topics.includes('new'));
        one.server.publish('room', 'after');
        one.server.publish('new', 'to the new topic');
        assert.deepEqual(await two.got(2), ['after', 'to the new topic']);
        assert.deepEqual(losses, [{ topic: 'room', count: 3 }]);
        assert.equal(one.relay.counters.unsent, 3);
        assert.equal(two.relay.counters.lost, 3);
        await one.end();
        await two.end();
      });
    });
  }

  describe('over an engine of the program', () => {
    /** A transport in this process. Whatever is written into it comes to all. */
    class Wire {
      readonly all = new Set<RelayTransportEvents>();
      readonly subscribed: string[] = [];
      sent: [string, Uint8Array][] = [];

      transport(): RelayTransport {
        return {
          open: (events) => {
            this.all.add(events);
            events.up();
          },
          subscribe: (channel) => this.subscribed.push(channel),
          unsubscribe: (channel) => this.subscribed.splice(this.subscribed.indexOf(channel), 1),
          publish: (channel, bytes) => {
            this.sent.push([channel, bytes]);
            for (const events of this.all) events.message(channel, bytes);
          },
          close: () => this.all.clear(),
        };
      }

      write(channel: string, bytes: unknown): void {
        for (const events of this.all) events.message(channel, bytes as Uint8Array);
      }
    }

    it('count messages that are malformed or of a later version, and drop them', async () => {
      const wire = new Wire();
      const node = await Node.open(wire.transport());
      await node.subscribe('a');
      node.server.publish('a', 'text');
      assert.equal(node.relay.counters.received, 0, 'it is an own one');
      const [[, good]] = wire.sent as [[string, Uint8Array]];
      const changed = (at: number, value: number): Uint8Array => {
        const copy = new Uint8Array(good);
        copy[at] = value;
        return copy;
      };
      const malformed = [
        new Uint8Array(0),
        Buffer.from('WS'),
        Buffer.from('hello'),
        good.subarray(0, 27),
        changed(0, 0),
        changed(2, 0),
        changed(3, 4),
        changed(20, 255),
        changed(28, 0xff),
        'text',
        null,
        undefined,
      ];
      const zero = new Uint8Array(good);
      zero.fill(0, 20, 28);
      for (const bytes of [...malformed, zero]) wire.write('t:a', bytes);
      assert.equal(node.relay.counters.malformed, malformed.length + 1);
      wire.write('t:a', changed(2, 2));
      wire.write('t:a', Buffer.from([0x57, 0x53, 9]));
      assert.equal(node.relay.counters.newer, 2);
      wire.write('t:unknown', changed(4, good[4]! ^ 1));
      assert.equal(node.relay.counters.received, 0);
      wire.write('t:a', changed(4, good[4]! ^ 1));
      assert.deepEqual(await node.got(2), ['text', 'text']);
      await node.end();
    });

    it('see what is missing and what comes twice', async () => {
      const wire = new Wire();
      const node = await Node.open(wire.transport());
      await node.subscribe('a');
      for (let number = 1; number <= 9; number++) node.server.publish('a', `${number}`);
      await node.got(9);
      const others = wire.sent.map(([, bytes]) => {
        const copy = new Uint8Array(bytes);
        copy[4]! ^= 1;
        return copy;
      });
      for (const number of [3, 4, 4, 3, 7, 8]) wire.write('t:a', others[number - 1]);
      assert.deepEqual(await node.got(4), ['3', '4', '7', '8']);
      const { received, lost, again } = node.relay.counters;
      assert.deepEqual({ received, lost, again }, { received: 4, lost: 2, again: 2 });
      // The sender has forgotten the channel.
      wire.write('t:a', others[0]);
      wire.write('t:a', others[1]);
      assert.deepEqual(await node.got(2), ['1', '2']);
      assert.equal(node.relay.counters.lost, 2);
      await node.end();
    });

    it('count a message that the engine refuses, and go on', async () => {
      const wire = new Wire();
      let refusal: (() => unknown) | null = null;
      const transport = wire.transport();
      const node = await Node.open({
        ...transport,
        publish: (channel, bytes) => (refusal === null ? transport.publish(channel, bytes) : refusal()),
      });
      const failures: string[] = [];
      node.relay.on('failed', ({ message }) => failures.push(message));
      refusal = () => {
        throw new Error('too long');
      };
      assert.equal(node.server.broadcast('one'), 1);
      refusal = () => Promise.reject(new Error('too late'));
      assert.equal(node.server.broadcast('two'), 1);
      refusal = null;
      node.server.broadcast('three');
      assert.deepEqual(await node.got(3), ['one', 'two', 'three']);
      assert.deepEqual(failures, ['too long', 'too late']);
      const { sent, unsent } = node.relay.counters;
      assert.deepEqual({ sent, unsent }, { sent: 1, unsent: 2 });
      await node.end();
    });

    it('subscribe again when a subscription has failed, as soon as the engine is up again', async () => {
      const wire = new Wire();
      const transport = wire.transport();
      let fails = true;
      const server = await listenHere();
      const joint = relay(server, {
        ...transport,
        subscribe: (channel) => (fails ? Promise.reject(new Error('away')) : transport.subscribe(channel)),
      });
      const failures: string[] = [];
      joint.on('failed', ({ message }) => failures.push(message));
      await joint.ready;
      assert.deepEqual(failures, ['away']);
      fails = false;
      const up = once(joint, 'up');
      for (const events of wire.all) events.down();
      for (const events of wire.all) events.up();
      await up;
      assert.deepEqual(wire.subscribed, ['b']);
      await server.close();
      await joint.close();
    });

    it('reject ready where the engine cannot be opened, and leave the server alone', async () => {
      const server = await listenHere();
      const joint = relay(server, {
        ...new Wire().transport(),
        open: () => Promise.reject(new Error('no engine')),
      });
      const told: string[] = [];
      joint.on('failed', ({ message }) => told.push(message));
      joint.on('close', () => told.push('close'));
      await assert.rejects(joint.ready, /no engine/);
      assert.deepEqual(told.slice(0, 1), ['no engine']);
      const another = relay(server, new Wire().transport());
      await another.ready;
      await server.close();
    });

    it('tell listeners why the engine cannot be opened, when open throws', async () => {
      const server = await listenHere();
      const joint = relay(server, {
        ...new Wire().transport(),
        open: () => {
          throw new Error('no engine');
        },
      });
      const told: string[] = [];
      joint.on('failed', ({ message }) => told.push(message));
      await once(joint, 'close');
      assert.deepEqual(told, ['no engine']);
      await server.close();
    });

    it('tell listeners why the engine is away at the start, once', async () => {
      const server = await listenHere();
      let events!: RelayTransportEvents;
      const joint = relay(server, {
        ...new Wire().transport(),
        open: (given) => {
          events = given;
          events.down();
          events.down(new Error('no engine'));
          events.down(new Error('still no engine'));
        },
      });
      const told: unknown[] = [];
      joint.on('up', () => told.push('up'));
      joint.on('down', (error) => told.push(error?.message));
      await once(joint, 'down');
      events.up();
      await joint.ready;
      events.down();
      assert.deepEqual(told, ['no engine', 'up', undefined]);
      await server.close();
    });

    for (const who of ['server', 'relay'] as const)
      it(`reject ready when the ${who} closes before the engine came`, async () => {
        const server = await listenHere();
        const transport = { ...new Wire().transport(), open: () => new Promise<void>(() => undefined) };
        const joint = relay(server, transport);
        if (who === 'server') await server.close();
        else await joint.close();
        await assert.rejects(joint.ready, /closed before the engine was there/);
        await server.close();
      });

    it('refuse a closed server, and leave the transport alone', async () => {
      const server = await listenHere();
      await server.close();
      const wire = new Wire();
      assert.throws(() => relay(server, wire.transport()), {
        name: 'TypeError',
        message: /server is closed/,
      });
      assert.equal(wire.all.size, 0);
    });

    it('tell of a NATS connection whose statuses fail, and keep messages here', async () => {
      const server = await listenHere();
      const failure = new Error('no more statuses');
      let fail = (): void => undefined;
      const statuses = {
        async *[Symbol.asyncIterator]() {
          yield { type: 'reconnect' };
          await new Promise<void>((resolve) => (fail = resolve));
          throw failure;
        },
      };
      const connection: NatsConnection = {
        isClosed: () => false,
        status: () => statuses,
        publish: () => undefined,
        subscribe: () => ({ unsubscribe: () => undefined }),
        flush: () => Promise.resolve(),
      };
      const joint = relay(server, nats(connection));
      await joint.ready;
      const down = once(joint, 'down');
      await new Promise((resolve) => setImmediate(resolve));
      fail();
      assert.deepEqual(await down, [failure]);
      server.publish('news', 'kept here');
      assert.equal(joint.counters.unsent, 1);
      await joint.close();
      await server.close();
    });

    it('refuse options that do not exist', async () => {
      const server = await listenHere();
      const client = { duplicate: () => client, isReady: true, status: 'ready' } as never;
      const connection = { status: () => [], publish: () => undefined } as never;
      assert.throws(
        () => redis(client, { prefx: '' } as never),
        /redis has no option prefx: did you mean prefix/,
      );
      assert.throws(() => ioredis(client, { Prefix: '' } as never), /ioredis has no option Prefix: did you/);
      assert.throws(() => nats(connection, { prefix: '', x: 1 } as never), /nats has no option x/);
      assert.throws(
        () => threads({ prefx: '' } as never),
        /threads has no option prefx: did you mean prefix/,
      );
      for (const make of [redis, ioredis, nats] as ((...all: unknown[]) => unknown)[])
        assert.throws(
          () => make(make === nats ? connection : client, 'my:'),
          /options of \w+ must be an object/,
        );
      assert.throws(() => threads(null as never), TypeError);
      assert.throws(() => threads({ prefix: 5 } as never), /prefix must be a string/);
      const free = relay as (...all: unknown[]) => unknown;
      const transport = new Wire().transport();
      assert.throws(() => free(server, transport, { x: 1 }), /relay has no option x/);
      for (const make of [cluster, clusterPrimary] as ((...all: unknown[]) => unknown)[])
        assert.throws(() => make({ prefix: '' }), /has no option prefix/);
      const joint = relay(server, transport);
      await joint.ready;
      await server.close();
    });

    it('warn of listeners for events that a relay has not', async () => {
      const server = await listenHere();
      const joint = relay(server, new Wire().transport());
      const warnings = once(process, 'warning') as Promise<[Error & { code: string }]>;
      // `once` listens to 'error' as well, which is no mistake of the program.
      (joint as EventEmitter).on('error', () => undefined).on('disconnect', () => undefined);
      const [{ code, message }] = await warnings;
      assert.equal(code, 'WSPC_UNKNOWN_EVENT');
      assert.match(message, /a Relay has no event 'disconnect': the event is 'down'/);
      await server.close();
    });

    it('refuse what is no server, no transport, or a second relay', async () => {
      const server = await listenHere();
      const transport = new Wire().transport();
      assert.throws(() => relay({} as never, transport), /needs a server of this package/);
      assert.throws(() => relay(server, {} as never), /it has no open/);
      assert.throws(() => relay(server, null as never), /needs a transport/);
      const joint = relay(server, transport);
      assert.throws(() => relay(server, transport), /has a relay already/);
      await joint.close();
      await joint.close();
      await relay(server, transport).ready;
      await server.close();
    });
  });
});
