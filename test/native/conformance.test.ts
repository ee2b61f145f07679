import { loadNative } from '../../lib/component/index.js';
import { ActionLoop, openSession } from '../../lib/session/index.js';
import { conformance } from '../conformance/index.js';

describe('conformance of the native backend', () => {
  conformance({
    test: it,
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
