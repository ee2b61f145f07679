import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Connection } from '../../lib/connection/index.js';
import { leavesNothing } from '../support/leaks.js';
import { openEnds } from '../support/open.js';
import type { Ends } from '../support/open.js';

const ACTIVE = { code: 'ERR_READER_ACTIVE' };

/** Ways to begin to read. Each returns a function that ends the reading, after a message has been read. */
const WAYS: Readonly<Record<string, (connection: Connection) => Promise<() => Promise<unknown>>>> = {
  'for await': async (connection) => {
    const loop = connection[Symbol.asyncIterator]()[Symbol.asyncIterator]();
    assert.equal((await loop.next()).value, 'first');
    return () => loop.return!();
  },
  'messages().next()': async (connection) => {
    const messages = connection.messages();
    assert.equal((await messages.next()).value, 'first');
    const next = messages.next();
    return async () => {
      await messages.return!();
      assert.deepEqual(await next, { value: undefined, done: true });
    };
  },
  messageStreams: async (connection) => {
    const streams = connection.messageStreams();
    for await (const part of (await streams.next()).value!) assert.equal(part, 'first');
    return () => streams.return();
  },
  readable: async (connection) => {
    const reader = connection.readable.getReader();
    assert.equal((await reader.read()).value, 'first');
    return () => Promise.resolve(reader.releaseLock());
  },
  "on('message')": async (connection) => {
    const [data] = (await once(connection, 'message')) as [string];
    assert.equal(data, 'first');
    const listener = (): void => undefined;
    connection.on('message', listener);
    return () => Promise.resolve(connection.off('message', listener));
  },
};

/** A second reader of each kind. All are refused. */
const SECOND: Readonly<Record<string, (connection: Connection) => Promise<unknown>>> = {
  'for await': async (connection) => {
    await assert.rejects(async () => {
      for await (const message of connection) assert.fail(String(message));
    }, ACTIVE);
  },
  'messages().next()': (connection) => assert.rejects(connection.messages().next(), ACTIVE),
  messageStreams: (connection) => {
    assert.throws(() => connection.messageStreams(), ACTIVE);
    return Promise.resolve();
  },
  readable: (connection) => assert.rejects(connection.readable.getReader().read(), ACTIVE),
  "on('message')": (connection) => {
    for (const method of ['on', 'once', 'addListener', 'prependListener', 'prependOnceListener'] as const)
      assert.throws(() => connection[method]('message', () => assert.fail()), ACTIVE);
    return Promise.resolve();
  },
};

describe('readers of a connection', () => {
  leavesNothing();
  let ends: Ends;
  beforeEach(async () => {
    ends = await openEnds();
  });
  afterEach(() => ends.end());

  for (const [first, begin] of Object.entries(WAYS)) {
    for (const [second, isRefused] of Object.entries(SECOND)) {
      // Listeners share every message, and `readable` is always the same stream.
      if (first === second && (first === "on('message')" || first === 'readable')) continue;
      it(`${second} is refused while ${first} reads, and reads afterwards`, async () => {
        const { client, server } = ends;
        void client.send('first');
        const leave = await begin(server);
        await isRefused(server);
        await leave();
        void client.send('first');
        await (
          await WAYS[second]!(server)
        )();
      });
    }
  }

  it('message streams that nobody began to read leave the messages to the next reader', async () => {
    const { client, server } = ends;
    await server.messageStreams().return();
    void client.send('x');
    assert.deepEqual(await server.messages().next(), { value: 'x', done: false });
  });

  it('a loop that a signal has ended leaves the messages to the next reader', async () => {
    const { client, server } = ends;
    const controller = new AbortController();
    const loop = (async (): Promise<void> => {
      for await (const message of server.messages({ signal: controller.signal }))
        assert.fail(String(message));
    })();
    controller.abort(new Error('enough'));
    await assert.rejects(loop, /enough/);
    void client.send('x');
    for await (const message of server) {
      assert.equal(message, 'x');
      break;
    }
  });

  it('a loop after the end of the connection ends at once', async () => {
    const { client, server } = ends;
    const loop = (async (): Promise<void> => {
      for await (const message of server) assert.fail(String(message));
    })();
    await client.close();
    await loop;
    assert.equal((await server.messages().next()).done, true);
  });
});
