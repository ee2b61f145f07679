import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { wspc } from '../../support/wspc.js';

describe('wspc parity, files', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'wspc-files-'));
  const inFolder = (name: string): string => path.join(folder, name);
  before(() => {
    writeFileSync(inFolder('package.json'), '{ "name": "x" }');
    writeFileSync(inFolder('text.jsonl'), 'no JSON');
    writeFileSync(inFolder('empty.md'), 'no title\n');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [command, name, reason] of [
    [['replay'], 'nofile.json', 'there is no such file'],
    [['replay'], '.', 'this is a folder'],
    [['replay'], 'package.json', 'this is no trace'],
    [['replay'], 'text.jsonl', 'line 1 is no JSON'],
    [['replay'], 'empty.md', 'a document begins with a title'],
    [['status', '--recorded'], 'nofile.json', 'there is no such file'],
    [['status', '--recorded'], 'package.json', 'this is no parity bundle'],
    [['status', '--recorded'], 'text.jsonl', 'this is no JSON'],
    [['adopt'], 'nofile.json', 'there is no such file'],
    [['adopt'], 'package.json', 'this is no parity bundle'],
  ] as const) {
    it(`are named in errors: ${command.join(' ')} ${name}`, async () => {
      const file = inFolder(name);
      const { status, stderr } = await wspc(['parity', ...command, file]);
      const [first, second] = stderr.split('\n');
      assert.ok(first!.startsWith(`error: ${file}:`), stderr);
      assert.ok(first!.includes(`: ${reason}`), stderr);
      assert.equal(second, `Try: wspc parity ${command[0]} --help`);
      assert.equal(status, 2);
    });
  }
});
