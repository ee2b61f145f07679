import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const REPOSITORY = path.resolve(__dirname, '../../..');
const FILE = /^(?:lib|test|native|scripts|docs)\/[\w./-]*$|^\.dependency-cruiser\.cjs$|^CHANGELOG\.md$/;
const NAME = /^[A-Za-z_]\w*$/;

describe('docs/internals.md', () => {
  const text = readFileSync(path.join(REPOSITORY, 'docs/internals.md'), 'utf8');
  const lines = text.split('\n').map((line, index) => ({
    number: index + 1,
    words: [...line.matchAll(/`([^`]+)`/g)].map(([, word]) => word!),
  }));

  it('names no file that does not exist', () => {
    const files = lines.flatMap(({ words }) => words.filter((word) => FILE.test(word)));
    assert.ok(files.length > 50);
    assert.deepEqual(
      files.filter((file) => !existsSync(path.join(REPOSITORY, file))),
      [],
    );
  });

  it('names, in a line with files, only names of these files', () => {
    const missing: string[] = [];
    let count = 0;
    for (const { number, words } of lines) {
      const files = words.filter(
        (word) =>
          FILE.test(word) && word.startsWith('lib/') && !statSync(path.join(REPOSITORY, word)).isDirectory(),
      );
      if (files.length === 0) continue;
      const sources = files.map((file) => readFileSync(path.join(REPOSITORY, file), 'utf8'));
      for (const name of words.filter((word) => NAME.test(word))) {
        count++;
        if (!sources.some((source) => new RegExp(`\\b${name}\\b`).test(source)))
          missing.push(`line ${number}: ${name} is not in ${files.join(', ')}`);
      }
    }
    assert.ok(count > 40);
    assert.deepEqual(missing, []);
  });

  it('has the current picture of the sources (npm run docs:picture)', () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/picture.mjs', '--check'], {
      cwd: REPOSITORY,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
  });
});
