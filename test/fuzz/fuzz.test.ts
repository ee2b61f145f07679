import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { mutate } from './mutate.js';
import { Random } from './random.js';
import { corpusOf, TARGETS } from './targets.js';

describe('fuzzing', () => {
  for (const target of TARGETS) {
    it(`${target.name} keeps its promises on the corpus and 500 inputs made from it`, async () => {
      const random = new Random(1);
      const corpus = corpusOf(target);
      const shown = new Set<string>();
      for (const input of corpus) shown.add(await target.run(Buffer.from(input), random));
      for (let count = 0; count < 500; count++) {
        shown.add(await target.run(mutate(random, corpus, target.tokens), random));
      }
      // A target whose result is always the same would prove nothing.
      assert.ok(shown.size >= 3, [...shown].join('; '));
    });
  }
});
