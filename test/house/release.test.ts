/** No release with placeholders in package.json. */
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { parse } from 'yaml';

const ROOT = path.resolve(__dirname, '../../..');
const FILLED = {
  repository: { type: 'git', url: 'git+https://github.com/somebody/project.git' },
  homepage: 'https://github.com/somebody/project#readme',
  bugs: { url: 'https://github.com/somebody/project/issues' },
  author: 'Some Body <somebody@mail.somebody.dev>',
};

describe('the check before a release', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'wspc-release-'));
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function check(manifest: object, environment: NodeJS.ProcessEnv = {}): { passed: boolean; told: string } {
    const file = path.join(folder, 'package.json');
    writeFileSync(file, JSON.stringify(manifest));
    const env: NodeJS.ProcessEnv = { ...process.env, ...environment };
    if (environment['GITHUB_REPOSITORY'] === undefined) delete env['GITHUB_REPOSITORY'];
    const { status, stderr } = spawnSync(
      process.execPath,
      [path.join(ROOT, 'scripts/check-release.mjs'), file],
      { encoding: 'utf8', env },
    );
    assert.ok(status === 0 || status === 1, stderr);
    return { passed: status === 0, told: stderr.replace(file, 'FILE') };
  }

  it('passes a package.json that is filled in', () => {
    assert.deepEqual(check(FILLED), { passed: true, told: '' });
  });

  const mistakes: readonly (readonly [told: string, change: object])[] = [
    ['homepage is missing', { homepage: undefined }],
    ['bugs is missing', { bugs: {} }],
    ['author is a placeholder (OWNER)', { author: 'OWNER' }],
    ['author is a placeholder (A B a@example.com)', { author: { name: 'A B', email: 'a@example.com' } }],
    ['homepage is a placeholder (https://example.invalid/)', { homepage: 'https://example.invalid/' }],
    ['homepage is missing; author is missing', { homepage: '', author: null }],
  ];
  for (const [told, change] of mistakes) {
    it(`says in one line: ${told}`, () => {
      assert.deepEqual(check({ ...FILLED, ...change }), {
        passed: false,
        told: `FILE cannot be published: ${told}\n`,
      });
    });
  }

  it('compares the repository with that of the workflow', () => {
    const environment = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'somebody/project' };
    assert.deepEqual(check(FILLED, environment), { passed: true, told: '' });
    const { passed, told } = check(FILLED, { ...environment, GITHUB_REPOSITORY: 'else/project' });
    assert.equal(passed, false);
    assert.match(told, /repository\.url is git\+https:\/\/github\.com\/somebody\/project\.git, the workflow/);
  });

  it('runs before npm publish, in the workflow and by hand', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    assert.equal(scripts['prepublishOnly'], 'node scripts/check-release.mjs');
    const workflow = parse(readFileSync(path.join(ROOT, '.github/workflows/release.yml'), 'utf8')) as {
      jobs: { publish: { steps: readonly { run?: string }[] } };
    };
    const commands = workflow.jobs.publish.steps.map(({ run = '' }) => run);
    const checked = commands.indexOf('node scripts/check-release.mjs');
    assert.ok(checked >= 0);
    assert.ok(checked < commands.findIndex((command) => command.startsWith('npm publish')));
  });
});
