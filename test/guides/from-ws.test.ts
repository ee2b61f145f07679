import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { connect } from '../../lib/index.js';
import { describeGuide, next, printedPort } from '../support/page-programs.js';
import { readPage, ROOT } from '../support/pages.js';
import type { Program } from '../support/program.js';

/** What the chat does, whatever it is written with. */
async function chats(server: Program): Promise<void> {
  const port = await printedPort(server);
  const url = `ws://127.0.0.1:${port}/?user=`;
  await assert.rejects(connect(`ws://127.0.0.1:${port}/`), { statusCode: 401 });
  const [ann, bob] = await Promise.all([connect(`${url}ann`), connect(`${url}bob`)]);
  // Both are in once their pings have been answered.
  await Promise.all([ann.ping(), bob.ping()]);
  await ann.send('hello');
  assert.deepEqual(await Promise.all([next(ann), next(bob)]), ['ann: hello', 'ann: hello']);
  server.signal('SIGTERM');
  const ends = await Promise.all([ann.closed, bob.closed]);
  assert.deepEqual(
    ends.map(({ code }) => code),
    [1001, 1001],
  );
  assert.equal(await server.ended(), 0, server.errors);
}

function writePackage(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
}

describeGuide('from-ws', [], (guide) => {
  it('the program with ws', () => chats(guide.start('before.mjs')));

  it('step 1: the same program after the change of the import', async () => {
    const [, from, to] = /^-(.*)\n\+(.*)$/m.exec(readPage(guide.page))!;
    const text = readFileSync(guide.file('before.mjs'), 'utf8');
    assert.ok(text.includes(from!));
    const file = path.join(guide.folder, 'step-1.mjs');
    writeFileSync(file, text.replace(from!, to!));
    await chats(guide.startCommand(process.execPath, [file]));
  });

  it('step 1: a package of others takes the drop-in by the alias', () => {
    const folder = path.dirname(
      guide.file('overrides/package.json', {
        // The package itself is not installed but linked, since it is not published.
        '"websocket-protocol-component": "0.1.0"': '"other": "file:./other-1.0.0.tgz"',
      }),
    );
    for (const name of ['package.json', 'index.mjs', 'index.js']) guide.file(`overrides/ws/${name}`);
    const npm = (...args: string[]): void => {
      const { status, stderr } = spawnSync('npm', [...args, '--offline', '--no-audit', '--no-fund'], {
        cwd: folder,
        encoding: 'utf8',
      });
      assert.equal(status, 0, stderr);
    };
    writePackage(path.join(folder, 'other'), {
      'package.json': JSON.stringify({ name: 'other', version: '1.0.0', dependencies: { ws: '^8.0.0' } }),
      'index.mjs': "export { WebSocketServer, default } from 'ws';\n",
      'index.cjs': "module.exports = require('ws');\n",
    });
    npm('pack', './other');
    npm('install');
    symlinkSync(ROOT, path.join(folder, 'node_modules/websocket-protocol-component'), 'junction');
    const main = [
      "import required from 'other/index.cjs';",
      "import imported, { WebSocketServer } from 'other/index.mjs';",
      "import WebSocket from 'websocket-protocol-component/ws';",
      'console.log([required, imported].map((each) => each === WebSocket));',
      'console.log(WebSocketServer === WebSocket.WebSocketServer);',
    ];
    writeFileSync(path.join(folder, 'main.mjs'), main.join('\n'));
    const { stdout, stderr } = spawnSync(process.execPath, ['main.mjs'], { cwd: folder, encoding: 'utf8' });
    assert.equal(stdout, '[ true, true ]\ntrue\n', stderr);
  });

  it('step 2: the own API', () => chats(guide.start('after.mjs')));
});
