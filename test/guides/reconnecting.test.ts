import { strict as assert } from 'node:assert';

import { listen } from '../../lib/index.js';
import { describeGuide, printedPort } from '../support/page-programs.js';

describeGuide('reconnecting', [], (guide) => {
  it('the client comes back, misses no event, and ends when the server refuses it', async () => {
    const first = guide.start('server.mjs');
    const port = await printedPort(first);
    const client = guide.start('client.mjs', { args: [`ws://localhost:${port}/`] });
    await client.prints(/event 2\n/);

    first.signal('SIGTERM');
    assert.equal(await first.ended(), 0, first.errors);
    const second = guide.start('server.mjs', { env: { PORT: port } });
    await client.prints(/open\n[^]*open\nevent/);

    second.signal('SIGKILL');
    await second.ended();
    const third = guide.start('server.mjs', { env: { PORT: port } });
    await client.prints(/open\n[^]*open\n[^]*open\nevent/);
    third.signal('SIGKILL');
    await third.ended();

    const refusing = await listen({ port, verifyClient: () => false });
    assert.equal(await client.ended(), 1);
    await refusing.close();
    assert.match(client.errors, /ERR_UNEXPECTED_RESPONSE/);

    const numbers = [...client.output.matchAll(/event (\d+)/g)].map(([, number]) => Number(number));
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    );
  });

  it('the client ends when the port speaks no TLS', async () => {
    const port = await printedPort(guide.start('server.mjs'));
    const client = guide.start('client.mjs', { args: [`wss://localhost:${port}/`] });
    assert.equal(await client.ended(), 1);
    assert.match(client.errors, /ERR_CONNECT_FAILED/);
    assert.equal(client.output, '', 'no line of a wait');
  });

  it('the client stops by Ctrl+C', async () => {
    const port = await printedPort(guide.start('server.mjs'));
    const client = guide.start('client.mjs', { args: [`ws://localhost:${port}/`] });
    await client.prints(/event 1\n/);
    client.signal('SIGINT');
    assert.equal(await client.ended(), 0, client.errors);
    assert.match(client.output, /stopped by Ctrl\+C\n$/);
  });
});
