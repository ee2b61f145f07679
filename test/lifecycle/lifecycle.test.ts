import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'mocha';
import { FAULTS } from './faults.js';

const ROOT = path.resolve(__dirname, '../../..');
const OWN = path.join(ROOT, 'dist');

interface Run {
  readonly status: number | null;
  readonly output: string;
}

/** Plays interleavings in a separate process. Its uncaught errors are part of the outcome. */
function play(dist: string, ...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [path.join(dist, 'test/lifecycle/main.js'), ...args], {
      cwd: ROOT,
      // A copy of the library does not find the addon, and warns on Windows.
      env: dist === OWN ? process.env : { ...process.env, WSPC_BACKEND: 'portable' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += String(chunk)));
    child.stderr.on('data', (chunk: Buffer) => (output += String(chunk)));
    child.on('close', (status) => resolve({ status, output }));
  });
}

describe('the life cycle', function () {
  this.timeout(180_000);

  it('holds in 150 random interleavings of peers and programs', async () => {
    const { status, output } = await play(OWN, '--inputs', '150', '--seed', '1', '--time', '150');
    assert.equal(status, 0, output);
    assert.match(output, /lifecycle: 150 interleavings, \d+ commands, 0 failures/);
  });

  for (const { name, also, ...first } of FAULTS) {
    it(`is found broken within 60 s where ${name}`, async () => {
      mkdirSync(path.join(ROOT, '.cache'), { recursive: true });
      const folder = mkdtempSync(path.join(ROOT, '.cache', 'planted-'));
      try {
        const dist = path.join(folder, 'dist');
        cpSync(OWN, dist, { recursive: true });
        symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
        for (const { file, from, to } of also === undefined ? [first] : [first, also]) {
          const planted = path.join(dist, 'lib', file);
          const source = readFileSync(planted, 'utf8');
          assert.equal(source.split(from).length, 2, `${file} has no single place for this fault`);
          writeFileSync(planted, source.replace(from, to));
        }
        const { status, output } = await play(dist, '--time', '60', '--seed', '1');
        assert.notEqual(status, 0, output);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
});
