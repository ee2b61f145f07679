import { strict as assert } from 'node:assert';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { connect } from '../../lib/index.js';
import { describeGuide } from '../support/page-programs.js';
import type { Program } from '../support/program.js';
import { WSPC } from '../support/wspc.js';

describeGuide('debugging', [], (guide) => {
  /** Runs a script of the page where `wspc` is a command. */
  function script(name: string, args: readonly string[] = []): Program {
    const bin = path.join(guide.folder, 'bin');
    mkdirSync(bin, { recursive: true });
    const command = path.join(bin, 'wspc');
    writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${WSPC}' "$@"\n`);
    chmodSync(command, 0o755);
    const PATH = `${bin}${path.delimiter}${process.env['PATH'] ?? ''}`;
    return guide.startCommand('sh', [guide.file(name), ...args], { PATH, no_proxy: '*' });
  }

  it('asks the server as on the page', async () => {
    const server = guide.startCommand(process.execPath, [WSPC, 'serve', '--port', '0']);
    const [url] = await server.prints(/ws:\/\/[^\s/]+\//);
    const asking = script('ask.sh', [url]);
    assert.equal(await asking.ended(), 0, asking.errors);
    assert.equal(asking.output, guide.fragment(/With an echo server/));
  });

  it('serves a client, and prints each action', async () => {
    const server = script('serve.sh');
    const [, port] = await server.prints(/ws:\/\/[^\s/]+:(\d+)/);
    const connection = await connect(`ws://127.0.0.1:${port!}/`);
    await connection.send('hello');
    for await (const message of connection) {
      assert.equal(message, 'hello');
      await connection.close();
    }
    await server.prints(/IndicateReceiveComplete +Utf8Message/);
  });

  it('watches in a program, and by NODE_DEBUG', async () => {
    const printed = await guide.run('watch.mjs');
    assert.equal(printed.match(/closed \{\n? *code: 4000,\s+reason: 'not today'/g)?.length, 2, printed);
    const program = guide.start('watch.mjs', { env: { NODE_DEBUG: 'wspc' } });
    assert.equal(await program.ended(), 0);
    assert.match(program.errors, /^WSPC \d+: .*handshake/m);
  });
});
