/** `wspc parity adopt`. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { adopt } from '../../parity/adopt.js';
import type { Adoption } from '../../parity/adopt.js';
import { portable } from '../../component/index.js';
import { isAsked, parseAsked } from '../../parity/ask.js';
import { ANSWERS_FILE, readAnswersSource } from '../../parity/answers-source.js';
import { parseBundle } from '../../parity/bundle.js';
import { packageRoot, readDocuments } from '../../parity/scenario/documents.js';
import { count, parse } from '../command.js';
import { writeAll } from '../write-all.js';
import type { Command } from '../command.js';
import type { Narrator } from '../narrator.js';
import { UsageError } from '../usage.js';
import { reading, textOf } from './given-file.js';

const HELP = `Usage: wspc parity adopt FILE [OPTION]...

Adopts what \`wspc parity record\` wrote on another machine, or what \`wspc parity ask\` printed there, in a checkout of
the repository. Shows which scenarios it confirms and contradicts. Writes recorded-on and the observed actions into their
documents, and the answers to open questions into ${ANSWERS_FILE}. A file that is malformed anywhere
is refused as a whole, and either all files are written or none. Build and run the tests afterwards, and look at the diff.

  --dry-run     write nothing
  --all         show every contradicted statement, not the first of each scenario
  --not-windows take a bundle that was not recorded on Windows, to try this out
  --json        one JSON document instead of text

Examples:
  wspc parity adopt parity-10.0.26100.1.json --dry-run
  wspc parity adopt parity-10.0.26100.1.json`;

function show(narrator: Narrator, adoption: Adoption, all: boolean): void {
  const { bundle, confirmed, contradicted, unknown, corrections, inexpressible, files } = adoption;
  narrator.line(`recorded on ${bundle.system.recordedOn}, Node ${bundle.system.node} ${bundle.system.arch}`);
  narrator.heading('Contradicted');
  for (const { scenario, statements, needsAPerson } of contradicted) {
    narrator.line(narrator.style('red', `${scenario.file}: ${scenario.name}`));
    for (const { line, text, why } of all ? statements : statements.slice(0, 1)) {
      narrator.line(`  ${line}: ${text}`);
      for (const each of why.split('\n')) narrator.line(`  ${each}`);
    }
    if (needsAPerson) narrator.line('  not written: a person has to compare the two');
  }
  if (contradicted.length === 0) narrator.line('nothing');
  narrator.heading('Answers');
  for (const { question, name, before, value, from } of corrections) {
    narrator.line(`${question} ${name}: ${JSON.stringify(before)} -> ${JSON.stringify(value)}`);
    narrator.line(narrator.style('dim', `  by "${from}"`));
  }
  for (const { question, what, from } of inexpressible) {
    narrator.line(narrator.style('red', `${question}: the table cannot say that ${what}`));
    narrator.line(narrator.style('dim', `  by "${from}"`));
  }
  if (corrections.length + inexpressible.length === 0) narrator.line('as they are');
  narrator.line();
  narrator.line(
    `${count(confirmed.length, 'scenario')} confirmed, ${contradicted.length} contradicted, ` +
      `${unknown.length} unknown here, ${count(corrections.length, 'answer')} corrected, ${count(files.size, 'file')} to write`,
  );
}

export const adoptCommand: Command = (args, narrator) => {
  const help = 'wspc parity adopt --help';
  const { values, positionals } = parse(
    args,
    {
      'dry-run': { type: 'boolean' },
      all: { type: 'boolean' },
      'not-windows': { type: 'boolean' },
      json: { type: 'boolean' },
    },
    help,
    1,
  );
  if (values.help === true) {
    narrator.line(HELP);
    return Promise.resolve(0);
  }
  const [file] = positionals;
  if (file === undefined) throw new UsageError('a bundle, or the text of an issue, is needed', help);
  const documents = readDocuments();
  const text = textOf(file, help);
  const bundle = reading(file, help, () =>
    isAsked(text) ? parseAsked(text, documents, portable) : parseBundle(text),
  );
  if (!bundle.system.isWindows && values['not-windows'] !== true) {
    throw new UsageError(`the bundle was recorded on the ${bundle.system.recordedOn}, not on Windows`, help);
  }
  const root = packageRoot();
  const texts = new Map(
    documents.map((document) => [document.file, readFileSync(path.join(root, document.file), 'utf8')]),
  );
  const adoption = adopt(bundle, documents, texts, { path: ANSWERS_FILE, source: readAnswersSource(root) });
  if (adoption.confirmed.length + adoption.contradicted.length === 0)
    throw new UsageError(`${file} has no scenario of this checkout`, help);
  if (values.json === true) {
    const { confirmed, contradicted, unknown, corrections, inexpressible, files } = adoption;
    const plain = {
      system: bundle.system,
      confirmed: confirmed.map(({ name }) => name),
      contradicted: contradicted.map(({ scenario, ...rest }) => ({ name: scenario.name, ...rest })),
      unknown,
      corrections,
      inexpressible,
      files: [...files.keys()],
    };
    narrator.line(JSON.stringify(plain, null, 2));
  } else show(narrator, adoption, values.all === true);
  if (values['dry-run'] !== true) {
    writeAll(new Map([...adoption.files].map(([name, text]) => [path.join(root, name), text])));
    if (values.json !== true && adoption.files.size > 0) {
      narrator.line('Written. Next: npm run docs:behaviour, npm test, and a look at the diff.');
    }
  }
  return Promise.resolve(0);
};
