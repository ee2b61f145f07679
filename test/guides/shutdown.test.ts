import { strict as assert } from 'node:assert';

import { connect } from '../../lib/index.js';
import type { Connection } from '../../lib/index.js';
import { closedOf, describeGuide, printedPort } from '../support/page-programs.js';
import { rawClient } from '../support/raw-peer.js';

const RESTARTING = { code: 1001, reason: 'restarting', wasClean: true };

async function endOf(connection: Connection): Promise<typeof RESTARTING> {
  const { code, reason, wasClean } = await closedOf(connection);
  return { code, reason, wasClean };
}

describeGuide('shutdown', [], (guide) => {
  it('the short form closes its clients with 1001, and ends', async () => {
    const server = guide.start('short.mjs');
    const url = `ws://localhost:${await printedPort(server)}/`;
    const clients = await Promise.all([connect(url), connect(url)]);
    server.signal('SIGTERM');
    for (const client of clients) assert.deepEqual(await endOf(client), RESTARTING);
    assert.equal(await server.ended(), 0, server.errors);
  });

  it('the server finishes the work under way, and then closes all clients', async () => {
    guide.file('server.mjs', { 'closeTimeout: 5000': 'closeTimeout: 300' });
    const server = guide.start('server.mjs', { env: { NOTICE_MS: '2000' } });
    const port = await printedPort(server);
    const url = `ws://localhost:${port}/jobs`;
    const waiting = await connect(url);
    const idle = await connect(url);
    const silent = await rawClient(Number(port), { path: '/jobs' });
    await waiting.send('2500');
    await server.prints(/working on 2500/);

    server.signal('SIGTERM');
    let answer;
    do answer = await guide.request(`http://localhost:${port}/ready`);
    while (answer.status !== 503);
    const late = await connect(url);

    const answers: unknown[] = [];
    waiting.on('message', (message) => answers.push(message));
    for (const connection of [idle, late, waiting]) assert.deepEqual(await endOf(connection), RESTARTING);
    assert.deepEqual(answers, ['done: 2500']);
    assert.equal(await silent.nextClose(), 1001);
    await silent.end();
    silent.socket.destroy();
    assert.equal(await server.ended(), 0, server.errors);
    assert.match(server.output, /stopped\n$/);
    await assert.rejects(connect(url), { code: 'ERR_CONNECT_FAILED' });
  });
});
