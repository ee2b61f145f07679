// npm run docs:site: builds the site in .cache/site, of the pages of the repository and of the documentation comments.
// Every warning of typedoc and every dead link is a failure.
import { Application } from 'typedoc';

import { deadLinks } from './site/links.mjs';
import { options, OUT } from './site/typedoc.mjs';

const app = await Application.bootstrapWithPlugins(options);
const project = await app.convert();
if (project !== undefined && !app.logger.hasWarnings()) {
  app.validate(project);
  await app.generateOutputs(project);
}
if (project === undefined || app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);
const { dead, count } = deadLinks(OUT);
for (const { page, link, why } of dead) console.error(`${page}: ${link}: ${why}`);
console.log(`${count} links, ${dead.length} dead: ${OUT}/index.html`);
process.exitCode = dead.length === 0 ? 0 : 1;
