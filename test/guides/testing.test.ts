import { strict as assert } from 'node:assert';
import path from 'node:path';

import { describeGuide } from '../support/page-programs.js';
import { ROOT } from '../support/pages.js';

const MOCHA = path.join(ROOT, 'node_modules/mocha/bin/mocha.js');

describeGuide('testing', [], (guide) => {
  /** Runs a test file to the end of its process, and returns how many tests passed. */
  async function passing(file: string, args: readonly string[], pattern: RegExp): Promise<number> {
    guide.file('chat.mjs');
    // A test of node:test inside of a test of node:test would print for its parent, not for people.
    const env = { NODE_TEST_CONTEXT: undefined };
    const program = guide.startCommand(process.execPath, [...args, guide.file(file)], env);
    assert.equal(await program.ended(), 0, program.output + program.errors);
    return Number(pattern.exec(program.output)?.[1]);
  }

  for (const [file, tests] of [
    ['chat.test.mjs', 3],
    ['memory.test.mjs', 1],
    ['timers.test.mjs', 1],
  ] as const) {
    it(`${file} passes with node:test, and its process ends`, async () => {
      const args = ['--test', '--test-reporter=tap'];
      assert.equal(await passing(file, args, /^# pass (\d+)$/m), tests);
    });
  }

  it('mocha.test.mjs passes with mocha, and its process ends', async () => {
    assert.equal(await passing('mocha.test.mjs', [MOCHA, '--no-config'], /(\d+) passing/), 1);
  });
});
