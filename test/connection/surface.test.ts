import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { inspect } from 'node:util';
import { portable } from '../../lib/component/index.js';
import { Connection } from '../../lib/connection/index.js';
import { openSession } from '../../lib/session/index.js';
import { leavesNothing } from '../support/leaks.js';
import { openPair } from '../support/open-pair.js';
import { openEnds } from '../support/open.js';

describe('the surface of a connection', () => {
  leavesNothing();

  it('is shown by util.inspect, without the internals', async () => {
    const { client, end } = await openEnds();
    const shown = inspect(client);
    assert.match(shown, /^Connection \{/);
    assert.match(shown, /state: 'open'/);
    assert.match(shown, /url: 'ws:\/\/127\.0\.0\.1:\d+\/'/);
    assert.match(shown, /messagesSent: 0/);
    assert.doesNotMatch(shown, /_\w|Socket|Symbol/);
    assert.equal(inspect([[[client]]]), '[ [ [ [Connection] ] ] ]');
    await end();
  });

  it('has a code for unforeseen errors', async () => {
    const { server } = openPair(portable);
    const session = openSession(server);
    const failure = new RangeError('out of memory');
    const failing = new Proxy(session, {
      get(target, key) {
        if (key === 'receive') {
          return () => {
            throw failure;
          };
        }
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
      },
    });
    const written: Buffer[] = [];
    const socket = new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _, done) {
        written.push(chunk);
        done();
      },
    });
    const connection = new Connection(socket, server, {}, { session: failing, side: 'server' });
    socket.push(Buffer.from([0]));
    socket.push(null);
    const { error, wasClean } = await connection.closed;
    assert.deepEqual([error?.code, error?.closeCode, wasClean], ['ERR_INTERNAL', 1011, false]);
    assert.equal(error?.cause, failure);
    assert.equal(Buffer.concat(written).readUInt16BE(2), 1011);
  });

  it('lets a program store its own properties on the connection', async () => {
    const { client, server, end } = await openEnds();
    const kept = {
      session: 1,
      handle: 2,
      group: 3,
      flags: 4,
      inbox: 5,
      rare: 6,
      silence: 7,
      assembly: 8,
      codec: 9,
    };
    Object.assign(client, kept);
    await client.send('x');
    assert.equal((await server.messages().next()).value, 'x');
    await server.send('y');
    assert.equal((await client.messages().next()).value, 'y');
    assert.equal((await client.close()).wasClean, true);
    for (const [name, value] of Object.entries(kept)) assert.equal(Reflect.get(client, name), value);
    await end();
  });
});
