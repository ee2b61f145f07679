/** `wspc parity ask`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { portable } from '../../component/index.js';
import { firstDocuments, firstScenarios, renderAsked } from '../../parity/ask.js';
import { recordBundle, renderBundle } from '../../parity/bundle.js';
import { readDocuments } from '../../parity/scenario/documents.js';
import { parse } from '../command.js';
import type { Command } from '../command.js';
import { recordedComponent } from './recorded-component.js';

const HELP = `Usage: wspc parity ask [OPTION]...

Asks the DLL of this machine the questions that matter before all others. Prints at most 40 lines to be pasted into an
issue, which say what each answer would change, and writes the answers as a bundle as well. The text and the bundle have
the versions of Windows, of the DLL and of Node in them, and nothing that names the machine or its user.
\`wspc parity adopt\` takes both.

  --output FILE       the bundle (default: parity-ask-VERSION.json, by the DLL's version)
  --backend portable  ask the TypeScript engine instead, to see how the text looks

Examples:
  wspc parity ask
  wspc parity ask --output windows-11.json`;

export const askCommand: Command = (args, narrator) => {
  const help = 'wspc parity ask --help';
  const { values } = parse(args, { output: { type: 'string' }, backend: { type: 'string' } }, help);
  if (values.help === true) {
    narrator.line(HELP);
    return Promise.resolve(0);
  }
  const component = recordedComponent(values.backend, help);
  const documents = readDocuments();
  const bundle = recordBundle(firstDocuments(documents), component);
  const output = values.output ?? `parity-ask-${bundle.system.dll ?? 'portable'}.json`;
  mkdirSync(path.dirname(output), { recursive: true });
  writeFileSync(output, renderBundle(bundle));
  narrator.line(renderAsked(bundle, firstScenarios(documents), portable, path.basename(output)));
  return Promise.resolve(0);
};
