import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const REPOSITORY = path.resolve(__dirname, '../../..');

/** Modules of Node that the package loads only when they are needed. */
const LATE = ['crypto', 'http', 'http2', 'https', 'net', 'stream/web', 'tls', 'worker_threads', 'zlib'];

/** The modules of {@link LATE} that an import of this entry loads. */
function loadedBy(entry: string): string[] {
  const program = `
    const before = new Set(process.moduleLoadList);
    require(${JSON.stringify(`websocket-protocol-component${entry}`)});
    const loaded = process.moduleLoadList.filter((name) => !before.has(name));
    process.stdout.write(loaded.join());`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
    cwd: REPOSITORY,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return LATE.filter((name) => stdout.split(',').includes(`NativeModule ${name}`));
}

describe('an import of the package', () => {
  it('loads what an entry needs at once: ./topics', () => {
    assert.ok(loadedBy('/topics').includes('worker_threads'));
  });

  for (const entry of ['', '/component', '/portable', '/ws']) {
    it(`loads no module of Node that is not needed yet: .${entry}`, () => {
      assert.deepEqual(loadedBy(entry), []);
    });
  }
});
