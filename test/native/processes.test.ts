import { strict as assert } from 'node:assert';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { ODD_ANSWERS } from '../support/odd-answers.js';
import { runChild } from './child.js';

const STEPS = 16;

describe('a process with the native backend', () => {
  for (const how of ['end', 'exit']) {
    it(`ends properly after each step of a session (${how})`, () => {
      for (let count = 0; count <= STEPS; count++) {
        const { status, signal, output } = runChild('stop-at', [String(count), how]);
        assert.deepEqual(
          { status, signal, output },
          { status: 0, signal: null, output: `${STEPS} steps, did ${count}\n` },
        );
      }
    });
  }

  // The sanitizer keeps freed memory for a while.
  if (process.env['WSPC_NATIVE_LEG'] !== 'asan') {
    it('keeps its memory when it drops 100,000 handles', function () {
      this.timeout(600_000);
      const { status, output } = runChild('dropped', [], { flags: ['--expose-gc'] });
      assert.equal(status, 0, output);
      const growth = Number(/^native grew by (-?\d+) bytes/.exec(output)?.[1]);
      // A handle has at least 8 KiB. If one in a hundred were kept, that would be 4 MiB or more.
      assert.ok(growth < 4 * 1024 * 1024, output);
    });
  }

  it('has handles in several Workers at once, and ends Workers', () => {
    const { status, output } = runChild('workers');
    assert.deepEqual({ status, output }, { status: 0, output: 'native workers done\n' });
  });

  it('ends Workers, and itself, while the addon is at work', function () {
    this.timeout(600_000);
    const { status, output } = runChild('endings');
    assert.deepEqual({ status, output }, { status: 0, output: '24 Workers ended\n' });
  });

  it('survives every call of the addon with every argument', function () {
    this.timeout(600_000);
    const { status, output } = runChild('addon', ['5000']);
    assert.equal(status, 0, output);
    assert.match(output, /^5000 calls of 16 functions$/m);
  });

  it('closes and calls no live handle in place of a dead one', () => {
    const { status, output } = runChild('identity', [], { flags: ['--expose-gc'] });
    assert.deepEqual(
      { status, output },
      { status: 0, output: 'a stale driver: E_HANDLE\n540 of 540 answer\n' },
    );
  });

  it('runs no JavaScript inside of the addon, even with getters and setters everywhere', () => {
    const { status, output } = runChild('hostile');
    assert.equal(status, 0, output);
    assert.match(output, /^\d{3} calls among ambushes$/m);
  });

  // Only this stand-in is compiled with these answers. In Wine, test/wine/unexpected-answers.test.ts uses its own.
  if (process.env['WSPC_NATIVE_LEG'] === 'asan') {
    it('never makes data from answers that the notes do not allow', () => {
      const { status, output } = runChild('odd');
      assert.deepEqual(output.trimEnd().split('\n'), ODD_ANSWERS);
      assert.equal(status, 0);
    });
  }

  it('works under another name than node.exe', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'wspc-'));
    try {
      const host = path.join(folder, 'electron.exe');
      copyFileSync(process.execPath, host);
      const { status, output } = runChild('stop-at', ['16'], { host });
      assert.deepEqual({ status, output }, { status: 0, output: '16 steps, did 16\n' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
