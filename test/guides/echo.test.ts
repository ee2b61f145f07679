import { strict as assert } from 'node:assert';

import { connect } from '../../lib/index.js';
import { describeGuide, printedPort } from '../support/page-programs.js';

describeGuide('echo', [], (guide) => {
  it('the client prints the answers as on the page', async () => {
    const server = guide.start('server.mjs');
    const port = await printedPort(server);
    const printed = await guide.run('client.mjs', { args: [`ws://localhost:${port}/`] });
    assert.equal(printed, guide.fragment(/The client prints:/));
  });

  it('the server in TypeScript answers in upper case', async () => {
    const server = guide.start('server.mts');
    const port = await printedPort(server);
    const connection = await connect(`ws://localhost:${port}/`);
    await connection.send('Hello');
    for await (const message of connection) {
      assert.equal(message, 'HELLO');
      await connection.close();
    }
  });
});
