import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { readPage, relativeLinks, resolveLink } from '../support/pages.js';

const REPOSITORY = path.resolve(__dirname, '../../..');
const ALLOWED = [
  /^(package\.json|LICENSE|(README|CHANGELOG|UPGRADING|SECURITY)\.md)$/,
  /^dist\/package\/[\w-]+\.js$/,
  /^dist\/package\/ws\.mjs$/,
  /^dist\/package\/types\/.*\.d\.m?ts$/,
  /^dist\/package\/vendor\/([\w-]+\.js|LICENCES\.txt)$/,
  /^test\/scenarios\/([\w-]+\/)?[\w-]+\.(md|json)$/,
  /^docs\/(guides\/)?[\w-]+\.(md|svg)$/,
  /^prebuilds\/(README\.md|win32-(x64|arm64)\/websocket-protocol-component\.node)$/,
];

/**
 * Links of published pages to files that only the repository has. A registry's page resolves them through `repository`
 * of package.json, which `scripts/check-release.mjs` checks.
 */
const ONLY_IN_THE_REPOSITORY = [
  'README.md: CONTRIBUTING.md',
  'README.md: examples/README.md',
  'docs/component.md: lib/component/contract.ts',
  'docs/electron.md: examples/electron-utility/main.cjs',
  'docs/electron.md: examples/electron/main.cjs',
  'docs/guides/backends.md: lib/component/contract.ts',
  'docs/guides/electron.md: examples/electron-utility/main.cjs',
  'docs/guides/electron.md: examples/electron/main.cjs',
  'docs/guides/from-socket-io.md: examples/socket-io/server.mjs',
];

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

function npm(
  args: readonly string[],
  cwd: string,
): { status: number | null; output: string; stdout: string } {
  const { status, stdout, stderr } = spawnSync('npm', args, {
    cwd,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  return { status, stdout, output: `${stdout}${stderr}` };
}

describe('the tarball', function () {
  this.timeout(300_000);
  let folder: string;
  let packed: Packed;

  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'wspc-'));
    const { status, stdout, output } = npm(
      ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
      REPOSITORY,
    );
    assert.equal(status, 0, output);
    packed = (JSON.parse(stdout) as Packed[])[0]!;
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('has the expected files and no others', () => {
    const paths = packed.files.map((file) => file.path);
    assert.deepEqual(
      paths.filter((file) => !ALLOWED.some((pattern) => pattern.test(file))),
      [],
    );
    for (const file of ['dist/package/index.js', 'dist/package/wspc.js', 'test/scenarios/send.md']) {
      assert.ok(paths.includes(file), file);
    }
    assert.ok(paths.length < 300, `${paths.length} files`);
  });

  it('has the files that its pages link to, but for those of the repository alone', () => {
    const files = packed.files.map((file) => file.path);
    const pages = files.filter((file) => file.endsWith('.md'));
    assert.ok(pages.includes('README.md') && pages.includes('docs/ws.md'));
    const outside = new Set<string>();
    for (const page of pages) {
      for (const { target } of relativeLinks(readPage(page))) {
        const { file } = resolveLink(page, target);
        if (!files.some((one) => one === file || one.startsWith(`${file.replace(/\/$/, '')}/`)))
          outside.add(`${page}: ${file}`);
      }
    }
    assert.deepEqual([...outside].sort(), ONLY_IN_THE_REPOSITORY);
  });

  it('has no install script, and no file that npm would take for one', () => {
    const { scripts, gypfile } = JSON.parse(readFileSync(path.join(REPOSITORY, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
      gypfile: boolean;
    };
    assert.equal(gypfile, false);
    // npm never runs 'postprepare', which compiles a checkout, for a dependency, wherever it came from.
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
      assert.equal(name in scripts, false, name);
    assert.equal(
      packed.files.some((file) => file.path.endsWith('binding.gyp') || file.path.startsWith('native/')),
      false,
    );
  });

  it('is installed without a message about scripts, and works', () => {
    const project = mkdtempSync(path.join(folder, 'project-'));
    writeFileSync(path.join(project, 'package.json'), '{ "name": "project", "private": true }');
    const { status, output } = npm(
      ['install', '--no-audit', '--no-fund', '--loglevel', 'info', path.join(folder, packed.filename)],
      project,
    );
    assert.equal(status, 0, output);
    assert.doesNotMatch(
      output,
      /node-gyp(?!-build)|rebuild|allow-?scripts|install-?scripts|install scripts/i,
    );
    const installed = path.join(project, 'node_modules/websocket-protocol-component');
    assert.equal(existsSync(path.join(installed, 'build')), false);
    const program = `
      const assert = require('node:assert');
      const { component, portable, nativeUnavailableReason } = require('websocket-protocol-component/component');
      assert.equal(portable.backend, 'portable');
      assert.equal(component.backend === 'native', nativeUnavailableReason() === undefined);
      import('websocket-protocol-component/portable').then(({ portable: same, Action }) => {
        assert.equal(same, portable);
        assert.equal(Action.SendToNetwork, 1);
        if (component.backend === 'native') return;
        assert.throws(() => require('websocket-protocol-component/native'), { code: 'ERR_NATIVE_UNAVAILABLE' });
      });`;
    const run = spawnSync(process.execPath, ['-e', program], { cwd: project, encoding: 'utf8' });
    assert.deepEqual({ status: run.status, errors: run.stderr }, { status: 0, errors: '' });
  });
});
