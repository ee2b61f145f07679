import { strict as assert } from 'node:assert';
import { createComponent } from '../../lib/component/component.js';
import { portableBackend } from '../../lib/component/portable/backend.js';
import { portable } from '../../lib/component/portable/index.js';
import { DRIVERS } from '../support/conformance-drivers.js';
import { conformance, failures } from './index.js';

describe('a component of another package, by a name of its own', () => {
  it('passes the suite', () => {
    const third = createComponent({ ...portableBackend, name: 'third' });
    assert.equal(third.createClientHandle().backend, 'third');
    assert.deepEqual([...failures(third, { diagnostics: true })], []);
  });
});

describe('conformance of the portable engine', () => {
  conformance({
    test: it,
    factory: () => portable,
    supports: { diagnostics: true },
    drivers: DRIVERS,
  });
});
