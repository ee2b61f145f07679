import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { figure } from '../hostile/figures.js';
import { FAULTS_OF_THE_STAND_IN, removeCopies, standInWith } from '../support/planted.js';

const REPOSITORY = path.resolve(__dirname, '../../..');
const SCRIPT = path.join(REPOSITORY, 'scripts/wspc-in-wine.mjs');
/** Most seconds until a fault is found. */
const LONGEST = 60;

interface Printed {
  readonly runs: number;
  readonly seconds: number;
  readonly finding: { readonly document: string } | null;
}

function fuzz(options: readonly string[], seconds: number): Printed & { readonly status: number | null } {
  const output = path.join(REPOSITORY, '.cache/planted.md');
  const args = [
    'parity',
    'fuzz',
    '--seed',
    '1',
    '--time',
    String(seconds),
    '--output',
    `Z:${output}`,
    '--json',
  ];
  const { status, stdout } = spawnSync(process.execPath, [SCRIPT, ...options, '--', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 26,
  });
  return { status, ...(JSON.parse(stdout) as Printed) };
}

describe('faults planted in the stand-in', () => {
  after(removeCopies);

  for (const fault of FAULTS_OF_THE_STAND_IN) {
    it(`are found by fuzz: ${fault.name}`, () => {
      const { status, finding, runs, seconds } = fuzz([`--stand-in=${standInWith(fault)}`], LONGEST);
      assert.ok(finding !== null, `${runs} scripts`);
      assert.equal(status, 1);
      assert.match(finding.document, /^```scenario$/m);
      figure(`fault of the stand-in: ${fault.name}`, `${seconds} s, ${runs} scripts`);
    });
  }

  it('are not reported without a planted fault', () => {
    const { status, finding, runs } = fuzz([], 20);
    assert.equal(finding?.document, undefined);
    assert.equal(status, 0);
    assert.ok(runs > 100, String(runs));
  });
});
