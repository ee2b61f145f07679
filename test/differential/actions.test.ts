import { strict as assert } from 'node:assert';

import { loadNative, portable } from '../../lib/component/index.js';
import { fuzz } from '../../lib/parity/fuzz.js';

const NUMBER = Number(process.env['WSPC_CASES'] ?? 5_000);
const SEED = Number(process.env['WSPC_SEED'] ?? 1);

describe('portable and native', () => {
  it(`give the same answers in ${NUMBER} random scripts`, function () {
    this.timeout(0);
    const { finding, openQuestions } = fuzz(
      { left: loadNative(), right: portable },
      { seed: SEED, runs: NUMBER },
    );
    assert.equal(finding?.document, undefined);
    const ambiguous = Object.values(openQuestions).reduce((sum, count) => sum + count, 0);
    assert.ok(ambiguous < NUMBER / 25, `${ambiguous} of ${NUMBER} scripts met an open question`);
  });
});
