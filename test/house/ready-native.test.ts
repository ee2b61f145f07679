import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const SCRIPT = path.resolve(__dirname, '../../../scripts/ready-native.mjs');

interface Machine {
  readonly platform: string;
  readonly arch: string;
  readonly hasBinary: boolean;
  readonly hasTools: (component: string) => boolean;
}

describe('npm start in a checkout', () => {
  let decide: (machine: Machine) => string;
  before(async () => {
    ({ decide } = (await import(pathToFileURL(SCRIPT).href)) as { decide: typeof decide });
  });

  const windows = { platform: 'win32', arch: 'x64', hasBinary: false, hasTools: () => true };

  it('builds the addon on Windows if there are tools but no binary', () => {
    assert.equal(decide(windows), 'build');
    assert.equal(decide({ ...windows, arch: 'arm64' }), 'build');
  });

  it('asks for the compiler of the processor', () => {
    const asked: string[] = [];
    const hasTools = (component: string): boolean => asked.push(component) === 0;
    decide({ ...windows, hasTools });
    decide({ ...windows, arch: 'arm64', hasTools });
    assert.deepEqual(asked, [
      'Microsoft.VisualStudio.Component.VC.Tools.x86.x64',
      'Microsoft.VisualStudio.Component.VC.Tools.ARM64',
    ]);
  });

  it('says in one line what to install if the tools are missing', () => {
    const line = decide({ ...windows, hasTools: () => false });
    assert.match(
      line,
      /^The TypeScript engine will answer: .*Desktop development with C\+\+.*npm start again\.$/,
    );
  });

  it('says that there is no addon for other processors', () => {
    assert.match(decide({ ...windows, arch: 'mips' }), /no addon for Windows on mips/);
  });

  it('does nothing if there is a binary, or on other systems', () => {
    assert.equal(decide({ ...windows, hasBinary: true }), 'ready');
    assert.equal(decide({ ...windows, platform: 'linux' }), 'ready');
    const { status, stdout } = spawnSync(process.execPath, [SCRIPT], { encoding: 'utf8' });
    assert.deepEqual([status, stdout], [0, '']);
  });
});
