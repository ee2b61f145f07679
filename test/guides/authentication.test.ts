import { strict as assert } from 'node:assert';

import { connect } from '../../lib/index.js';
import { closedOf, describeGuide, next, printedPort } from '../support/page-programs.js';

describeGuide('authentication', ['express', 'express-session'], (guide) => {
  it('a token in a header opens a connection, a wrong one in a subprotocol gets 401 with JSON', async () => {
    const port = await printedPort(guide.start('tokens.mjs'));
    const url = `ws://localhost:${port}/`;
    assert.equal(await guide.run('client.mjs', { args: [url] }), guide.fragment(/The client prints:/));
  });

  it('a token in a subprotocol opens a connection, and does not come back', async () => {
    const port = await printedPort(guide.start('tokens.mjs'));
    const connection = await connect(`ws://localhost:${port}/`, ['chat', 'token.secret-of-ada']);
    assert.equal(connection.protocol, 'chat');
    assert.equal(await next(connection), 'Hello Ada');
    await connection.close();
    await assert.rejects(connect(`ws://localhost:${port}/`), { statusCode: 401 });
  });

  it('the session of Express opens a connection, which ends with it', async () => {
    const port = await printedPort(guide.start('session.mjs'));
    const http = `http://localhost:${port}`;
    const url = `ws://localhost:${port}/ws`;
    await assert.rejects(connect(url), (error: { statusCode?: number; response?: { body: Buffer } }) => {
      assert.equal(error.statusCode, 401);
      assert.deepEqual(JSON.parse(String(error.response?.body)), { error: 'log in first' });
      return true;
    });

    const login = await guide.request(`${http}/login`, { method: 'POST' });
    assert.equal(login.status, 200);
    const cookie = login.headers.get('set-cookie')!.split(';')[0]!;
    for (const origin of [http, undefined]) {
      const connection = await connect(url, { headers: { cookie }, origin });
      assert.equal(await next(connection), 'Hello Ada');
      await connection.close();
    }
    for (const origin of ['http://evil.example', 'null'])
      await assert.rejects(connect(url, { headers: { cookie }, origin }), { statusCode: 403 });

    const open = await connect(url, { headers: { cookie } });
    assert.equal(await next(open), 'Hello Ada');
    await guide.request(`${http}/logout`, { method: 'POST', headers: { cookie } });
    const { code, reason } = await closedOf(open);
    assert.deepEqual([code, reason], [4001, 'logged out']);
    await assert.rejects(connect(url, { headers: { cookie } }), { statusCode: 401 });
  });

  it('the handler in TypeScript has the user', async () => {
    const server = guide.start('typed.mts');
    const port = await printedPort(server);
    const url = `ws://localhost:${port}/`;
    const connection = await connect(url, { headers: { Authorization: 'Bearer secret-of-ada' } });
    assert.equal(await next(connection), 'Ada is an admin');
    await connection.close();
    await assert.rejects(connect(url), { statusCode: 401 });
  });
});
