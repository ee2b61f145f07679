import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Status } from '../../lib/cli/statuses.js';
import type { Server } from '../../lib/opening/index.js';
import { listenHere, portOf } from '../support/open.js';
import { withoutProxies, wspc, WSPC } from '../support/wspc.js';

const page = readFileSync(path.resolve(__dirname, '../../../docs/cli.md'), 'utf8');

interface Example {
  readonly command: string;
  readonly printed: string;
}

/** The commands of the blocks, each with the lines below it. */
function examplesOf(text: string): Example[] {
  const blocks = [...text.matchAll(/^```\n(.*?)^```$/gms)].map(([, block]) => block!);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((example) => {
        const end = example.indexOf('\n');
        return { command: example.slice(0, end), printed: example.slice(end + 1) };
      }),
  );
}

describe('docs/cli.md', function () {
  this.timeout(30_000);
  const bin = mkdtempSync(path.join(os.tmpdir(), 'wspc-docs-'));
  let server: Server;
  before(async () => {
    symlinkSync(WSPC, path.join(bin, 'wspc'));
    server = await listenHere({}, async (connection) => {
      for await (const message of connection) await connection.send(message);
    });
  });
  after(async () => {
    await server.close();
    rmSync(bin, { recursive: true, force: true });
  });

  const examples = examplesOf(page);

  it('has no block that is not run here', () => {
    assert.ok(examples.length >= 6);
    assert.equal(page.split('```').length - 1, 2 * [...page.matchAll(/^```\n\$ /gm)].length);
  });

  for (const { command, printed } of examples) {
    it(`prints the output on the page: ${command}`, async () => {
      const here = command.replaceAll('localhost:8080', `127.0.0.1:${portOf(server)}`);
      const env = { ...withoutProxies(), PATH: `${bin}:${process.env['PATH']!}` };
      const running = promisify(execFile)('bash', ['-c', here], { env });
      // The input is not the terminal of the tests.
      running.child.stdin!.end();
      assert.equal((await running).stdout, printed);
    });
  }

  for (const command of ['connect', 'serve', 'bench']) {
    it(`tells every option of wspc ${command}`, async () => {
      const { stdout } = await wspc([command, '--help']);
      const options = [...stdout.toString().matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, name]) => name!);
      assert.ok(options.length >= 15);
      assert.deepEqual(
        options.filter((name) => name !== '--help' && !new RegExp(`\`${name}[\` ]`).test(page)),
        [],
      );
    });
  }

  it('tells every exit status', () => {
    const told = [...page.matchAll(/^\| ([\d, ]+) \| /gm)].flatMap(([, numbers]) => numbers!.split(', '));
    assert.deepEqual(
      told.map(Number),
      Object.values(Status).sort((one, other) => one - other),
    );
  });
});
