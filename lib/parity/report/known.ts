/** The part of the report that shows how much of the component's behaviour is known, and from which evidence. */
import { EVIDENCE_MEANS } from '../status.js';
import type { Evidence, ItemStatus, Status } from '../status.js';
import { html } from './markup.js';
import type { Markup } from './markup.js';

const EVIDENCES = Object.keys(EVIDENCE_MEANS) as Evidence[];

function styleOf(evidence: Evidence): string {
  return evidence.replaceAll(/,? /g, '-');
}

/** The items by their best evidence, as a bar with a legend. */
export function bar(status: Status): Markup {
  const parts = EVIDENCES.filter((evidence) => status.byEvidence[evidence] > 0);
  const segments = parts.map((evidence) => {
    const number = status.byEvidence[evidence];
    const width = ((100 * number) / status.items.length).toFixed(2);
    return html`<span class="segment ${styleOf(evidence)}" style="width:${width}%">${number}</span>`;
  });
  const legend = parts.map(
    (evidence) =>
      html`<li>
        <span class="swatch ${styleOf(evidence)}" aria-hidden="true"></span
        ><b>${status.byEvidence[evidence]} ${evidence}</b> <span>${EVIDENCE_MEANS[evidence]}</span>
      </li>`,
  );
  return html`<div class="bar" role="img" aria-label="items by evidence">${segments}</div>
    <ul class="legend">
      ${legend}
    </ul>`;
}

/** A table of items or questions. */
export function items(name: string, all: readonly ItemStatus[], withEvidence: boolean): Markup {
  const rows = all.map(({ id, text, evidence, isPartlyGuessed, recordedOn, scenarios }) => {
    const tag = `${evidence}${isPartlyGuessed ? ', partly guessed' : ''}`;
    return html`<tr>
      <th scope="row">${id}</th>
      <td>${text}</td>
      ${withEvidence ? html`<td>${tag}</td>` : ''}
      <td class="number">${scenarios}</td>
      <td>${recordedOn.length === 0 ? '–' : recordedOn.join(', ')}</td>
    </tr>`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${name}">
    <table class="items">
      <thead>
        <tr>
          <th scope="col">item</th>
          <th scope="col">statement</th>
          ${withEvidence ? html`<th scope="col">evidence</th>` : ''}
          <th scope="col">scenarios</th>
          <th scope="col">recorded on</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}
