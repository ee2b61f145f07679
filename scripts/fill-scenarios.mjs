// Writes the portable engine's answers into new scenarios, in full. Read the answers before you believe them.
// Scenarios that already expect something are left unchanged.
//
// usage: fill-scenarios.mjs FILE...   (after npm run build)
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { portable } from '../dist/lib/component/portable/index.js';
import { observe } from '../dist/lib/parity/observe.js';
import { rewriteDocument } from '../dist/lib/parity/rewrite.js';
import { parseDocument } from '../dist/lib/parity/scenario/document.js';
import { repository } from './win32/paths.mjs';

for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, 'utf8');
  const name = path.relative(repository, path.resolve(file)).split(path.sep).join('/');
  // Neither a result nor a failure is expected.
  const isNew = ({ script }) => !/^ *->| ! /m.test(script);
  const added = parseDocument(name, text).scenarios.filter(isNew);
  const rewritings = added.map((scenario) => {
    const observations = observe(scenario, portable);
    for (const { statement, note } of observations) {
      if (note !== undefined) console.error(`${name}: ${scenario.name}: ${statement}: ${note}`);
    }
    return { scenario, observations, recordedOn: undefined, everything: true };
  });
  writeFileSync(file, rewriteDocument(text, rewritings));
  console.log(
    `${name}: ${added.map((scenario) => scenario.name).join(', ') || 'no scenario without answers'}`,
  );
}
