import { strict as assert } from 'node:assert';

import { connect } from '../../lib/index.js';
import { describeGuide, printedPort } from '../support/page-programs.js';

const QUICK = { 'interval: 15_000, timeout: 5_000': 'interval: 1000, timeout: 2000' };

describeGuide('broken-connections', [], (guide) => {
  it('the server tells a closed, a killed and a stopped client apart', async () => {
    guide.file('server.mjs', QUICK);
    const server = guide.start('server.mjs');
    const url = `ws://localhost:${await printedPort(server)}`;

    await (await connect(`${url}/closing`)).close();
    await server.prints(/\/closing ended: 1000 clean\n/);

    const client = (path: string) => guide.start('client.mjs', { args: [`${url}${path}`] });
    const killed = client('/killed');
    await killed.prints(/takes \d+(\.\d+)? ms/);
    killed.signal('SIGKILL');
    await server.prints(/\/killed ended: 1006 ERR_CONNECTION_LOST\n/);

    const stopped = client('/stopped');
    await stopped.prints(/takes/);
    stopped.signal('SIGSTOP');
    await server.prints(/\/stopped ended: 1006 ERR_KEEP_ALIVE\n/);
    stopped.signal('SIGCONT');
    await stopped.prints(/the connection failed: ERR_CONNECTION_LOST\n/);
    assert.equal(await stopped.ended(), 0, stopped.errors);
  });

  it('the client notices a stopped server', async () => {
    guide.file('client.mjs', QUICK);
    const server = guide.start('server.mjs');
    const client = guide.start('client.mjs', { args: [`ws://localhost:${await printedPort(server)}/`] });
    await client.prints(/takes/);
    server.signal('SIGSTOP');
    await client.prints(/the connection failed: ERR_KEEP_ALIVE\n/);
    server.signal('SIGCONT');
    assert.equal(await client.ended(), 0, client.errors);
  });
});
