import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

  const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');
  for (const [how, encode] of [
    ['by > of Windows PowerShell', utf16],
    ['in UTF-16 of the other byte order', (text: string) => utf16(text).swap16()],
    ['with a mark of UTF-8', (text: string) => Buffer.from(`\ufeff${text}`)],
  ] as const) {
    it(`are read when they were written ${how}`, async () => {
      const bundle = inFolder('bundle.json');
      const { status, stdout } = await wspc(['parity', 'ask', '--backend', 'portable', '--output', bundle]);
      assert.equal(status, 0);
      const answers = inFolder('answers.txt');
      writeFileSync(answers, encode(String(stdout).replaceAll('\n', '\r\n')));
      writeFileSync(bundle, encode(readFileSync(bundle, 'utf8')));
      for (const file of [answers, bundle]) {
        const adopted = await wspc(['parity', 'adopt', '--not-windows', '--dry-run', file]);
        assert.deepEqual({ status: adopted.status, stderr: adopted.stderr }, { status: 0, stderr: '' });
        assert.match(String(adopted.stdout), /recorded on portable engine/);
      }
    });
  }
});
