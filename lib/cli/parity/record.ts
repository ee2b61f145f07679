/** `wspc parity record`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describeSystem, recordBundle, renderBundle } from '../../parity/bundle.js';
import { captureEvents } from '../../parity/etw.js';
import { contradictions, rewriteDocument } from '../../parity/rewrite.js';
import { packageRoot, readDocuments } from '../../parity/scenario/documents.js';
import { count, parse } from '../command.js';
import type { Command } from '../command.js';
import { UsageError } from '../usage.js';
import { writeAll } from '../write-all.js';
import { recordedComponent } from './recorded-component.js';

const HELP = `Usage: wspc parity record [OPTION]...

Plays every scenario on the DLL of this machine and writes its answers to a file, a bundle, that you can attach to an
issue. The bundle has the versions of Windows, of the DLL and of Node in it, and nothing that names the machine or its
user.

  --output FILE       the bundle (default: parity-VERSION.json, by the DLL's version)
  --write             also write the answers and recorded-on into the scenario documents
  --etw               also capture the DLL's own events for each scenario (Windows, as administrator)
  --backend portable  record the TypeScript engine instead, to see how a bundle looks

Examples:
  wspc parity record
  wspc parity record --etw --output windows-11.json`;

export const recordCommand: Command = (args, narrator) => {
  const help = 'wspc parity record --help';
  const { values } = parse(
    args,
    {
      output: { type: 'string' },
      write: { type: 'boolean' },
      etw: { type: 'boolean' },
      backend: { type: 'string' },
    },
    help,
  );
  if (values.help === true) {
    narrator.line(HELP);
    return Promise.resolve(0);
  }
  const component = recordedComponent(values.backend, help);
  const system = describeSystem(component);
  if (values.write === true && !system.isWindows) {
    throw new UsageError(
      `documents are written from Windows’ own DLL, not from the ${system.recordedOn}`,
      help,
    );
  }
  const documents = readDocuments();
  const bundle = recordBundle(documents, component, values.etw === true ? captureEvents() : undefined);
  const output = values.output ?? `parity-${system.dll ?? 'portable'}.json`;
  mkdirSync(path.dirname(output), { recursive: true });
  writeFileSync(output, renderBundle(bundle));

  const records = new Map(bundle.scenarios.map((record) => [record.name, record]));
  const texts = new Map<string, string>();
  let different = 0;
  for (const { file, scenarios } of documents) {
    const rewritings = [];
    for (const scenario of scenarios) {
      const record = records.get(scenario.name);
      if (record === undefined) continue;
      if (contradictions(scenario, record.observations).length > 0) different++;
      rewritings.push({ scenario, observations: record.observations, recordedOn: system.recordedOn });
    }
    if (values.write !== true) continue;
    const target = path.join(packageRoot(), file);
    texts.set(target, rewriteDocument(readFileSync(target, 'utf8'), rewritings));
  }
  writeAll(texts);
  narrator.line(`${count(bundle.scenarios.length, 'scenario')} recorded on ${system.recordedOn}: ${output}`);
  narrator.line(`${different} differ from their documents.`);
  narrator.line(
    system.isWindows
      ? 'Please attach the file to an issue: it settles open questions about Windows’ own component.'
      : 'This is not Windows’ own DLL: the file proves nothing about it.',
  );
  return Promise.resolve(0);
};
