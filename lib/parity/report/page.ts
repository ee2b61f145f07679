/**
 * The report: one self-contained HTML page that works offline and on paper. Everything that a colour shows, a word or
 * a sign shows, too. Everything that shows on hover shows on focus, too.
 */
import { isStandIn } from '../bundle.js';
import type { System } from '../bundle.js';
import type { RunResult } from '../run.js';
import type { ScenarioDocument } from '../scenario/document.js';
import type { Status } from '../status.js';
import { bar, items } from './known.js';
import { html, verbatim } from './markup.js';
import type { Markup } from './markup.js';
import { STATES, filters, group } from './scenarios.js';
import type { State } from './scenarios.js';
import { SCRIPT, STYLE } from './style.js';

/** What the report is about. */
export interface ReportInput {
  readonly run: RunResult;
  readonly documents: readonly ScenarioDocument[];
  readonly status: Status;
  /** The machine, and the component that answered natively. */
  readonly system: System;
  /** When the scenarios were played. */
  readonly date: Date;
  /** Version of this package. */
  readonly version: string;
}

function verdict({ run, system }: ReportInput): Markup {
  const { different, failed, backends } = run;
  if (backends.length < 2) {
    const outcome = failed === 0 ? 'does what every scenario document says' : `fails ${failed} scenarios`;
    return html`<div class="verdict alone">
      <b aria-hidden="true">–</b>
      <div>
        <h2>Nothing was compared</h2>
        <p>Only the ${backends[0]} backend took part: ${run.reason ?? ''}. It ${outcome}.</p>
      </div>
    </div>`;
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
  return html`<div class="verdict ${state}">
    <b aria-hidden="true">${STATES[state].sign}</b>
    <div>
      <h2>${text}</h2>
      <p>${proof}</p>
    </div>
  </div>`;
}

function figures({ run, status }: ReportInput): Markup {
  const plays = run.results.reduce((sum, result) => sum + result.plays, 0);
  const recorded = Object.values(status.recordedOn).reduce((sum, number) => sum + number, 0);
  const open = status.questions.filter(({ recordedOn }) => recordedOn.length === 0).length;
  const all: readonly (readonly [number: number | string, what: string])[] = [
    [run.results.length, 'scenarios'],
    [plays, 'plays, the bytes cut everywhere'],
    [run.different, 'answered differently'],
    [run.failed, 'against their document'],
    [recorded, 'recorded on Windows'],
    [open, 'open questions'],
  ];
  return html`<dl class="figures">
    ${all.map(
      ([number, what]) =>
        html`<div>
          <dt>${what}</dt>
          <dd>${number}</dd>
        </div>`,
    )}
  </dl>`;
}

/** Writes the page. */
export function renderReport(input: ReportInput): string {
  const { run, documents, status, system, date, version } = input;
  const results = new Map(run.results.map((result) => [result.scenario.name, result]));
  const played = `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const versions = [
    `websocket-protocol-component ${version}`,
    `websocket.dll ${system.dll ?? 'not in use'}`,
    `${system.platform} ${system.release} ${system.arch}`,
    `Node ${system.node}`,
  ];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Parity of the WebSocket Protocol Component, ${played}</title>
        <style>
          ${verbatim(STYLE)}
        </style>
      </head>
      <body>
        <header>
          <p class="over">websocket-protocol-component</p>
          <h1>Parity report</h1>
          <p class="machine">
            <time datetime="${date.toISOString()}">${played}</time> · ${versions.join(' · ')}
          </p>
        </header>
        <main>
          ${verdict(input)} ${figures(input)}
          <section>
            <h2>What is known, and how</h2>
            <p>
              ${status.items.length} statements about the component’s behaviour, by their best evidence.
              Nothing here counts as proven on Windows unless a Windows build is named.
            </p>
            ${bar(status)}
            <details class="list">
              <summary>The statements</summary>
              ${items('The statements', status.items, true)}
            </details>
            <details class="list">
              <summary>
                The ${status.questions.length} open questions, with the answers taken meanwhile
              </summary>
              ${items('The open questions', status.questions, false)}
            </details>
          </section>
          <section>
            <h2>Scenarios</h2>
            ${filters(run.results)} ${documents.map((document) => group(document, results))}
            <p class="none" hidden>No scenario is left by the filter.</p>
          </section>
        </main>
        <script>
          ${verbatim(SCRIPT)};
        </script>
      </body>
    </html> `.text;
}
