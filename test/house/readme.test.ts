import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const REPOSITORY = path.resolve(__dirname, '../../..');

describe('the examples of the README', () => {
  const readme = readFileSync(path.join(REPOSITORY, 'README.md'), 'utf8');
  const examples = [...readme.matchAll(/```js\n(.*?)```\n+It prints `(.*?)`/gs)];
  // Inside of the package, so that it can import the package by its name.
  const file = path.join(REPOSITORY, 'dist', 'readme-example.mjs');

  after(() => rm(file, { force: true }));

  it('are all run here', () => {
    assert.equal(examples.length, readme.split('```js\n').length - 1);
    assert.ok(examples.length > 0);
  });

  for (const [, example, printed] of examples) {
    it(`print what the README says: ${printed}`, async () => {
      await writeFile(file, example!);
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [file]);
      assert.equal(stderr, '');
      assert.equal(stdout, `${printed}\n`);
    });
  }
});
