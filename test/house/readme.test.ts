import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const REPOSITORY = path.resolve(__dirname, '../../..');

describe('the example of the README', () => {
  // Inside of the package, so that it can import the package by its name.
  const file = path.join(REPOSITORY, 'dist', 'readme-example.mjs');

  after(() => rm(file, { force: true }));

  it('runs, and prints what the README says', async () => {
    const readme = await readFile(path.join(REPOSITORY, 'README.md'), 'utf8');
    const [, example] = /```js\n(.*?)```/s.exec(readme)!;
    const [, printed] = /It prints `(.*?)`/.exec(readme)!;
    await writeFile(file, example!);
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file]);
    assert.equal(stderr, '');
    assert.equal(stdout, `${printed}\n`);
  });
});
