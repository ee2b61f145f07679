import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const REPOSITORY = path.resolve(__dirname, '../../..');

interface TestFiles {
  testArguments(args: readonly string[]): { options: string[]; files: string[] };
}

/** The test files that mocha would run. */
function filesOf(...args: string[]): string[] {
  const mocha = path.join(REPOSITORY, 'node_modules/mocha/bin/mocha.js');
  const report = execFileSync(process.execPath, [mocha, '--dry-run', '--reporter', 'json', ...args], {
    cwd: REPOSITORY,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  const { tests } = JSON.parse(report.slice(report.indexOf('{'))) as { tests: { file: string }[] };
  return [...new Set(tests.map(({ file }) => path.relative(REPOSITORY, file).split(path.sep).join('/')))];
}

describe('npm test', () => {
  let parse: TestFiles['testArguments'];

  before(async () => {
    const { testArguments } = (await import(
      pathToFileURL(path.join(REPOSITORY, 'scripts/test-files.mjs')).href
    )) as TestFiles;
    parse = testArguments;
  });

  for (const name of [
    'test/house/errors.test.ts',
    'dist/test/house/errors.test.js',
    'test/house/errors.test',
    'test/house/errors',
    path.join(REPOSITORY, 'test/house/errors.test.ts'),
  ]) {
    it(`accepts the file ${path.isAbsolute(name) ? 'by its whole path' : name}`, () => {
      assert.deepEqual(parse([name]).files, ['dist/test/house/errors.test.js']);
    });
  }

  it('accepts a folder and a pattern', () => {
    assert.deepEqual(parse(['test/house', 'test/**/close*.test.ts']).files, [
      'dist/test/house/**/*.test.js',
      'dist/test/**/close*.test.js',
    ]);
  });

  it('does not take the value of an option for a file', () => {
    assert.deepEqual(parse(['-g', 'test/house', '--bail', '-t', '5']), {
      options: ['-g', 'test/house', '--bail', '-t', '5'],
      files: [],
    });
  });

  for (const name of ['test/house/nothing.test.ts', 'test/support/program.ts', 'lib/index.ts']) {
    it(`refuses ${name}, which has no tests`, () => {
      assert.throws(() => parse([name]), new RegExp(name));
    });
  }

  for (const config of ['.mocharc.cjs', '.mocharc.native.cjs']) {
    it(`runs a named file alone (${config})`, () => {
      const file = 'dist/test/component/errors.test.js';
      assert.deepEqual(filesOf('--config', config, file), [file]);
    });
  }
});

describe('npx wspc', () => {
  it('can start the command of this checkout', () => {
    accessSync(path.join(REPOSITORY, 'dist/package/wspc.js'), constants.X_OK);
  });
});

describe('CONTRIBUTING.md', () => {
  const text = readFileSync(path.join(REPOSITORY, 'CONTRIBUTING.md'), 'utf8');
  const { scripts } = JSON.parse(readFileSync(path.join(REPOSITORY, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };

  it('names no script that does not exist', () => {
    const named = [...text.matchAll(/(?:^|`| )npm (?:run )?([a-z][\w:-]*)/gm)].map(([, name]) => name!);
    assert.ok(named.length > 15);
    assert.deepEqual(
      named.filter((name) => name !== 'ci' && !(name in scripts)),
      [],
    );
  });

  it('names every script for people', () => {
    const started = Object.keys(scripts).filter((name) => !/^(pre|post)/.test(name) || name === 'prebuilds');
    assert.deepEqual(
      started.filter((name) => !new RegExp(`npm (run )?${name}(?![\\w:-])`).test(text)),
      [],
    );
  });

  it('names no file that does not exist', () => {
    const named = [...text.matchAll(/`((?:lib|test|scripts|docs|native|bench|examples)\/[\w./-]+)`/g)];
    assert.ok(named.length > 5);
    assert.deepEqual(
      named.map(([, file]) => file!).filter((file) => !existsSync(path.join(REPOSITORY, file))),
      [],
    );
  });
});
