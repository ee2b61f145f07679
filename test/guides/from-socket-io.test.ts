import { strict as assert } from 'node:assert';

import { connect } from '../../lib/index.js';
import { describeGuide, printedPort } from '../support/page-programs.js';

describeGuide('from-socket-io', ['socket.io', 'socket.io-client'], (guide) => {
  it('socket.io works with this package below it', async () => {
    const port = await printedPort(guide.start('server-io.mjs'));
    const printed = await guide.run('client-io.mjs', { args: [`http://localhost:${port}`] });
    assert.equal(printed, 'joined\ntea is ready\n');
  });

  it('rooms and acknowledgements work without socket.io', async () => {
    const port = await printedPort(guide.start('server.mjs'));
    guide.file('channel.mjs');
    const printed = await guide.run('client.mjs', { args: [`ws://localhost:${port}/`] });
    assert.equal(printed, 'joined\nsaid tea is ready\n');
  });

  it('a message that cannot be used gets an error, and the connection stays open', async () => {
    const port = await printedPort(guide.start('server.mjs'));
    const connection = await connect(`ws://localhost:${port}/`);
    const answers: unknown[] = [];
    for (const message of [
      { id: 1, event: 'toString' },
      { id: 2, event: 'join', data: '' },
      { id: 3, event: 'join', data: 'x' },
    ])
      void connection.send(JSON.stringify(message));
    void connection.send('{');
    void connection.send('null');
    void connection.send(JSON.stringify({ id: 4, event: 'say' }));
    for await (const message of connection) {
      answers.push(Object.keys(JSON.parse(message as string) as object));
      if (answers.length === 4) await connection.close();
    }
    assert.deepEqual(answers, [
      ['id', 'error'],
      ['id', 'error'],
      ['id', 'data'],
      ['id', 'error'],
    ]);
  });
});
