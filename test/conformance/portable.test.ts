import { portable } from '../../lib/component/portable/index.js';
import { ActionLoop, openSession } from '../../lib/session/index.js';
import { conformance } from './index.js';

describe('conformance of the portable engine', () => {
  conformance({
    test: it,
    factory: () => portable,
    supports: { diagnostics: true },
    drivers: {
      'action loop': (handle) => openSession(handle, { driver: 'action-loop' }),
      'action loop, both queues, one buffer': (handle) =>
        new ActionLoop(handle, { queues: 'all', capacity: 1 }),
      'bulk driver': (handle) => openSession(handle),
    },
  });
});
