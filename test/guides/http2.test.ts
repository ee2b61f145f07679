import { strict as assert } from 'node:assert';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { connect } from '../../lib/index.js';
import { makeCertificate } from '../support/certificate.js';
import { describeGuide, printedPort } from '../support/page-programs.js';

describeGuide('http2', [], (guide) => {
  it('the client has three WebSockets on one session, and HTTP/1.1 works beside it', async () => {
    const { cert, key } = await makeCertificate();
    writeFileSync(path.join(guide.folder, 'cert.pem'), cert);
    writeFileSync(path.join(guide.folder, 'key.pem'), key);
    const port = await printedPort(guide.start('server.mjs'));
    const printed = await guide.run('client.mjs', {
      args: [`https://localhost:${port}`],
      env: { NODE_EXTRA_CA_CERTS: path.join(guide.folder, 'cert.pem') },
    });
    assert.equal(printed, guide.fragment(/It prints:/));
    const connection = await connect(`wss://localhost:${port}/old`, { tls: { ca: cert } });
    for await (const message of connection) {
      assert.equal(message, 'HTTP/1.1 /old');
      await connection.close();
    }
  });
});
