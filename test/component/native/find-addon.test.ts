import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findAddon } from '../../../lib/component/native/find-addon.js';
import { IDENTITY, NAME, VERSION } from '../../../lib/component/native/identity.js';

const ROOT = path.resolve(__dirname, '../../../..');

describe('the identity of the addon', () => {
  it('agrees with package.json', () => {
    const { name, version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      name: string;
      version: string;
    };
    assert.deepEqual([NAME, VERSION], [name, version]);
  });

  it('agrees with the source of the addon', () => {
    const source = readFileSync(path.join(ROOT, 'native/addon.cc'), 'utf8');
    assert.ok(source.includes(`kIdentity[] = "${IDENTITY}"`));
  });
});

describe('an addon that the program names', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(path.join(tmpdir(), 'addon-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const file = (content: string): string => {
    const name = path.join(folder, 'some.node');
    writeFileSync(name, content);
    return name;
  };

  it('is taken if it has the identity', () => {
    const named = file(`MZ ${IDENTITY}\0 rest`);
    assert.equal(findAddon(named), named);
  });

  it('is refused if its path is relative', () => {
    assert.throws(() => findAddon('some.node'), { message: /absolute path, not some\.node/ });
  });

  it('is refused if there is no such file', () => {
    assert.throws(() => findAddon(path.join(folder, 'none.node')), { message: /cannot be read: ENOENT/ });
  });

  it('is refused if it is another file', () => {
    assert.throws(() => findAddon(file('MZ a library of somebody')), {
      message: /is not the addon of websocket-protocol-component/,
    });
  });

  it('is refused if it is of another version', () => {
    assert.throws(() => findAddon(file(`MZ ${NAME}@9.9.9\0`)), { message: /the addon of another version/ });
    assert.throws(() => findAddon(file(`MZ ${IDENTITY}1\0`)), { message: /the addon of another version/ });
  });
});

/** Runs the compiled file in a folder, as on Windows with an x64 processor, and prints its result. */
function find(dist: string, env: NodeJS.ProcessEnv = {}): string {
  const script = `
    Object.defineProperty(process, 'platform', { value: 'win32' });
    Object.defineProperty(process, 'arch', { value: 'x64' });
    try { console.log(require(process.argv[1]).findAddon(undefined)); } catch (error) { console.log(error.message); }`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script, dist], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  assert.equal(stderr, '');
  return stdout.trim();
}

describe('the addon of the package', () => {
  let folder: string;
  let place: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'é 用户 '));
    place = path.join(folder, 'dist/lib/component/native');
    mkdirSync(place, { recursive: true });
    for (const name of ['find-addon.js', 'identity.js'])
      copyFileSync(path.join(ROOT, 'dist/lib/component/native', name), path.join(place, name));
    // Not cpSync: in Node 22 on Windows it garbles names with letters of other alphabets.
    const loader = path.join(folder, 'node_modules/node-gyp-build');
    mkdirSync(loader, { recursive: true });
    for (const name of readdirSync(path.join(ROOT, 'node_modules/node-gyp-build')))
      copyFileSync(path.join(ROOT, 'node_modules/node-gyp-build', name), path.join(loader, name));
    copyFileSync(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const put = (...parts: string[]): string => {
    const file = path.join(folder, ...parts);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, '');
    return file;
  };
  const found = (env?: NodeJS.ProcessEnv): string => find(path.join(place, 'find-addon.js'), env);

  it('is the prebuild of the processor', () => {
    put('prebuilds/win32-arm64', `${NAME}.node`);
    assert.equal(found(), 'the package has no binary for win32-x64');
    const file = put('prebuilds/win32-x64', `${NAME}.node`);
    assert.equal(found(), file);
  });

  it('is the one built here in a checkout, and only there', () => {
    const built = put('build/Release', `${NAME}.node`);
    assert.equal(found(), 'the package has no binary for win32-x64');
    put('binding.gyp');
    assert.equal(found(), built);
  });

  it('does not depend on variables of the environment', () => {
    const file = put('prebuilds/win32-x64', `${NAME}.node`);
    put('prebuilds/linux-mips', `${NAME}.node`);
    const variables = {
      npm_config_arch: 'mips',
      npm_config_platform: 'linux',
      WEBSOCKET_PROTOCOL_COMPONENT_PREBUILD: '/nowhere',
      PREBUILDS_ONLY: '1',
    };
    assert.equal(found(variables), file);
  });

  it('is not looked for where the package.json is of another package, of another version, or not there', () => {
    put('prebuilds/win32-x64', `${NAME}.node`);
    for (const content of ['{ "name": "other" }', `{ "name": "${NAME}", "version": "0.0.1" }`, '[]']) {
      writeFileSync(path.join(folder, 'package.json'), content);
      // Node 22 refuses a list by itself.
      assert.match(
        found(),
        content === '[]' ? /^this program is bundled|^Invalid package config/ : /^this program is bundled/,
      );
    }
    rmSync(path.join(folder, 'package.json'));
    assert.match(found(), /^this program is bundled/);
  });

  it('is never looked for above a bundle', () => {
    put('prebuilds/win32-x64', `${NAME}.node`);
    put('build/Release', `${NAME}.node`);
    put('binding.gyp');
    const bundle = path.join(place, 'bundle.js');
    copyFileSync(path.join(place, 'find-addon.js'), bundle);
    assert.match(find(bundle), /^this program is bundled/);
  });
});
