// npm run test:hosts: tests the package in the hosts of its users, and `ws` in the same hosts for comparison. A cell that
// `ws` passes and this package does not is a failure. docs/hosts.md describes the table.
//
// The tools are in test/hosts/node_modules, with a package.json and a lock of their own.
//
// usage: npm run test:hosts -- [--write] [PART OF A ROW'S NAME]      --write puts the table into docs/hosts.md
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { browsers } from './hosts/browsers.mjs';
import { bundlers, prepareBundlers } from './hosts/bundlers.mjs';
import { packages } from './hosts/packages.mjs';
import { prepareRunners, runners } from './hosts/runners.mjs';
import { runtimes } from './hosts/runtimes.mjs';
import { subjects } from './hosts/subjects.mjs';
import { prepareWine, wineHosts } from './hosts/wine.mjs';
import { repository } from './win32/paths.mjs';
import { cleanUp, hasTools, prepare } from './hosts/workshop.mjs';

const args = process.argv.slice(2);
const mayWrite = args[0] === '--write' && args.shift() !== undefined;
const only = args[0] ?? '';
/** Cells at a time. */
const WORKERS = 2;

if (!hasTools) {
  console.error('first: npm run hosts');
  process.exit(2);
}

const cells = [];
for (const [subject, about] of Object.entries(subjects)) {
  const cell = (host, test) => {
    if (host.includes(only)) cells.push({ host, subject, test });
  };
  for (const part of [runtimes, runners, bundlers, browsers, packages, wineHosts]) part(cell, about);
}

if (cells.some(({ host }) => host.includes('Wine'))) prepareWine();
prepare();
prepareRunners();
prepareBundlers();

const results = new Map();
const key = (host, subject) => `${host}|${subject}`;
const waiting = [...cells];
async function work() {
  for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
    const { host, subject, test } = cell;
    const started = Date.now();
    const result = await test().catch((error) => ({ ok: false, output: String(error.stack) }));
    results.set(key(host, subject), { ...cell, ...result });
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    console.error(`${markOf(result)} ${host}: ${subject} (${seconds} s)`);
  }
}
const started = Date.now();
await Promise.all(Array.from({ length: WORKERS }, work));
cleanUp();

function markOf({ ok, missing, impossible }) {
  if (missing !== undefined || impossible !== undefined) return 'not run';
  return ok ? 'yes' : 'NO';
}

const columns = Object.keys(subjects);
const lines = [
  `| host | ${columns.map((name) => `\`${name}\``).join(' | ')} |`,
  `|---|${'---|'.repeat(columns.length)}`,
];
for (const host of new Set(cells.map((cell) => cell.host))) {
  const marks = columns.map((name) => {
    const result = results.get(key(host, name));
    return result === undefined ? '-' : markOf(result);
  });
  lines.push(`| ${host} | ${marks.join(' | ')} |`);
}
const table = lines.join('\n');
console.log(table);

let passed = 0;
let failed = 0;
const reasons = new Map();
for (const { host, subject, ok, output, missing, impossible } of results.values()) {
  if (missing !== undefined || impossible !== undefined) reasons.set(host, missing ?? impossible);
  else if (subject === 'ws') continue;
  else if (ok) passed += 1;
  else if (results.get(key(host, 'ws'))?.ok === false)
    console.log(`\n${host}: ${subject} fails, and so does ws\n${output.slice(-1500)}`);
  else {
    failed += 1;
    console.log(`\n${host}: ${subject} fails where ws passes\n${output.slice(-1500)}`);
  }
}
for (const [host, reason] of reasons) console.log(`${host}: not run: ${reason}`);
if (process.env.WSPC_REQUIRE_ALL === '1')
  failed += [...results.values()].filter(({ missing }) => missing !== undefined).length;

/** The page shows the table of the last whole run. */
const page = path.join(repository, 'docs/hosts.md');
const text = readFileSync(page, 'utf8');
const shown = /^\| host \|[^]*\|$/m.exec(text)[0];
if (mayWrite) writeFileSync(page, text.replace(shown, table));
else if (only === '' && reasons.size < 2 && shown.replaceAll(/ +/g, ' ') !== table) {
  failed += 1;
  console.log('docs/hosts.md shows another table: npm run test:hosts -- --write');
}
console.log(`${((Date.now() - started) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) process.exitCode = 1;
