/** Makes `docs/behaviour.md` from the scenario documents. */
import type { Scenario, ScenarioDocument } from '../../lib/parity/scenario/document.js';
import type { Coverage } from '../../lib/parity/spec-coverage.js';

/** The anchor that GitHub gives to a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

function link(scenario: Scenario): string {
  return `[${scenario.name}](../${scenario.file}#${anchor(scenario.name)})`;
}

/** The evidence of a scenario: its recordings, a hint with its questions, or the tags of its items. */
function evidence(scenario: Scenario, tags: ReadonlyMap<string, readonly string[]>): string {
  if (scenario.recordedOn.length > 0) return `recorded on ${scenario.recordedOn.join(', ')}`;
  if (scenario.hint !== undefined) return [scenario.hint, ...scenario.questions].join(', ');
  const all = new Set(scenario.items.flatMap((id) => tags.get(id) ?? []));
  for (const hint of ['guess', 'win', 'win+']) all.delete(hint);
  return [...all].sort().join(', ');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '\\<');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const write = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [write(head), write(head.map(() => '---')), ...rows.map(write), ''];
}

function about(document: ScenarioDocument, tags: ReadonlyMap<string, readonly string[]>): string[] {
  const rows = document.scenarios.map((scenario) => [
    link(scenario),
    cell(scenario.items.join(', ')),
    cell(evidence(scenario, tags)),
  ]);
  return [
    `## ${document.title}`,
    '',
    document.introduction,
    '',
    ...table(['scenario', 'items', 'evidence'], rows),
  ];
}

function names(scenarios: readonly Scenario[], reason: string | undefined): string {
  if (scenarios.length === 0) return reason === undefined ? 'none' : `none: ${cell(reason)}`;
  const [first, ...others] = scenarios;
  return others.length === 0 ? link(first!) : `${link(first!)} and ${others.length} more`;
}

/** The text of `docs/behaviour.md`. */
export function renderBehaviour(documents: readonly ScenarioDocument[], coverage: Coverage): string {
  const { spec, unreachable } = coverage;
  const all = documents.flatMap(({ scenarios }) => scenarios);
  const restingOn = (hint: string) =>
    all.filter((scenario) => scenario.hint === hint && scenario.recordedOn.length === 0).length;
  const recorded = all.filter((scenario) => scenario.recordedOn.length > 0).length;
  const tags = new Map(spec.items.map((item) => [item.id, item.tags]));
  const shownBy = (id: string) => names(coverage.scenarios.get(id) ?? [], unreachable.get(id)?.reason);
  return [
    '# What the component does',
    '',
    '<!-- Made from test/scenarios/ by `npm run docs:behaviour`. Do not edit. -->',
    '',
    `${all.length} scenarios show the behaviour of the WebSocket Protocol Component, as far as it is known. Each is a piece of`,
    'readable text that the conformance suite plays on every backend. How to read and write them:',
    '[test/scenarios/README.md](../test/scenarios/README.md).',
    '',
    'The evidence is the source of an expectation:',
    '',
    '- `doc`: Microsoft’s documentation and headers;',
    '- `etw`: the component’s own diagnostics;',
    '- `net`: .NET relies on the behaviour;',
    '- `code`: other programs that run on Windows rely on it;',
    '- `obs`: an observation on the wire;',
    '- `win`: an observation on a real Windows one layer above the DLL (WinHTTP, WinINet, .NET, IIS). That layer could be the cause;',
    '- `win+`: the same, but only the DLL explains the observation;',
    '- `guess`: no source.',
    '',
    `${recorded === 0 ? 'No scenario has' : `${recorded} scenarios have`} been recorded on Windows. Of the others, ${restingOn('win+')} rest on \`win+\`, ${restingOn('win')} on \`win\`, and ${restingOn('guess')} on`,
    'a guess. Each of these names its open question, if there is one.',
    '',
    ...documents.flatMap((document) => about(document, tags)),
    '## Items',
    '',
    'All statements about the component, in the numbering that comments and scenarios use.',
    '',
    ...table(
      ['item', 'statement', 'evidence', 'shown by'],
      spec.items.map(({ id, text, tags: own }) => [id, cell(text), own.join(', '), shownBy(id)]),
    ),
    '## Diagnostics',
    '',
    'The conditions that the component itself distinguishes (A-7). The portable engine puts the number into the `diagnostic` of',
    'its errors. The DLL reports it to event tracing only.',
    '',
    ...table(
      ['number', 'condition', 'shown by'],
      spec.diagnostics.map(({ id, text }) => [id, cell(text), shownBy(id)]),
    ),
    '## Open questions',
    '',
    'Only the real DLL can answer these questions. Until then the engine uses the interim answer.',
    '',
    ...table(
      ['question', 'about', 'interim answer', 'evidence', 'shown by'],
      spec.questions.map(({ id, text, interim, tags: own = ['guess'] }) => [
        id,
        cell(text),
        cell(interim),
        own.join(', '),
        shownBy(id),
      ]),
    ),
  ].join('\n');
}
