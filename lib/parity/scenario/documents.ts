/** Finds the scenario documents, in the repository and in the installed package alike. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DocumentError, parseDocument } from './document.js';
import type { ScenarioDocument } from './document.js';

/** Documents without scenarios: the description of the format, and the table of items that no scenario can show. */
export const OTHER_DOCUMENTS: readonly string[] = ['README.md', 'not-reachable.md'];

/** The directory of the package. */
export function packageRoot(): string {
  let directory = __dirname;
  while (!existsSync(join(directory, 'test', 'scenarios', 'README.md'))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error(`no test/scenarios above ${__dirname}`);
    directory = parent;
  }
  return directory;
}

/** Reads every scenario document of a directory. Names of scenarios must be unique. */
export function readDocuments(directory = join(packageRoot(), 'test', 'scenarios')): ScenarioDocument[] {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !OTHER_DOCUMENTS.includes(basename(file)))
    .map((file) => file.replaceAll('\\', '/'));
  const names = new Map<string, string>();
  return files.sort().map((file) => {
    const document = parseDocument(`test/scenarios/${file}`, readFileSync(join(directory, file), 'utf8'));
    for (const { name, line } of document.scenarios) {
      const other = names.get(name);
      if (other !== undefined) throw new DocumentError(document.file, line, `"${name}" is also in ${other}`);
      names.set(name, document.file);
    }
    return document;
  });
}
