import { strict as assert } from 'node:assert';

import fc from 'fast-check';

import { loadNative, portable } from '../../lib/component/index.js';
import { comparable } from './ambiguities.js';
import { perform } from './perform.js';
import { scenarios } from './scenario.js';

const NUMBER = Number(process.env['WSPC_CASES'] ?? 5_000);

describe('portable and native', () => {
  it(`do the same in ${NUMBER} random scenarios`, function () {
    this.timeout(0);
    const native = loadNative();
    let ambiguous = 0;
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const traces = comparable(perform(native, scenario), perform(portable, scenario));
        if (traces.item !== undefined) ambiguous++;
        assert.deepEqual(traces.native, traces.portable);
      }),
      { numRuns: NUMBER },
    );
    assert.ok(ambiguous < NUMBER / 50, `${ambiguous} of ${NUMBER} scenarios met an open question`);
  });
});
