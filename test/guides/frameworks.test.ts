import { strict as assert } from 'node:assert';

import { connect } from '../../lib/index.js';
import { describeGuide, next, printedPort } from '../support/page-programs.js';

const FRAMEWORKS = [
  ['express.mjs', 'Hello from Express'],
  ['fastify.mjs', 'Hello from Fastify'],
  ['koa.mjs', 'Hello from Koa'],
  ['custom-server.mjs', 'Hello from the framework'],
] as const;

describeGuide('frameworks', ['express', 'fastify', 'koa'], (guide) => {
  for (const [file, greeting] of FRAMEWORKS)
    it(`${file} answers a request, and echoes at /ws`, async () => {
      const port = await printedPort(guide.start(file));
      assert.equal((await guide.request(`http://localhost:${port}/`)).body, greeting);
      const connection = await connect(`ws://localhost:${port}/ws`);
      await connection.send('Hello');
      assert.equal(await next(connection), 'Hello');
      await connection.close();
    });

  it('Fastify closes the connections, and ends', async () => {
    const server = guide.start('fastify.mjs');
    const connection = await connect(`ws://localhost:${await printedPort(server)}/ws`);
    server.signal('SIGTERM');
    for await (const message of connection) assert.fail(String(message));
    assert.equal((await connection.closed).code, 1001);
    assert.equal(await server.ended(), 0, server.errors);
  });

  it('the custom server leaves the upgrades of the framework to it', async () => {
    const port = await printedPort(guide.start('custom-server.mjs'));
    await assert.rejects(connect(`ws://localhost:${port}/_next/webpack-hmr`), {
      statusCode: 200,
    });
    await assert.rejects(connect(`ws://localhost:${port}/other`), { statusCode: 404 });
  });
});
