import { loadNative } from '../../lib/component/index.js';
import { conformance } from '../conformance/index.js';
import { DRIVERS } from '../support/conformance-drivers.js';

describe('conformance of the native backend', () => {
  conformance({
    test: it,
    factory: loadNative,
    // The DLL reports its diagnostics to event tracing only.
    supports: { diagnostics: false },
    drivers: DRIVERS,
  });
});
