import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import type { Connection, MessageStream, Sendable } from '../../lib/connection/index.js';
import { leavesNothing } from '../support/leaks.js';
import { openEnds, openHalfRaw, SIDES } from '../support/open.js';
import type { Ends } from '../support/open.js';
import { frame } from '../support/raw-peer.js';
import { WAYS } from '../support/ways.js';

const way = WAYS[0]!;

async function take(connection: Connection, count: number): Promise<(string | Uint8Array)[]> {
  const messages: (string | Uint8Array)[] = [];
  for await (const message of connection) {
    messages.push(typeof message === 'string' ? message : Buffer.from(message));
    if (messages.length === count) break;
  }
  return messages;
}

async function collect(stream: MessageStream): Promise<string | Buffer> {
  const parts: (string | Uint8Array)[] = [];
  for await (const part of stream) parts.push(part);
  return stream.type === 'text' ? parts.join('') : Buffer.concat(parts as Uint8Array[]);
}

describe('messages', () => {
  leavesNothing();
  let ends: Ends;
  afterEach(() => ends.end());

  for (const { name, component, driver } of WAYS) {
    describe(name, () => {
      beforeEach(async () => {
        ends = await openEnds({ component, driver }, { component, driver });
      });

      for (const length of [0, 1, 125, 126, 127, 4095, 4096, 8191, 8192, 65535, 65536, 65537, 1_000_000]) {
        it(`of ${length} bytes go both ways, text and binary`, async () => {
          const text = 'ä'.repeat(length >> 1) + 'x'.repeat(length & 1);
          const binary = Buffer.alloc(length, 'abc');
          for (const [from, to] of [
            [ends.client, ends.server],
            [ends.server, ends.client],
          ] as const) {
            void from.send(text);
            void from.send(binary);
            const [gotText, gotBinary] = await take(to, 2);
            assert.ok(gotText === text, 'text');
            assert.ok(binary.equals(gotBinary as Buffer), 'binary');
          }
        });
      }

      it('of all kinds arrive in the order of the calls', async () => {
        const { client, server } = ends;
        const expected: unknown[] = [];
        async function* slowly(): AsyncGenerator<string> {
          yield 'part ';
          await new Promise((resolve) => setImmediate(resolve));
          yield 'by part';
        }
        const all: [Sendable, unknown][] = [
          ['first', 'first'],
          [slowly(), 'part by part'],
          [Buffer.from('bytes'), Buffer.from('bytes')],
          [new Blob(['a blob']), Buffer.from('a blob')],
          [Uint8Array.from([1, 2]).buffer, Buffer.from([1, 2])],
          [[Buffer.from('a'), Buffer.from('b')], Buffer.from('ab')],
          [Readable.from([Buffer.from('stream')]), Buffer.from('stream')],
          [[], ''],
          ['last', 'last'],
        ];
        const sent = all.map(([data, received]) => {
          expected.push(received);
          return client.send(data);
        });
        assert.deepEqual(await take(server, all.length), expected);
        await Promise.all(sent);
        assert.equal(client.counters.messagesSent, all.length);
        assert.equal(server.counters.messagesReceived, all.length);
        assert.equal(server.counters.bytesReceived, client.counters.bytesSent);
      });

      it('can be read as streams of parts', async () => {
        const { client, server } = ends;
        void client.send(['Gr', 'üße ', '\ud83d', '\ude00']);
        void client.send(Buffer.alloc(300_000, 7));
        void client.send('');
        void client.send('skipped'.repeat(10_000));
        void client.send('the last');
        const seen: unknown[] = [];
        for await (const message of server.messageStreams()) {
          if (seen.length === 3) seen.push('(not read)');
          else seen.push(await collect(message));
          if (seen.length === 5) break;
        }
        assert.deepEqual(seen, ['Grüße 😀', Buffer.alloc(300_000, 7), '', '(not read)', 'the last']);
        void client.send('whole again');
        assert.deepEqual(await take(server, 1), ['whole again']);
      });

      it('pass through as streams', async () => {
        const { client, server } = ends;
        void (async () => {
          for await (const message of server.messageStreams()) await server.send(message);
        })();
        const big = Buffer.alloc(2_000_000, 'pass through');
        void client.send('text ä');
        void client.send(big);
        const [text, binary] = await take(client, 2);
        assert.equal(text, 'text ä');
        assert.ok(big.equals(binary as Buffer));
        await client.close();
        await server.closed;
      });

      it('measure the way to the peer and back', async () => {
        const { client } = ends;
        assert.equal(client.counters.roundTrip, undefined);
        const [first, second] = await Promise.all([client.ping(), client.ping()]);
        assert.equal(first, second);
        assert.ok(first > 0);
        assert.equal(client.counters.roundTrip, first);
      });
    });
  }

  describe('in general', () => {
    beforeEach(async () => {
      ends = await openEnds();
    });

    it('sent in one tick leave in one write', async () => {
      const { client, server } = ends;
      let writes = 0;
      // Not `write`: output may lie in two slabs, which then leave in one vector.
      const socket = client.socket as unknown as Record<'_write' | '_writev', (...args: unknown[]) => void>;
      for (const name of ['_write', '_writev'] as const) {
        const original = socket[name].bind(socket);
        socket[name] = (...args) => {
          writes++;
          original(...args);
        };
      }
      for (let index = 0; index < 100; index++) void client.send(`message ${index}`);
      assert.equal((await take(server, 100)).length, 100);
      assert.equal(writes, 1);
    });

    it('shorter than 4096 bytes may change at once, even behind a message in parts', async () => {
      const { client, server } = ends;
      const bytes = Buffer.from('short');
      void client.send(['in ', 'parts']);
      void client.send(bytes);
      bytes.fill('x');
      assert.deepEqual((await take(server, 2)).map(String), ['in parts', 'short']);
    });

    it('are events for listeners, including earlier messages', async () => {
      const { client, server } = ends;
      void client.send('before');
      await client.ping();
      const messages: unknown[] = [];
      server.on('message', (message) => messages.push(message));
      void client.send('after');
      await client.close();
      await server.closed;
      assert.deepEqual(messages, ['before', 'after']);
    });

    it('wait while paused', async () => {
      const { client, server } = ends;
      const messages: unknown[] = [];
      server.on('message', (message) => messages.push(message));
      server.pause();
      void client.send('later');
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(messages, []);
      server.resume();
      await once(server, 'message');
      assert.deepEqual(messages, ['later']);
    });

    it('survive a listener that throws', async () => {
      const { client, server } = ends;
      const thrown: unknown[] = [];
      const [runner] = process.listeners('uncaughtException');
      process.off('uncaughtException', runner!);
      const catcher = (error: unknown): void => void thrown.push(error);
      process.on('uncaughtException', catcher);
      server.on('message', (message) => {
        if (message === 'bad') throw new Error('listener');
      });
      void client.send('bad');
      void client.send('good');
      await client.ping();
      process.off('uncaughtException', catcher);
      process.on('uncaughtException', runner!);
      assert.deepEqual(
        thrown.map((error) => (error as Error).message),
        ['listener'],
      );
      assert.equal(server.counters.messagesReceived, 2);
      assert.equal(server.state, 'open');
    });

    it('are read by several iterators in turn', async () => {
      const { client, server } = ends;
      void client.send('a');
      void client.send('b');
      assert.deepEqual(await server.messages().next(), { value: 'a', done: false });
      assert.deepEqual(await server.messages().next(), { value: 'b', done: false });
    });

    it('cannot be read as streams by two', async () => {
      const { server } = ends;
      const streams = server.messageStreams();
      assert.throws(() => server.messageStreams(), { code: 'ERR_READER_ACTIVE' });
      await streams.return();
    });

    it('that the peer did not complete before it closed are an error for their reader', async () => {
      const { connection, peer, end } = await openHalfRaw('server', way);
      peer.send(1, 'half of ', { fin: false });
      peer.sendClose(1000);
      peer.socket.end();
      const streams = connection.messageStreams();
      const message = (await streams.next()).value as MessageStream;
      assert.equal((await message.next()).value, 'half of ');
      await assert.rejects(message.next(), { name: 'ConnectionError', code: 'ERR_CONNECTION_LOST' });
      assert.equal((await connection.closed).code, 1000);
      assert.equal((await streams.next()).done, true);
      await end();
    });

    it('that the peer did not complete are no error without a reader', async () => {
      const { connection, peer, end } = await openHalfRaw('server', way);
      peer.send(1, 'half of ', { fin: false });
      peer.sendClose(1000);
      peer.socket.end();
      const seen: string[] = [];
      for await (const message of connection.messageStreams()) seen.push(message.type);
      assert.deepEqual(seen, ['text']);
      await end();
    });

    it('that cannot be sent are a TypeError, and the connection stays', async () => {
      const { client, server } = ends;
      for (const data of [undefined, null, 1, {}, Symbol('s')]) {
        await assert.rejects(client.send(data as never), TypeError);
      }
      void client.send('fine');
      assert.deepEqual(await take(server, 1), ['fine']);
    });

    it('that fail in their middle close the connection with 1011', async () => {
      const { client, server } = ends;
      const failure = new Error('source');
      await assert.rejects(
        client.send(
          (function* () {
            yield 'a';
            throw failure;
          })(),
        ),
        failure,
      );
      assert.equal((await server.closed).code, 1011);
    });

    it('that fail before their first part leave the connection open', async () => {
      const { client, server } = ends;
      await assert.rejects(client.send([1] as never), TypeError);
      void client.send('fine');
      assert.deepEqual(await take(server, 1), ['fine']);
    });

    it('cannot mix text and bytes', async () => {
      const { client, server } = ends;
      await assert.rejects(client.send(['a', Buffer.from('b')]), TypeError);
      assert.equal((await server.closed).code, 1011);
    });

    it('in parts are finished before the connection closes', async () => {
      const { client, server } = ends;
      async function* slowly(): AsyncGenerator<string> {
        yield 'a';
        await new Promise((resolve) => setImmediate(resolve));
        yield 'b';
      }
      const sent = client.send(slowly());
      const closed = client.close();
      const received: unknown[] = [];
      for await (const message of server) received.push(message);
      assert.deepEqual(received, ['ab']);
      await sent;
      assert.equal((await closed).wasClean, true);
    });

    it('keep a byte order mark, and replace half a character', async () => {
      const { client, server } = ends;
      void client.send('\ufeffx');
      void client.send('\ud800');
      void client.send(['\ud800', 'x', '\udc00', '\ud83d']);
      assert.deepEqual(await take(server, 3), ['\ufeffx', '\ufffd', '\ufffdx\ufffd\ufffd']);
    });
  });

  describe('in pieces of any size', () => {
    beforeEach(() => {
      ends = { end: () => Promise.resolve() } as Ends;
    });
    for (const side of SIDES) {
      for (const each of WAYS) {
        it(`arrive whole: ${side}, ${each.name}`, async () => {
          const { connection, peer, end } = await openHalfRaw(side, each);
          const masked = side === 'server';
          await fc.assert(
            fc.asyncProperty(
              fc.array(fc.array(fc.string({ maxLength: 200 }), { minLength: 1, maxLength: 4 }), {
                minLength: 1,
                maxLength: 5,
              }),
              fc.array(fc.nat({ max: 400 }), { minLength: 1, maxLength: 6 }),
              async (messages, sizes) => {
                const bytes = Buffer.concat(
                  messages.flatMap((parts) =>
                    parts.map((part, index) =>
                      frame(index === 0 ? 1 : 0, part, { fin: index === parts.length - 1, masked }),
                    ),
                  ),
                );
                const reading = take(connection, messages.length);
                for (let at = 0, turn = 0; at < bytes.length; turn++) {
                  const size = sizes[turn % sizes.length]! + 1;
                  peer.socket.write(bytes.subarray(at, at + size));
                  at += size;
                  await new Promise((resolve) => setImmediate(resolve));
                }
                const expected = messages.map((parts) => Buffer.from(parts.join('')).toString());
                assert.deepEqual(await reading, expected);
              },
            ),
            { numRuns: 15 },
          );
          await end();
        });
      }
    }
    it('answer a ping inside a fragmented message, with its payload', async () => {
      const { connection, peer, end } = await openHalfRaw('server', way);
      const reading = take(connection, 1);
      peer.send(1, 'a', { fin: false });
      peer.send(9, 'are you there?');
      peer.send(0, 'b');
      const pong = (await peer.next())!;
      assert.equal(pong.opcode, 10);
      assert.equal(pong.payload.toString(), 'are you there?');
      assert.deepEqual(await reading, ['ab']);
      await end();
    });
  });
});
