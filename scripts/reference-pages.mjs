// npm run docs:options: makes docs/options.md and docs/events.md of the documentation comments of the sources. With
// --check it changes nothing and fails if a page is not up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { eventsPage } from './reference/events.mjs';
import { optionsPage } from './reference/options.mjs';
import { Declarations } from './reference/program.mjs';
import { repository } from './win32/paths.mjs';

/** The faults: of documentation comments, and pages that differ from the sources, unless they are written now. */
export function makePages({ check }) {
  const declarations = new Declarations();
  const faults = [];
  for (const [name, make] of [
    ['options.md', optionsPage],
    ['events.md', eventsPage],
  ]) {
    const { page, faults: ofComments } = make(declarations);
    faults.push(...ofComments);
    const file = path.join(repository, 'docs', name);
    if (!check) writeFileSync(file, page);
    else if (readFileSync(file, 'utf8').replaceAll('\r\n', '\n') !== page)
      faults.push(`docs/${name} is not up to date: npm run docs:options`);
  }
  return faults;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const faults = makePages({ check: process.argv.includes('--check') });
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
