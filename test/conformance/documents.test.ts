import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderBehaviour } from './behaviour.js';
import { packageRoot, readDocuments } from '../../lib/parity/scenario/documents.js';
import { specCoverage } from '../../lib/parity/spec-coverage.js';

describe('scenario documents', () => {
  it('cover every item, every diagnostic and every open question', () => {
    const { uncovered, mistakes } = specCoverage();
    assert.deepEqual(mistakes, []);
    assert.deepEqual(uncovered, []);
  });

  it('agree with docs/behaviour.md (npm run docs:behaviour)', () => {
    const written = readFileSync(join(packageRoot(), 'docs', 'behaviour.md'), 'utf8');
    assert.equal(written, renderBehaviour(readDocuments(), specCoverage()));
  });

  it('report an item that no scenario names', () => {
    const spec = { items: [{ id: 'B1-1', text: 'x', tags: [] }], diagnostics: [], questions: [] };
    assert.deepEqual(specCoverage([], spec, []).uncovered, ['B1-1']);
    const table = [{ id: 'B1-1', reason: 'because', instead: 'elsewhere' }];
    assert.deepEqual(specCoverage([], spec, table).uncovered, []);
  });
});
