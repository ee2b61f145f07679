import { strict as assert } from 'node:assert';

import { listen } from '../../lib/index.js';
import type { Server } from '../../lib/index.js';
import { portOf } from '../support/open.js';
import { describeGuide } from '../support/page-programs.js';

describeGuide('from-undici', [], (guide) => {
  let server: Server;
  let authorization: string | undefined;

  before(async () => {
    server = await listen({ host: '127.0.0.1', protocols: 'chat' }, async (connection, request) => {
      authorization = request.headers.authorization;
      for await (const message of connection) await connection.send(message);
    });
  });
  after(() => server.close());

  for (const [name, expected] of [
    ['same-class.mjs', undefined],
    ['with-connect.mjs', 'Bearer secret'],
  ] as const) {
    it(`${name} gets its answer and the end`, async () => {
      const printed = await guide.run(name, { args: [`ws://127.0.0.1:${portOf(server)}/`] });
      assert.equal(printed, 'Hello\n1000 done true\n');
      assert.equal(authorization, expected);
    });
  }

  it('same-class.mjs tells why it could not connect', async () => {
    const refusing = await listen({ host: '127.0.0.1', verifyClient: () => false });
    const program = guide.start('same-class.mjs', { args: [`ws://127.0.0.1:${portOf(refusing)}/`] });
    assert.equal(await program.ended(), 0);
    await refusing.close();
    assert.match(program.errors, /^ERR_UNEXPECTED_RESPONSE .*401/);
    assert.equal(program.output, '1006  false\n');
  });
});
