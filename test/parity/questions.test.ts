import { strict as assert } from 'node:assert';

import { portable } from '../../lib/component/index.js';
import { recordBundle } from '../../lib/parity/bundle.js';
import type { Bundle, ScenarioRecord } from '../../lib/parity/bundle.js';
import { judgeQuestions } from '../../lib/parity/questions.js';
import type { JudgedQuestion } from '../../lib/parity/questions.js';
import { readDocuments } from '../../lib/parity/scenario/documents.js';
import { readSpecItems } from '../../lib/parity/spec-coverage.js';

const documents = readDocuments().filter(({ file }) => file.includes('probes/'));
const { questions } = readSpecItems();
const recorded = recordBundle(documents, portable);

/** The verdicts after every record of the question has been changed. */
function judged(id: string, change: (record: ScenarioRecord) => ScenarioRecord | null): JudgedQuestion {
  const scenarios = recorded.scenarios.flatMap(
    (record) => (record.questions.includes(id) ? change(record) : record) ?? [],
  );
  const bundle: Bundle = { ...recorded, scenarios };
  const found = judgeQuestions(bundle, documents, questions).find((question) => question.id === id);
  return found ?? assert.fail(id);
}

describe('the verdict on an open question', () => {
  it('is "confirmed" if all recorded scenarios agree with their documents', () => {
    const all = judgeQuestions(recorded, documents, questions);
    assert.deepEqual(
      all.map(({ id }) => id),
      questions.map(({ id }) => id),
    );
    assert.deepEqual(
      all.filter(({ verdict }) => verdict === 'contradicted'),
      [],
    );
    const confirmed = all.filter(({ verdict }) => verdict === 'confirmed');
    assert.ok(confirmed.length > 20);
    assert.ok(confirmed.every(({ recorded: number }) => number > 0));
  });

  it('is "contradicted" if one of them has another answer', () => {
    let name = '';
    const { verdict, contradictedBy } = judged('Q-P1', (record) => {
      const { observations } = record;
      const at = observations.findIndex(({ answer }) => answer[0]?.startsWith('-> ') === true);
      if (name !== '' || at < 0) return record;
      name = record.name;
      return {
        ...record,
        observations: observations.with(at, { ...observations[at]!, answer: ['! E_FAIL'] }),
      };
    });
    assert.equal(verdict, 'contradicted');
    assert.deepEqual(contradictedBy, [name]);
  });

  it('is "not reached" if no scenario was recorded to its end', () => {
    assert.equal(judged('Q-P1', () => null).verdict, 'not reached');
    assert.equal(
      judged('Q-P1', (record) => ({ ...record, observations: record.observations.slice(0, -1) })).verdict,
      'not reached',
    );
    const failed = judged('Q-P1', (record) => ({
      ...record,
      observations: record.observations.map((observation) => ({ ...observation, note: 'a fault' })),
    }));
    assert.deepEqual([failed.verdict, failed.recorded], ['not reached', 0]);
  });
});
