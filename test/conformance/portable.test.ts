import { portable } from '../../lib/component/portable/index.js';
import { DRIVERS } from '../support/conformance-drivers.js';
import { conformance } from './index.js';

describe('conformance of the portable engine', () => {
  conformance({
    test: it,
    factory: () => portable,
    supports: { diagnostics: true },
    drivers: DRIVERS,
  });
});
