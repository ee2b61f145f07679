/** The scenarios of the report: each with its outcome, its text, and the actions of the backends, in lanes. */
import type { BackendName } from '../../component/contract.js';
import type { ScenarioResult } from '../run.js';
import type { ScenarioDocument } from '../scenario/document.js';
import { LANES, lanesOf } from './lanes.js';
import type { Cell, Row, StatementRows } from './lanes.js';
import { html } from './markup.js';
import type { Insertable, Markup } from './markup.js';

export type State = 'alike' | 'differs' | 'fails' | 'alone';

export const STATES: Readonly<Record<State, { readonly sign: string; readonly word: string }>> = {
  alike: { sign: '=', word: 'alike' },
  differs: { sign: '≠', word: 'differs' },
  fails: { sign: '✕', word: 'fails' },
  alone: { sign: '–', word: 'not compared' },
};

export function stateOf({ difference, failures, observations }: ScenarioResult): State {
  if (difference !== null) return 'differs';
  if (Object.keys(failures).length > 0) return 'fails';
  return observations.native === undefined || observations.portable === undefined ? 'alone' : 'alike';
}

/** Lets a long name break between its words. */
function breakable(text: string): Insertable {
  return text.split(/(?<=[a-z])(?=[A-Z])/).map((part, index) => (index === 0 ? part : [html`<wbr />`, part]));
}

/** Renders prose: `code` between backticks, paragraphs between empty lines. */
function prose(text: string): Insertable {
  if (text === '') return '';
  return text.split(/\n\s*\n/).map((paragraph) => {
    const parts = paragraph
      .split(/`([^`]+)`/)
      .map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`));
    return html`<p>${parts}</p>`;
  });
}

/** The anchor of a scenario in the page. It depends on the name alone, which is unique. */
function anchorOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

function cell(lane: string, side: BackendName, content: Cell | undefined, tip: string): Markup {
  const [style] = lane.split(' ');
  if (content === undefined) return html`<td class="${style} empty"></td>`;
  const { text, frames, isError } = content;
  const mark = isError === true ? ' error' : '';
  const shown =
    frames === undefined || frames.length === 0
      ? html`<span class="text">${breakable(text)}</span>`
      : html`<span class="bytes" tabindex="0" aria-describedby="${tip}">${text}</span>
          <ul class="tip" role="tooltip" id="${tip}">
            ${frames.map((line) => html`<li>${line}</li>`)}
          </ul>`;
  return html`<td class="${style}${mark}" data-lane="${lane}" data-side="${side}">${shown}</td>`;
}

type Sides = readonly (readonly [backend: BackendName, lanes: readonly StatementRows[]])[];

/** The statements of one backend, or of both side by side. */
function lanesTable(anchor: string, name: string, sides: Sides, differsAt: number | undefined): Markup {
  const heads = sides.map(([backend]) => html`<th colspan="4" scope="colgroup" class="side">${backend}</th>`);
  const lanes = sides.map(() =>
    LANES.map((lane) => html`<th scope="col" class="${lane.split(' ')[0]}">${lane}</th>`),
  );
  const rows = sides[0]![1].map(({ line, text }, index) => {
    const all = sides.map(([, statements]) => statements[index]!.rows);
    const differs = line === differsAt;
    const head = html`<tr class="statement${differs ? ' differs' : ''}">
      <th colspan="${sides.length * 4}" scope="rowgroup">
        <span class="line">${line}</span>
        ${differs ? html`<strong class="here">≠ differs here</strong> ` : ''}<code>${text}</code>
      </th>
    </tr>`;
    const body = Array.from({ length: Math.max(...all.map(({ length }) => length)) }, (_, at) => {
      const isSame = new Set(all.map((side) => JSON.stringify(side[at]))).size === 1;
      const cells = all.map((side, which) =>
        cellsOf(side[at], sides[which]![0], `${anchor}-${line}-${at}-${which}`),
      );
      return html`<tr class="${isSame ? 'row' : 'row other'}">
        ${cells}
      </tr>`;
    });
    return [head, ...body];
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${name}, in lanes">
    <table class="lanes sides${sides.length}">
      <caption class="hidden">
        ${name}, in lanes
      </caption>
      <thead>
        <tr>
          ${heads}
        </tr>
        <tr>
          ${lanes}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

function cellsOf(row: Row | undefined, side: BackendName, tip: string): Markup[] {
  return LANES.map((lane, index) => cell(lane, side, row?.[lane], `${tip}-${index}`));
}

/** The evidence of scenarios, in words. */
const KINDS = {
  known: 'documented or relied on',
  seen: 'seen above the DLL',
  guess: 'a guess',
  recorded: 'recorded',
} as const;

function scenario(result: ScenarioResult): Markup {
  const { scenario: it, difference, failures, observations } = result;
  const state = stateOf(result);
  const { sign, word } = STATES[state];
  const sides = (['native', 'portable'] as const).flatMap((backend) => {
    const own = observations[backend];
    return own === undefined ? [] : [[backend, lanesOf(it, own)] as const];
  });
  const isRecorded = it.recordedOn.length > 0;
  const kind = isRecorded
    ? 'recorded'
    : it.hint === undefined
      ? 'known'
      : it.hint === 'guess'
        ? 'guess'
        : 'seen';
  const evidence = isRecorded ? `recorded on ${it.recordedOn.join(', ')}` : KINDS[kind];
  const ids = [...it.items, ...it.questions];
  const anchor = anchorOf(it.name);
  const failed = Object.entries(failures).map(
    ([backend, failure]) =>
      html`<div class="failure">
        <strong>✕ fails on ${backend}</strong>
        <pre>${failure!.message}</pre>
      </div>`,
  );
  const table =
    sides.length === 0
      ? html`<p>No backend of this machine could play it.</p>`
      : lanesTable(anchor, it.name, sides, difference?.line);
  const search = `${it.name} ${it.file} ${ids.join(' ')}`.toLowerCase();
  return html`<details
    class="scenario ${state}"
    id="${anchor}"
    data-state="${state}"
    data-evidence="${kind}"
    data-text="${search}"
  >
    <summary>
      <span class="state"><b aria-hidden="true">${sign}</b> ${word}</span><span class="name">${it.name}</span
      ><span class="ids">${ids.join(', ')}</span><span class="evidence ${kind}">${evidence}</span>
    </summary>
    <div class="body">
      <p class="file"><a href="#${anchor}">Link to this scenario</a> ${it.file}:${it.line}</p>
      ${prose(it.prose)}${failed}${table}
    </div>
  </details> `;
}

/** The scenarios of a document that were played. */
export function group(document: ScenarioDocument, results: ReadonlyMap<string, ScenarioResult>): Insertable {
  const own = document.scenarios.flatMap((each) => results.get(each.name) ?? []);
  if (own.length === 0) return '';
  return html`<section class="group">
    <h3>${document.title} <small>${document.file}</small></h3>
    ${own.map(scenario)}
  </section> `;
}

/** The form that filters the scenarios. */
export function filters(results: readonly ScenarioResult[]): Markup {
  const counts = new Map<State, number>();
  for (const result of results) {
    const state = stateOf(result);
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  const states = (Object.keys(STATES) as State[])
    .filter((state) => counts.has(state))
    .map(
      (state) =>
        html`<label
          ><input type="checkbox" name="state" value="${state}" checked />
          <b aria-hidden="true">${STATES[state].sign}</b> ${STATES[state].word}
          <i>${counts.get(state)}</i></label
        >`,
    );
  const evidence = Object.entries(KINDS).map(
    ([kind, word]) =>
      html`<label><input type="checkbox" name="evidence" value="${kind}" checked /> ${word}</label>`,
  );
  return html`<form class="filters">
    <label class="search"
      >Filter <input type="search" name="text" placeholder="name, file, item such as Q-H7"
    /></label>
    <fieldset>
      <legend>Outcome</legend>
      ${states}
    </fieldset>
    <fieldset>
      <legend>Evidence</legend>
      ${evidence}
    </fieldset>
    <div class="buttons">
      <button type="button" data-open="true">Open all shown</button
      ><button type="button" data-open="false">Close all</button><output></output>
    </div>
  </form>`;
}
