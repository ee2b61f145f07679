import { strict as assert } from 'node:assert';

import { loadNative } from '../../lib/component/index.js';
import { ActionLoop, openSession } from '../../lib/session/index.js';
import { conformance, ScenarioFailure } from '../conformance/index.js';
import { AMBIGUOUS_SCENARIOS, isStandIn } from './ambiguities.js';

describe('conformance of the native backend', () => {
  conformance({
    test(name, body) {
      const question = isStandIn ? AMBIGUOUS_SCENARIOS[name] : undefined;
      if (question === undefined) return it(name, body);
      return it(`${name} is not what the stand-in made of ${question}`, () => {
        assert.throws(body, ScenarioFailure);
      });
    },
    factory: loadNative,
    // The DLL names its diagnostics to event tracing only.
    supports: { diagnostics: false },
    drivers: {
      'action loop': (handle) => openSession(handle, { driver: 'action-loop' }),
      'action loop, both queues, one buffer': (handle) =>
        new ActionLoop(handle, { queues: 'all', capacity: 1 }),
      'bulk driver': (handle) => openSession(handle),
    },
  });
});
