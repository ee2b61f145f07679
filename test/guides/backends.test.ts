import { strict as assert } from 'node:assert';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { describeGuide } from '../support/page-programs.js';
import { ROOT } from '../support/pages.js';
import type { Program } from '../support/program.js';

const MOCHA = [path.join(ROOT, 'node_modules/mocha/bin/mocha.js'), '--no-config'];
const NODE_TEST = ['--test', '--test-reporter=tap'];

/** The first failures of a suite, which prints a line for each scenario. */
function failuresOf({ output, errors }: Program): string {
  return (
    [...output.matchAll(/^.*(?:not ok|ScenarioFailure:).*(?:\n.*){8}/gm)].slice(0, 3).join('\n') + errors
  );
}

describeGuide('backends', [], (guide) => {
  before(() => guide.compile());

  /** Runs a compiled test file. */
  function start(file: string, args: readonly string[]): Program {
    // A test of node:test inside of a test of node:test would print for its parent, not for people.
    return guide.startCommand(process.execPath, [...args, path.join(guide.folder, file)], {
      NODE_TEST_CONTEXT: undefined,
    });
  }

  it('passes the suite with node:test', async () => {
    const suite = start('backend.test.mjs', NODE_TEST);
    assert.equal(await suite.ended(), 0, failuresOf(suite));
    const [, passed] = /^# pass (\d+)$/m.exec(suite.output)!;
    assert.ok(Number(passed) > 500, passed);
  });

  it('passes the suite with mocha', async () => {
    const suite = start('backend.spec.mjs', MOCHA);
    assert.equal(await suite.ended(), 0, failuresOf(suite));
    const [, passed] = /(\d+) passing/.exec(suite.output)!;
    assert.ok(Number(passed) > 100, passed);
  });

  it('fails the suite with a mistake in it', async () => {
    const file = path.join(guide.folder, 'backend.mjs');
    const text = readFileSync(file, 'utf8');
    const mistaken = text.replace('this.#inner.abort();', '');
    assert.notEqual(mistaken, text);
    writeFileSync(file, mistaken);
    try {
      const suite = start('backend.spec.mjs', MOCHA);
      assert.notEqual(await suite.ended(), 0);
      assert.match(suite.output, /test\/scenarios\/[a-z0-9/-]+\.md:\d+: /);
    } finally {
      writeFileSync(file, text);
    }
  });

  it('carries connections', async () => {
    assert.equal(await guide.run('use.mts'), guide.fragment(/It prints:/));
  });
});
