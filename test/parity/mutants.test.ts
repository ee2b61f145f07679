import { strict as assert } from 'node:assert';

import { portable } from '../../lib/component/index.js';
import type { Component } from '../../lib/component/index.js';
import { fuzz } from '../../lib/parity/fuzz.js';
import { areAlike, observe } from '../../lib/parity/observe.js';
import { readDocuments } from '../../lib/parity/scenario/documents.js';
import { playScenario } from '../../lib/parity/scenario/play.js';
import { ScenarioFailure } from '../../lib/parity/scenario/failure.js';
import { MUTANTS } from '../support/mutants.js';

const scenarios = readDocuments().flatMap((document) => document.scenarios);

function isFoundByRun(mutant: Component): boolean {
  for (const scenario of scenarios) {
    const own = observe(scenario, mutant);
    const right = observe(scenario, portable);
    if (own.some((observation, index) => !areAlike(observation, right[index]))) return true;
    try {
      playScenario(scenario, mutant, { diagnostics: true });
    } catch (error) {
      if (error instanceof ScenarioFailure) return true;
      throw error;
    }
  }
  return false;
}

describe('planted differences', function () {
  this.timeout(60_000);

  it('are many', () => {
    assert.ok(MUTANTS.length >= 25, String(MUTANTS.length));
  });

  for (const { name, component } of MUTANTS) {
    it(`are found: ${name}`, () => {
      assert.ok(
        isFoundByRun(component) ||
          fuzz({ left: component, right: portable }, { seed: 1, time: 20_000 }).finding,
      );
    });
  }

  it('are found by fuzz and cut down to a document that shows them', () => {
    const found = MUTANTS.flatMap(({ name, component }) => {
      const { finding } = fuzz({ left: component, right: portable }, { seed: 1, runs: 100 });
      return finding === null ? [] : [{ name, finding }];
    });
    assert.ok(found.length >= 25, found.map(({ name }) => name).join(', '));
    for (const { finding } of found) {
      assert.ok(finding.statements.length <= finding.statementsBefore);
      assert.match(finding.document, /^```scenario$/m);
    }
  });
});

describe('fuzz', () => {
  it('finds nothing between a component and itself', () => {
    const { runs, finding } = fuzz({ left: portable, right: portable }, { seed: 7, runs: 500 });
    assert.equal(finding, null);
    assert.equal(runs, 500);
  });

  it('makes the same calls from the same seed', () => {
    const { component } = MUTANTS[0]!;
    const pair = { left: component, right: portable };
    assert.deepEqual(fuzz(pair, { seed: 3, runs: 100 }), fuzz(pair, { seed: 3, runs: 100 }));
  });
});
