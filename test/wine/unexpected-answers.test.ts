/**
 * Unexpected answers that Windows may give all the same. They must never become data, and the data before them must
 * be delivered. The whole suites of session and connection run with both drivers over stand-ins with every
 * alternative that changes how a session is driven.
 */
import { strict as assert } from 'node:assert';

import { ODD_ANSWERS } from '../support/odd-answers.js';
import { inWine } from './wine.js';

const define = (name: string): string => `-DSTAND_IN_${name}`;

const PONGS_BETWEEN_SLICES = 'a pong between two slices of a frame';

/** Alternatives that do not affect each other are tried together. */
const ALTERNATIVES: Readonly<Record<string, readonly string[]>> = {
  'pongs with types of their own, reads and frames in one piece': [
    'QP5_UNSOLICITED=1',
    'QP2_PONG_TYPE=0x80000006u',
    'QP2_TWO_BUFFERS=0',
    'QS1_CONTIGUOUS=1',
    'QR1_EXACT_READS=1',
    'QR5_TYPE=1',
    'QR5_COUNT=1',
    'QA2_INDICATE_AT_ONCE=1',
  ],
  'frames cut up, reads that fill their buffer, pongs after a close': [
    'QS2_CONTINUATION_FRAMES=1',
    'QS2_SLICE_RESERVE=14',
    'QR2_FILL_FIRST=1',
    'QP4_NEWEST_ONLY=1',
    'QP7_ANSWER_AFTER_CLOSE=1',
  ],
  [PONGS_BETWEEN_SLICES]: ['QP3_PONG_BETWEEN_SLICES=1'],
};

/** What more is run, by the alternatives that it is about. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  [PONGS_BETWEEN_SLICES]: ['dist/test/between-slices/*.test.js', 'dist/test/component/take-output.test.js'],
};

describe('a stand-in with unexpected answers', () => {
  for (const [what, names] of Object.entries(ALTERNATIVES)) {
    it(`passes the suites of session and connection: ${what}`, async () => {
      const run = await inWine(names.map(define));
      const files = ['session', 'connection'].map((folder) => `dist/test/${folder}/**/*.test.js`);
      const options = ['--no-config', '--timeout', '120000', '--exit', '--reporter', 'dot'];
      const env = { WSPC_BACKEND: 'native', WSPC_NATIVE_LEG: 'wine', WSPC_CASES: '20' };
      const { status, output } = run(
        'node_modules/mocha/bin/mocha.js',
        [...options, ...files, ...(MORE[what] ?? [])],
        { env: { ...env, ...(what === PONGS_BETWEEN_SLICES && { WSPC_PONGS_BETWEEN_SLICES: '1' }) } },
      );
      assert.equal(status, 0, output);
      assert.ok(Number(/(\d+) passing/.exec(output)?.[1]) > 1000, output);
    });
  }

  for (const [code, value] of [
    ['E_INVALIDARG', '0x80070057u'],
    ['E_HANDLE', '0x80070006u'],
  ] as const) {
    it(`delivers the data before a failure of GetAction with ${code}`, async () => {
      const run = await inWine([define(`QE1_UTF8=${value}`)]);
      const { output } = run('dist/test/native/children/before-the-offence.js');
      const seen = `one two ${code} ${code} 8a027070`;
      assert.equal(output, `auto: ${seen}\naction-loop: ${seen}\n`);
    });
  }

  it('never makes data from answers that the notes do not allow', async () => {
    const run = await inWine(['-DSTAND_IN_ODDITIES']);
    const { status, output } = run('dist/test/native/children/odd.js');
    assert.deepEqual(output.trimEnd().split('\n'), ODD_ANSWERS);
    assert.equal(status, 0);
  });
});
