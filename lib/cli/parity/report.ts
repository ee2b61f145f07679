/** `wspc parity report`. */
import { writeFileSync } from 'node:fs';
import { describeSystem } from '../../parity/bundle.js';
import { renderReport } from '../../parity/report/page.js';
import { availableBackends, runParity } from '../../parity/run.js';
import { readDocuments } from '../../parity/scenario/documents.js';
import { readSpecItems } from '../../parity/spec-coverage.js';
import { statusOf } from '../../parity/status.js';
import { parse } from '../command.js';
import type { Command } from '../command.js';
import { UsageError } from '../usage.js';
import { packageVersion } from '../version.js';
import { summarise } from './run.js';

const HELP = `Usage: wspc parity report --html FILE

Plays all scenarios and writes one HTML page with everything in it: date and versions, what is known and how, and for
each scenario what the backends did, side by side. The page works offline and on paper; each scenario has a link.

Examples:
  wspc parity report --html parity.html`;

export const reportCommand: Command = (args, narrator) => {
  const help = 'wspc parity report --help';
  const { values } = parse(args, { html: { type: 'string' } }, help);
  if (values.help === true) {
    narrator.line(HELP);
    return Promise.resolve(0);
  }
  if (values.html === undefined) throw new UsageError('--html FILE is needed', help);
  const documents = readDocuments();
  const components = availableBackends();
  const run = runParity(documents, components);
  const status = statusOf(readSpecItems(), documents);
  const page = renderReport({
    run,
    documents,
    status,
    system: describeSystem(components[0]!),
    date: new Date(),
    version: packageVersion(),
  });
  writeFileSync(values.html, page);
  summarise(narrator, run);
  narrator.line(`${values.html}: ${Math.round(page.length / 1024)} KiB`);
  return Promise.resolve(run.different + run.failed > 0 ? 1 : 0);
};
