import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { leavesNothing } from '../support/leaks.js';
import { openEnds } from '../support/open.js';

describe('the surface of a connection', () => {
  leavesNothing();

  it('is what util.inspect shows, and nothing of the machinery', async () => {
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

  it('leaves room for a program that keeps what it knows on the connection', async () => {
    const { client, server, end } = await openEnds();
    const kept = {
      session: 1,
      handle: 2,
      group: 3,
      flags: 4,
      inbox: 5,
      extras: 6,
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
