import assert from 'node:assert/strict';
import { after, before } from 'mocha';
import type { Connection } from '../../lib/connection/index.js';
import type { Sendable } from '../../lib/connection/state/types.js';
import { openEnds } from '../support/open.js';

const idle = (): Sendable => ({
  [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }),
});
const broken = (): Sendable =>
  (async function* () {
    yield await Promise.reject<string>(new RangeError('of the program'));
  })();
class BrokenBlob extends Blob {
  override arrayBuffer(): Promise<ArrayBuffer> {
    return Promise.reject(new RangeError('of the program'));
  }
}
const signal = (): AbortSignal => new AbortController().signal;
const large = Buffer.alloc(32 << 20);

/** Calls whose promises nobody looks at, while the peer does not read and then goes away. */
const calls: Readonly<Record<string, (connection: Connection) => unknown>> = {
  'a large message': (connection) => connection.send(large),
  'a large message with a signal': (connection) => connection.send(large, { signal: signal() }),
  'a Blob with a signal': (connection) => connection.send(new Blob([large]), { signal: signal() }),
  'a message in parts': (connection) => connection.send(idle()),
  'a message in parts with a signal': (connection) => connection.send(idle(), { signal: signal() }),
  'a message behind another': (connection) => [connection.send(idle()), connection.send('a')],
  'a message behind another, with a signal': (connection) => [
    connection.send(idle()),
    connection.send('a', { signal: signal() }),
  ],
  'a ping': (connection) => connection.ping(),
  'a ping with a signal': (connection) => connection.ping({ signal: signal() }),
};

describe('promises of a connection that nobody waits for', () => {
  let others: NodeJS.UnhandledRejectionListener[];
  let unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  before(() => {
    others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', note);
  });
  after(() => {
    process.removeAllListeners('unhandledRejection');
    for (const other of others) process.on('unhandledRejection', other);
  });
  beforeEach(() => {
    unhandled = [];
  });

  /** Node reports rejections at the end of the turn. */
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  for (const [name, call] of Object.entries(calls)) {
    it(`${name}: the loss of the connection is no unhandled rejection`, async () => {
      const { client, server, end } = await openEnds();
      server.pause();
      void call(client);
      await turn();
      server.terminate();
      await client.closed;
      await end();
      await turn();
      assert.deepEqual(unhandled, []);
    });
  }

  for (const [name, call] of Object.entries<(connection: Connection) => unknown>({
    'data of the wrong type': (connection) => connection.send(5 as unknown as string),
    'a part of the wrong type': (connection) => connection.send([5] as unknown as string[]),
    'a source that fails': (connection) => connection.send(broken()),
    'a source that fails, with a signal': (connection) => connection.send(broken(), { signal: signal() }),
    'a Blob that fails': (connection) => connection.send(new BrokenBlob(['a'])),
  })) {
    it(`${name}: the mistake of the program is not swallowed`, async () => {
      const { client, end } = await openEnds();
      void call(client);
      await turn();
      await turn();
      assert.equal(unhandled.length, 1);
      assert.match(String(unhandled[0]), /^(?:TypeError|RangeError: of the program)/);
      assert.equal(client.state, 'open');
      await end();
    });
  }
});
