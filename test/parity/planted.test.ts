import { strict as assert } from 'node:assert';

import { portable } from '../../lib/component/index.js';
import { fuzz } from '../../lib/parity/fuzz.js';
import { figure } from '../hostile/figures.js';
import { FAULTS_OF_THE_ENGINE, engineWith, removeCopies } from '../support/planted.js';

/** Most milliseconds until a fault is found. */
const LONGEST = 60_000;

describe('faults planted in the engine', function () {
  this.timeout(2 * LONGEST);
  after(removeCopies);

  for (const fault of FAULTS_OF_THE_ENGINE) {
    it(`are found by fuzz: ${fault.name}`, () => {
      const start = performance.now();
      const { finding, runs } = fuzz(
        { left: engineWith(fault), right: portable },
        { seed: 1, time: LONGEST },
      );
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      assert.ok(finding !== null, `${runs} scripts`);
      assert.ok(finding.statements.length <= finding.statementsBefore);
      assert.match(finding.document, /^```scenario$/m);
      figure(`fault of the engine: ${fault.name}`, `${seconds} s, ${runs} scripts`);
    });
  }
});
