/** The style sheet and the script of the report page. */

export const STYLE = `
:root{--ink:#1b2330;--soft:#5b6577;--line:#d9dee6;--paper:#fff;--ground:#f5f6f9;--accent:#2854c5;--good:#1a7a4a;--bad:#b3261e;
--warn:#8a5a00;--app:#2854c5;--send:#8a5a00;--receive:#1a7a4a;--net:#6b3fa0;--mono:ui-monospace,SFMono-Regular,Consolas,"DejaVu Sans Mono",monospace}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#9aa5b8;--line:#333c4b;--paper:#181d26;--ground:#11151c;--accent:#8fb0ff;--good:#6fd3a0;
--bad:#ff9d94;--warn:#f0c069;--app:#8fb0ff;--send:#f0c069;--receive:#6fd3a0;--net:#c7a6f5}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
header,main{max-width:1500px;margin:0 auto;padding:0 28px}
header{padding-top:32px}
.over{margin:0;color:var(--soft);font:13px var(--mono)}
h1{margin:0;font-size:34px;line-height:1.15;letter-spacing:-.02em}
h2{font-size:21px;margin:36px 0 8px;letter-spacing:-.01em}
h3{font-size:16px;margin:26px 0 8px}
h3 small{font:12px var(--mono);color:var(--soft);margin-left:8px}
.machine{margin:6px 0 0;color:var(--soft);font-size:13px}
code,pre{font-family:var(--mono);font-size:13px}
.verdict{display:flex;gap:20px;align-items:center;margin:22px 0 0;padding:18px 22px;border:1px solid var(--line);border-left:8px solid var(--soft);border-radius:10px;background:var(--paper)}
.verdict>b{font-size:40px;line-height:1;width:44px;text-align:center}
.verdict h2{margin:0;font-size:22px}.verdict p{margin:2px 0 0;color:var(--soft)}
.verdict.alike{border-left-color:var(--good)}.verdict.alike>b{color:var(--good)}
.verdict.differs,.verdict.fails{border-left-color:var(--bad);border-left-style:double}.verdict.differs>b,.verdict.fails>b{color:var(--bad)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:14px 0 0}
.figures div{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:12px 16px;display:flex;flex-direction:column-reverse}
.figures dt{color:var(--soft);font-size:13px}.figures dd{margin:0;font-size:28px;font-weight:650;font-variant-numeric:tabular-nums;line-height:1.15}
.bar{display:flex;height:34px;border-radius:8px;overflow:hidden;border:1px solid var(--ink)}
.segment{display:flex;align-items:center;justify-content:center;font-weight:650;min-width:26px;border-right:1px solid var(--ink)}
.segment:last-child{border-right:0}
.segment,.swatch{background-color:var(--paper);color:#10151d}
.documented{background:#7fa3f2}
.diagnosed{background:repeating-linear-gradient(45deg,#a9c3fa 0 6px,#c9dafd 6px 12px)}
.relied-on{background:repeating-linear-gradient(90deg,#a4dcbf 0 5px,#c8ecd9 5px 10px)}
.seen-one-cause{background:repeating-linear-gradient(0deg,#d3a9d8 0 4px,#ead3ed 4px 8px)}
.seen-above{background:repeating-linear-gradient(135deg,#e6c4ea 0 6px,#f5e6f7 6px 12px)}
.observed{background:radial-gradient(circle,#d0b184 1.5px,#f0e2c8 2px) 0 0/8px 8px}
.guessed{background:#fff}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:6px 26px;padding:0;margin:12px 0 16px;font-size:13px}
.legend span:last-child{color:var(--soft)}
.swatch{display:inline-block;width:22px;height:13px;border:1px solid var(--ink);border-radius:3px;vertical-align:-2px;margin-right:6px}
details.list{background:var(--paper);border:1px solid var(--line);border-radius:10px;margin:8px 0}
details.list>summary{padding:10px 16px;cursor:pointer;font-weight:600}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}
.items{font-size:13px}.items th,.items td{text-align:left;vertical-align:top;padding:5px 16px;border-top:1px solid var(--line)}
.items tbody th{font-family:var(--mono);font-weight:600;white-space:nowrap}.items .number{text-align:right}
.filters{position:sticky;top:0;z-index:5;display:flex;flex-wrap:wrap;gap:10px 22px;align-items:end;background:var(--ground);padding:12px 0;border-bottom:1px solid var(--line)}
.filters fieldset{border:0;padding:0;margin:0;display:flex;flex-wrap:wrap;gap:4px 14px}.filters legend{font-size:12px;color:var(--soft);padding:0}
.filters label{font-size:14px;white-space:nowrap}.filters i{font-style:normal;color:var(--soft)}
.search{display:flex;flex-direction:column;font-size:12px!important;color:var(--soft)}
.search input{font:inherit;font-size:15px;color:var(--ink);background:var(--paper);border:1px solid var(--line);border-radius:7px;padding:5px 10px;width:270px}
.buttons{display:flex;gap:8px;align-items:center}
button{font:inherit;font-size:13px;color:var(--ink);background:var(--paper);border:1px solid var(--line);border-radius:7px;padding:5px 12px;cursor:pointer}
output{font-size:13px;color:var(--soft)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.scenario{background:var(--paper);border:1px solid var(--line);margin-top:-1px}
.group .scenario:first-of-type{border-radius:10px 10px 0 0}.group .scenario:last-of-type{border-radius:0 0 10px 10px}
.scenario>summary{display:grid;grid-template-columns:128px minmax(0,1fr) minmax(0,220px) 190px;gap:14px;padding:8px 16px;cursor:pointer;align-items:baseline;list-style:none}
.scenario>summary::-webkit-details-marker{display:none}
.state{font-size:13px;color:var(--soft);white-space:nowrap}.state b{display:inline-block;width:18px;font-size:16px;text-align:center}
.alike .state b{color:var(--good)}.differs>summary .state,.fails>summary .state{color:var(--bad);font-weight:700}
.name{font-weight:550}
.ids{font:12px var(--mono);color:var(--soft);overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.evidence{font-size:12px;text-align:right;color:var(--soft)}.evidence.guess{font-style:italic}.evidence.recorded{color:var(--good);font-weight:600}
.scenario[open]>summary{border-bottom:1px solid var(--line)}
.body{padding:8px 16px 16px}
.file{margin:0;font:12px var(--mono);color:var(--soft)}
.body p{margin:4px 0;max-width:90ch}
.failure{border-left:4px double var(--bad);padding:2px 12px;margin:8px 0}.failure pre{margin:4px 0;white-space:pre-wrap}
.lanes{margin-top:10px;table-layout:fixed;font-size:12.5px}
.lanes thead th{text-align:left;font-weight:600;padding:4px 8px;font-size:12px;border-bottom:2px solid currentColor}
.lanes thead th.side{color:var(--ink);font-size:13px;text-transform:capitalize;border:0;padding-bottom:0}
.lanes .application{color:var(--app)}.lanes .send{color:var(--send)}.lanes .receive{color:var(--receive)}.lanes .network{color:var(--net)}
.lanes.sides2 td:nth-child(5),.lanes.sides2 thead tr:nth-child(2) th:nth-child(5),.lanes thead .side+.side{border-left:3px double var(--line)}
.statement th{text-align:left;font-weight:400;padding:9px 8px 2px;border-top:1px solid var(--line);color:var(--ink)}
.line{display:inline-block;min-width:34px;color:var(--soft);font:11px var(--mono)}
.here{color:var(--bad)}
.statement.differs th{border-top:3px double var(--bad)}
.row td{vertical-align:top;padding:2px 8px;position:relative;border-left:1px dotted var(--line)}
.row .text,.row .bytes{font-family:var(--mono);overflow-wrap:anywhere}
.row td>span{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:6;overflow:hidden}
.row.other td{background:repeating-linear-gradient(135deg,transparent 0 7px,color-mix(in srgb,var(--bad) 14%,transparent) 7px 9px)}
.error .text{color:var(--bad);font-weight:600}
.bytes{text-decoration:underline dotted;text-underline-offset:3px;cursor:help}
.tip{display:none;position:absolute;z-index:9;right:0;top:100%;width:max-content;max-width:440px;margin:0;padding:8px 12px 8px 26px;background:var(--ink);color:var(--paper);border-radius:8px;font:12.5px/1.45 system-ui,sans-serif;box-shadow:0 6px 24px #0005}
.bytes:hover+.tip,.bytes:focus+.tip{display:block}
tr.row:nth-last-child(-n+2) .tip{top:auto;bottom:100%}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.none{color:var(--soft)}
.file a{color:var(--accent);font-family:system-ui,sans-serif;margin-right:8px}
@media screen and (max-width:820px){header,main{padding-left:16px;padding-right:16px}.filters{position:static}.search input{width:100%}
.scenario>summary{grid-template-columns:minmax(0,1fr);gap:0}.ids{white-space:normal}.evidence{text-align:left}.body{padding:8px 10px 12px}}
@media screen and (max-width:1150px){.lanes.sides2,.lanes.sides2 tbody,.lanes.sides2 tr,.lanes.sides2 th,.lanes.sides2 td{display:block}.lanes.sides2 thead{display:none}.lanes.sides2 td.empty{display:none}.lanes.sides2 .row{padding:3px 0 5px;border-top:1px dotted var(--line)}
.lanes.sides2 .row td{border:0!important;padding:1px 8px}.lanes.sides2 td[data-lane]::before{content:attr(data-lane);display:block;font-size:11px;color:var(--soft)}
.lanes.sides2 td[data-lane]::before{content:attr(data-side) ', ' attr(data-lane)}}
@media screen and (max-width:820px){.lanes.sides1,.lanes.sides1 tbody,.lanes.sides1 tr,.lanes.sides1 th,.lanes.sides1 td{display:block}.lanes.sides1 thead{display:none}.lanes.sides1 td.empty{display:none}.lanes.sides1 .row{padding:3px 0 5px;border-top:1px dotted var(--line)}
.lanes.sides1 .row td{border:0!important;padding:1px 8px}.lanes.sides1 td[data-lane]::before{content:attr(data-lane);display:block;font-size:11px;color:var(--soft)}}
@media print{@page{size:A4;margin:12mm}:root{--ink:#000;--soft:#444;--line:#999;--paper:#fff;--ground:#fff;--accent:#000;--good:#000;--bad:#000;--app:#000;--send:#000;--receive:#000;--net:#000}
body{font-size:9.5pt}.filters,.tip,.file a,details.list:not([open]){display:none!important}
header,main{max-width:none;padding:0}.verdict,.figures div,.statement,.row{break-inside:avoid}.statement{break-after:avoid}
.scroll{overflow:visible}.items{font-size:8pt}.items th,.items td{padding:2px 6px;overflow-wrap:anywhere}
.lanes{font-size:7.5pt}.lanes.sides2{font-size:6pt}.lanes code{font-size:inherit}.row td{padding:1px 3px}.row td>span{-webkit-line-clamp:4}
.lanes thead th{padding:2px 3px;font-size:inherit}.segment,.swatch{print-color-adjust:exact}
.scenario>summary{grid-template-columns:82px minmax(0,1fr) minmax(0,120px) 110px;gap:8px;padding:3px 8px;font-size:8.5pt}.scenario>summary>*{font-size:inherit;white-space:normal}}
`;

export const SCRIPT = `
'use strict';
const form = document.querySelector('.filters');
const scenarios = [...document.querySelectorAll('.scenario')];
const output = form.querySelector('output');
function apply() {
  const data = new FormData(form);
  const words = String(data.get('text')).toLowerCase().split(/\\s+/).filter(Boolean);
  const states = new Set(data.getAll('state'));
  const evidence = new Set(data.getAll('evidence'));
  let shown = 0;
  for (const each of scenarios) {
    const { state, evidence: kind, text } = each.dataset;
    const fits = states.has(state) && evidence.has(kind) && words.every((word) => text.includes(word));
    each.hidden = !fits;
    if (fits) shown++;
  }
  for (const group of document.querySelectorAll('.group'))
    group.hidden = !group.querySelector('.scenario:not([hidden])');
  output.textContent = shown + ' of ' + scenarios.length + ' shown';
  document.querySelector('.none').hidden = shown > 0;
}
form.addEventListener('input', apply);
form.addEventListener('submit', (event) => event.preventDefault());
for (const button of form.querySelectorAll('button'))
  button.addEventListener('click', () => {
    for (const each of scenarios) if (!each.hidden) each.open = button.dataset.open === 'true';
  });
for (const each of scenarios) if (/differs|fails/.test(each.dataset.state)) each.open = true;
apply();
// A link to a scenario opens it, even if the filter hides it.
function show() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target === null || !target.matches('.scenario')) return;
  target.hidden = false;
  target.closest('.group').hidden = false;
  target.open = true;
  target.scrollIntoView();
  target.querySelector('summary').focus({ preventScroll: true });
}
addEventListener('hashchange', show);
show();
`;
