import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

import { randomMaskKey } from '../../../lib/component/portable/random.js';

const crypto = createRequire(__filename)('node:crypto') as {
  randomFillSync: (pool: Int32Array) => Int32Array;
};

describe('a mask key', () => {
  it('is never 0, since a frame with that key is not copied', () => {
    const { randomFillSync } = crypto;
    crypto.randomFillSync = (pool) => pool.map((_, index) => (pool[index] = index % 2));
    try {
      for (let count = 0; count < 20_000; count++) assert.notEqual(randomMaskKey(), 0);
    } finally {
      crypto.randomFillSync = randomFillSync;
    }
    // The numbers of this test are used up.
    const keys = new Set<number>();
    for (let count = 0; count < 20_000; count++) keys.add(randomMaskKey());
    assert.ok(keys.size > 10_000);
  });
});
