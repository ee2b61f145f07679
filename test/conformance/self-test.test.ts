import assert from 'node:assert/strict';
import { Diagnostic, sentenceOf } from '../../lib/component/diagnostics.js';
import type { Component } from '../../lib/component/contract.js';
import { MUTANTS, mutantWithout } from '../support/mutants.js';

import { ScenarioFailure, playScenario, readDocuments } from './index.js';
import type { Scenario } from './index.js';

const SUPPORTS = { diagnostics: true };
/**
 * Conditions that occur but are never reported. For the first, `completeAction` returns nothing; the engine does not
 * use the text of the second.
 */
const SILENT = new Set([Diagnostic.InvalidActionContext, Diagnostic.FrameMasked]);

describe('self-test of the conformance suite', () => {
  const scenarios = readDocuments().flatMap((document) => document.scenarios);
  const named = new Map(scenarios.map((scenario) => [scenario.name, scenario]));
  const kills: string[] = [];

  function kill(what: string, component: Component, scenario: Scenario): void {
    assert.throws(
      () => playScenario(scenario, component, SUPPORTS),
      (error) => {
        assert.ok(error instanceof ScenarioFailure, String(error));
        assert.equal(error.cause, undefined, 'caught by a crash, not by a comparison');
        assert.match(error.message, /^test\/scenarios\/[a-z0-9/-]+\.md:\d+: /);
        const killed = `${what} -> ${scenario.file}:${error.line} ${scenario.name}`;
        if (!kills.some((line) => line.startsWith(`${what} -> `))) kills.push(killed);
        return true;
      },
    );
  }

  for (const { name, killedBy, component } of MUTANTS) {
    it(`catches a component in which ${name}`, () => {
      const scenario = named.get(killedBy);
      assert.ok(scenario, `no scenario "${killedBy}"`);
      kill(name, component, scenario);
    });
  }

  const reported = scenarios.filter(({ diagnostics }) => diagnostics.length > 0);
  for (const id of new Set(reported.flatMap(({ diagnostics }) => diagnostics))) {
    if (SILENT.has(id)) continue;
    const hex = `0x${id.toString(16).padStart(2, '0')}`;
    it(`catches a component that does not notice ${hex}: ${sentenceOf(id)}`, () => {
      for (const scenario of reported.filter(({ diagnostics }) => diagnostics.includes(id))) {
        kill(`${hex} is not noticed`, mutantWithout(id), scenario);
      }
    });
  }

  after(() => {
    process.stdout.write(`\n    ${kills.length} mutants killed:\n`);
    for (const line of kills) process.stdout.write(`      ${line}\n`);
  });
});
