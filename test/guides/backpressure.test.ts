import { strict as assert } from 'node:assert';

import { connect, listen } from '../../lib/index.js';
import { closedOf, describeGuide, next, printedPort } from '../support/page-programs.js';

describeGuide('backpressure', [], (guide) => {
  const read = (port: string, path = '/') =>
    guide.run('slow-client.mjs', { args: [`ws://localhost:${port}${path}`] });

  it('a sender that awaits keeps the pace of the reader, directly and through a proxy', async () => {
    const server = guide.start('server.mjs');
    const port = await printedPort(server);
    assert.equal(await read(port), 'got 26214400 bytes, closed with 1000\n');
    await server.prints(/patient: sent all, at most 1 chunk waited\n/);

    const proxy = guide.start('proxy.mjs', { args: [`ws://localhost:${port}/`] });
    assert.equal(await read(await printedPort(proxy)), 'got 26214400 bytes, closed with 1000\n');
    await server.prints(/(patient: sent all, at most 1 chunk waited\n){2}/);

    await server.stop();
    assert.equal(await read(await printedPort(proxy)), 'got 0 bytes, closed with 1014\n');
    assert.equal(proxy.hasEnded, false, proxy.errors);
  });

  it('the proxy passes messages and both kinds of end on', async () => {
    const upstream = await listen({ host: '127.0.0.1' }, async (connection) => {
      for await (const message of connection) {
        if (message === 'break') connection.terminate();
        else await connection.send(message);
      }
    });
    const proxy = guide.start('proxy.mjs', { args: [upstream.url] });
    const url = `ws://localhost:${await printedPort(proxy)}/`;

    const client = await connect(url);
    for (const message of ['text', Buffer.alloc(100_000)]) {
      await client.send(message);
      assert.deepEqual(await next(client), message);
    }
    const [there] = upstream.connections;
    await client.close(4000, 'enough');
    const { code, reason } = await there!.closed;
    assert.deepEqual([code, reason], [4000, 'enough']);

    const broken = await connect(url);
    await broken.send('break');
    assert.equal((await closedOf(broken)).code, 1014);
    await upstream.close();
    assert.equal(proxy.hasEnded, false, proxy.errors);
  });

  it('a sender that does not await fails', async () => {
    const server = guide.start('server.mjs');
    const [, bytes] = /^got (\d+) bytes, closed with 1008\n$/.exec(
      await read(await printedPort(server), '/hasty'),
    )!;
    assert.ok(Number(bytes) > 0 && Number(bytes) < 26_214_400, bytes);
    await server.prints(/hasty: ERR_TOO_MUCH_BUFFERED\n/);
  });
});
