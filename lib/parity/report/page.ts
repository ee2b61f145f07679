/**
 * The report: one HTML page with everything in it, that works offline and on paper. What is shown by colour is also
 * shown by a word or a sign, and what is shown on hover is also shown on focus.
 */
import type { BackendName } from '../../component/contract.js';
import { isStandIn } from '../bundle.js';
import type { System } from '../bundle.js';
import type { RunResult, ScenarioResult } from '../run.js';
import type { ScenarioDocument } from '../scenario/document.js';
import { EVIDENCE_MEANS } from '../status.js';
import type { Evidence, ItemStatus, Status } from '../status.js';
import { LANES, lanesOf } from './lanes.js';
import type { Cell, Row, StatementRows } from './lanes.js';
import { SCRIPT, STYLE } from './style.js';

/** What the report is about. */
export interface ReportInput {
  readonly run: RunResult;
  readonly documents: readonly ScenarioDocument[];
  readonly status: Status;
  /** The machine, with what answered natively. */
  readonly system: System;
}

function escaped(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[&<>"]/g, (character) => names[character]!);
}

/** Long names may break between their words. */
function breakable(text: string): string {
  return escaped(text).replace(/([a-z])([A-Z])/g, '$1<wbr>$2');
}

/** `code` between backticks, paragraphs between empty lines. */
function prose(text: string): string {
  if (text === '') return '';
  return text
    .split(/\n\s*\n/)
    .map((paragraph) => `<p>${escaped(paragraph).replace(/`([^`]+)`/g, '<code>$1</code>')}</p>`)
    .join('');
}

type State = 'alike' | 'differs' | 'fails' | 'alone';

const STATES: Readonly<Record<State, { readonly sign: string; readonly word: string }>> = {
  alike: { sign: '=', word: 'alike' },
  differs: { sign: '≠', word: 'differs' },
  fails: { sign: '✕', word: 'fails' },
  alone: { sign: '–', word: 'not compared' },
};

function stateOf({ difference, failures, observations }: ScenarioResult): State {
  if (difference !== null) return 'differs';
  if (Object.keys(failures).length > 0) return 'fails';
  return observations.native === undefined || observations.portable === undefined ? 'alone' : 'alike';
}

let tips = 0;

function cell(lane: string, content: Cell | undefined): string {
  if (content === undefined) return `<td class="${lane}"></td>`;
  const { text, frames, isError } = content;
  const mark = isError === true ? ' error' : '';
  if (frames === undefined || frames.length === 0) {
    return `<td class="${lane}${mark}"><span class="text">${breakable(text)}</span></td>`;
  }
  const id = `t${++tips}`;
  const lines = frames.map((line) => `<li>${escaped(line)}</li>`).join('');
  return (
    `<td class="${lane}${mark}"><span class="bytes" tabindex="0" aria-describedby="${id}">${escaped(text)}</span>` +
    `<ul class="tip" role="tooltip" id="${id}">${lines}</ul></td>`
  );
}

function cells(row: Row | undefined): string {
  return LANES.map((lane) => cell(lane.split(' ')[0]!, row?.[lane])).join('');
}

/** The statements of one backend, or of both beside each other. */
function lanesTable(
  name: string,
  sides: readonly (readonly [backend: BackendName, lanes: readonly StatementRows[]])[],
  differsAt: number | undefined,
): string {
  const heads = sides
    .map(([backend]) => `<th colspan="4" scope="colgroup" class="side">${backend}</th>`)
    .join('');
  const lanes = sides
    .map(() => LANES.map((lane) => `<th scope="col" class="${lane.split(' ')[0]!}">${lane}</th>`).join(''))
    .join('');
  const [first] = sides;
  const rows = first![1].map(({ line, text }, index) => {
    const all = sides.map(([, statements]) => statements[index]!.rows);
    const height = Math.max(...all.map(({ length }) => length));
    const differs = line === differsAt;
    const sign = differs ? '<strong class="here">≠ differs here</strong> ' : '';
    const head =
      `<tr class="statement${differs ? ' differs' : ''}"><th colspan="${sides.length * 4}" scope="rowgroup">` +
      `<span class="line">${line}</span> ${sign}<code>${escaped(text)}</code></th></tr>`;
    const body = Array.from({ length: height }, (_, at) => {
      const isSame = new Set(all.map((side) => JSON.stringify(side[at]))).size === 1;
      return `<tr class="${isSame ? 'row' : 'row other'}">${all.map((side) => cells(side[at])).join('')}</tr>`;
    });
    return head + body.join('');
  });
  return (
    `<div class="scroll"><table class="lanes sides${sides.length}"><caption class="hidden">${escaped(name)}, in lanes</caption>` +
    `<thead><tr>${heads}</tr><tr>${lanes}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
  );
}

function scenario(result: ScenarioResult): string {
  const { scenario: it, difference, failures, observations } = result;
  const state = stateOf(result);
  const { sign, word } = STATES[state];
  const sides = (['native', 'portable'] as const).flatMap((backend) => {
    const own = observations[backend];
    return own === undefined ? [] : [[backend, lanesOf(it, own)] as const];
  });
  const evidence =
    it.recordedOn.length > 0
      ? `recorded on ${it.recordedOn.join(', ')}`
      : it.guess
        ? 'a guess'
        : 'documented or relied on';
  const kind = it.recordedOn.length > 0 ? 'recorded' : it.guess ? 'guess' : 'known';
  const ids = [...it.items, ...it.questions];
  const failed = Object.entries(failures).map(
    ([backend, failure]) =>
      `<div class="failure"><strong>✕ fails on ${backend}</strong><pre>${escaped(failure.message)}</pre></div>`,
  );
  const search = escaped(`${it.name} ${it.file} ${ids.join(' ')}`.toLowerCase());
  return (
    `<details class="scenario ${state}" data-state="${state}" data-evidence="${kind}" data-text="${search}">` +
    `<summary><span class="state" title="${word}"><b aria-hidden="true">${sign}</b> ${word}</span>` +
    `<span class="name">${escaped(it.name)}</span>` +
    `<span class="ids">${escaped(ids.join(', '))}</span><span class="evidence ${kind}">${escaped(evidence)}</span></summary>` +
    `<div class="body"><p class="file">${escaped(it.file)}:${it.line}</p>${prose(it.prose)}${failed.join('')}` +
    (sides.length === 0
      ? '<p>No backend of this machine could play it.</p>'
      : lanesTable(it.name, sides, difference?.line)) +
    '</div></details>'
  );
}

function verdict({ run, system }: ReportInput): string {
  const { different, failed, backends } = run;
  if (backends.length < 2) {
    return (
      `<div class="verdict alone"><b aria-hidden="true">–</b><div><h2>Nothing was compared</h2>` +
      `<p>Only the ${backends[0]!} backend took part: ${escaped(run.reason ?? '')}. It ` +
      `${failed === 0 ? 'does what every scenario document says' : `fails ${failed} scenarios`}.</p></div></div>`
    );
  }
  const proof = system.isWindows
    ? `The DLL is Windows’ own, version ${system.dll ?? ''}.`
    : `The DLL (version ${system.dll ?? ''}) is ${isStandIn(system.dll) ? 'a stand-in for tests' : 'not Windows’ own'}: ` +
      'none of this proves anything about Windows’ own.';
  const where = system.isWindows ? '' : isStandIn(system.dll) ? ', on a stand-in' : ', on an unknown DLL';
  const state: State = different > 0 ? 'differs' : failed > 0 ? 'fails' : 'alike';
  const text =
    state === 'alike'
      ? `Both backends answer all ${run.results.length} scenarios alike${where}`
      : `${different} scenarios differ, ${failed} fail${where}`;
  return (
    `<div class="verdict ${state}"><b aria-hidden="true">${STATES[state].sign}</b>` +
    `<div><h2>${text}</h2><p>${escaped(proof)}</p></div></div>`
  );
}

function figures({ run, status }: ReportInput): string {
  const plays = run.results.reduce((sum, result) => sum + result.plays, 0);
  const recorded = Object.values(status.recordedOn).reduce((sum, number) => sum + number, 0);
  const open = status.questions.filter(({ recordedOn }) => recordedOn.length === 0).length;
  const all: readonly (readonly [number: number | string, what: string])[] = [
    [run.results.length, 'scenarios'],
    [plays, 'plays, the bytes cut everywhere'],
    [run.different, 'answered otherwise'],
    [run.failed, 'against their document'],
    [recorded, 'recorded on Windows'],
    [open, 'open questions'],
  ];
  return `<dl class="figures">${all
    .map(([number, what]) => `<div><dt>${what}</dt><dd>${number}</dd></div>`)
    .join('')}</dl>`;
}

const EVIDENCES = Object.keys(EVIDENCE_MEANS) as Evidence[];

function bar(status: Status): string {
  const total = status.items.length;
  const parts = EVIDENCES.filter((evidence) => status.byEvidence[evidence] > 0);
  const segments = parts
    .map((evidence) => {
      const number = status.byEvidence[evidence];
      const width = ((100 * number) / total).toFixed(2);
      return `<span class="segment ${evidence.replace(' ', '-')}" style="width:${width}%">${number}</span>`;
    })
    .join('');
  const legend = parts
    .map(
      (evidence) =>
        `<li><span class="swatch ${evidence.replace(' ', '-')}" aria-hidden="true"></span>` +
        `<b>${status.byEvidence[evidence]} ${evidence}</b> <span>${escaped(EVIDENCE_MEANS[evidence])}</span></li>`,
    )
    .join('');
  return `<div class="bar" role="img" aria-label="items by evidence">${segments}</div><ul class="legend">${legend}</ul>`;
}

function items(all: readonly ItemStatus[], withEvidence: boolean): string {
  const rows = all.map(({ id, text, evidence, isPartlyGuessed, recordedOn, scenarios }) => {
    const tag = `${evidence}${isPartlyGuessed ? ', partly guessed' : ''}`;
    const recorded = recordedOn.length === 0 ? '–' : escaped(recordedOn.join(', '));
    return (
      `<tr><th scope="row">${escaped(id)}</th><td>${escaped(text)}</td>` +
      `${withEvidence ? `<td>${tag}</td>` : ''}<td class="number">${scenarios}</td><td>${recorded}</td></tr>`
    );
  });
  return (
    '<div class="scroll"><table class="items"><thead><tr><th scope="col">item</th><th scope="col">what</th>' +
    `${withEvidence ? '<th scope="col">evidence</th>' : ''}<th scope="col">scenarios</th><th scope="col">recorded on</th></tr></thead>` +
    `<tbody>${rows.join('')}</tbody></table></div>`
  );
}

function filters(results: readonly ScenarioResult[]): string {
  const counts = new Map<State, number>();
  for (const result of results) {
    const state = stateOf(result);
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  const states = (Object.keys(STATES) as State[])
    .filter((state) => counts.has(state))
    .map(
      (state) =>
        `<label><input type="checkbox" name="state" value="${state}" checked> ` +
        `<b aria-hidden="true">${STATES[state].sign}</b> ${STATES[state].word} <i>${counts.get(state)!}</i></label>`,
    );
  const kinds: readonly (readonly [kind: string, word: string])[] = [
    ['known', 'documented or relied on'],
    ['guess', 'a guess'],
    ['recorded', 'recorded'],
  ];
  const evidence = kinds.map(
    ([kind, word]) =>
      `<label><input type="checkbox" name="evidence" value="${kind}" checked> ${word}</label>`,
  );
  return (
    '<form class="filters"><label class="search">Filter <input type="search" name="text" ' +
    'placeholder="name, file, item such as Q-H7"></label>' +
    `<fieldset><legend>Outcome</legend>${states.join('')}</fieldset>` +
    `<fieldset><legend>Evidence</legend>${evidence.join('')}</fieldset>` +
    '<div class="buttons"><button type="button" data-open="true">Open all shown</button>' +
    '<button type="button" data-open="false">Close all</button><output></output></div></form>'
  );
}

function group(document: ScenarioDocument, results: ReadonlyMap<string, ScenarioResult>): string {
  const own = document.scenarios.flatMap((each) => results.get(each.name) ?? []);
  if (own.length === 0) return '';
  return (
    `<section class="group"><h3>${escaped(document.title)} <small>${escaped(document.file)}</small></h3>` +
    `${own.map(scenario).join('\n')}</section>`
  );
}

/** The page. */
export function renderReport(input: ReportInput): string {
  tips = 0;
  const { run, documents, status, system } = input;
  const results = new Map(run.results.map((result) => [result.scenario.name, result]));
  const machine = [
    `websocket.dll ${system.dll ?? 'not in use'}`,
    `${system.platform} ${system.release} ${system.arch}`,
    `Node ${system.node}`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parity of the WebSocket Protocol Component</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<p class="over">websocket-protocol-component</p>
<h1>Parity report</h1>
<p class="machine">${machine.map(escaped).join(' · ')}</p>
</header>
<main>
${verdict(input)}
${figures(input)}
<section><h2>What is known, and how</h2>
<p>${status.items.length} statements about the component’s behaviour, by their best evidence. Nothing here counts as proven on
Windows unless a Windows build is named.</p>
${bar(status)}
<details class="list"><summary>The statements</summary>${items(status.items, true)}</details>
<details class="list"><summary>The ${status.questions.length} open questions, with the answers taken meanwhile</summary>${items(status.questions, false)}</details>
</section>
<section><h2>Scenarios</h2>
${filters(run.results)}
${documents.map((document) => group(document, results)).join('\n')}
<p class="none" hidden>No scenario is left by the filter.</p>
</section>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}
