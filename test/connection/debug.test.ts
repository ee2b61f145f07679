import assert from 'node:assert/strict';
import path from 'node:path';
import { Program } from '../support/program.js';

const LIBRARY = path.resolve(__dirname, '../../lib/index.js');
const SCRIPT = `
const { connect, listen } = require(${JSON.stringify(LIBRARY)});
(async () => {
  const server = await listen({ host: '127.0.0.1' });
  const connection = await connect('ws://user:secret@127.0.0.1:' + server.address().port + '/path');
  await connection.close(4000, 'done');
  await server.close();
})();
`;

describe('NODE_DEBUG=wspc', () => {
  it('prints the handshake, the opening and the end, and no password', async () => {
    const program = new Program(process.execPath, ['-e', SCRIPT], { ...process.env, NODE_DEBUG: 'wspc' });
    assert.equal(await program.ended(), 0, program.errors);
    assert.match(program.errors, /WSPC \d+: handshake ws:\/\/127\.0\.0\.1:\d+\/path: open/);
    assert.match(program.errors, /WSPC \d+: open \/path/);
    assert.match(program.errors, /WSPC \d+: closed \/path: 4000 done/);
    assert.doesNotMatch(program.errors, /secret/);
  });

  it('is silent unless asked for', async () => {
    const program = new Program(process.execPath, ['-e', SCRIPT], { ...process.env, NODE_DEBUG: '' });
    assert.equal(await program.ended(), 0, program.errors);
    assert.equal(program.errors, '');
  });
});
