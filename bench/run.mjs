/**
 * The benches: `npm run bench -- --help`.
 *
 * Every contender runs in processes of its own, in turn with the others, for several rounds. The tables give the
 * medians of the rounds. In memory, processor time is measured; on the wire, also messages a second. Output is checked
 * outside of the timed part. No time is asserted.
 */
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { certificateFiles } from './certificate.mjs';
import { interleave } from './interleave.mjs';
import { installPeers, versionOf } from './peers.mjs';
import { hasPerf, profile } from './profile.mjs';
import { GROUPS } from './rows.mjs';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    smallest: { type: 'boolean', default: false },
    case: { type: 'string' },
    profile: { type: 'string' },
    contender: { type: 'string' },
    json: { type: 'string' },
    plot: { type: 'string' },
    rounds: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  console.log(`npm run bench -- [options]
  --quick        fewer and shorter rounds, after a warm-up, without the slow groups
  --smallest     one round of no length with few connections: shows that the benches work, and measures nothing
  --case NAMES   only groups with these names, or rows whose names begin so, separated by commas
  --profile NAMES  the shares of kernel, Node, zlib, garbage collector and ours in the time of these rows, by perf if it is
                 there; --contender NAME for another one than ours
  --json FILE    writes all figures
  --plot FILE    writes the curve of throughput over size as SVG (with the group size)
  --rounds N     rounds of each contender
groups: ${GROUPS.map(({ id }) => id).join(', ')}`);
  process.exit();
}

installPeers();
const { profileTable, tablesOf } = await import('./tables.mjs');

const level = options.smallest ? 2 : options.quick ? 1 : 0;
const wanted = (options.profile ?? options.case)?.split(',');

/** The rows of a group that are asked for. A group that is slow is left out of a quick run, unless it is named. */
function rowsOf({ id, isSlow, rows }) {
  if (wanted === undefined) return isSlow && options.quick ? [] : rows;
  return rows.filter((row) => wanted.some((name) => name === id || row.id.startsWith(name)));
}

const paceOf = ({ rounds, milliseconds, warm }) => ({
  rounds: Number(options.rounds ?? rounds[level]),
  milliseconds: milliseconds[level],
  warm: warm[level],
});

const environment = {
  date: new Date().toISOString().slice(0, 10),
  node: process.version,
  v8: process.versions.v8,
  machine: `${os.cpus()[0]?.model ?? 'unknown'}, ${os.availableParallelism()} cores, ${os.type()}`,
  peers: Object.fromEntries(
    ['ws', 'bufferutil', 'utf-8-validate', 'websocket-driver', 'undici', 'uwebsockets'].map((name) => [
      name,
      versionOf(name),
    ]),
  ),
};
console.log(
  `${environment.date}, Node ${environment.node}, ${environment.machine}\n` +
    Object.entries(environment.peers)
      .map((each) => each.join(' '))
      .join(', ') +
    '\n',
);

/** A row as it is measured: with the files of a certificate, and with fewer connections if it is only tried. */
async function prepared(row) {
  const tls = row.tls && { tls: await certificateFiles() };
  const connections = level === 2 && row.connections > 20 ? 20 : row.connections;
  const load = row.load?.map((each) => (level === 2 && each === row.connections ? connections : each));
  return { ...row, ...tls, connections, load };
}

const PROFILE_NOTE = {
  true: 'Shares of the samples of perf: all threads of the measured processes, and the kernel.',
  false:
    "perf is not there, or may not be used (apt-get install linux-perf; kernel.perf_event_paranoid). These are the shares of V8's own profile, which does not divide kernel and C++.",
};

async function profilesOf(group, rows, contender = group.subject) {
  const profiles = [];
  for (const row of rows) {
    process.stderr.write(`profile of ${row.id} ...\n`);
    const pace = { ...paceOf(group), perf: hasPerf(), milliseconds: [3000, 1000, 20][level] };
    const result = await profile(group.start, contender, await prepared(row), pace);
    if (result !== null) profiles.push({ title: row.title, contender, ...result });
  }
  return profiles;
}

async function measure(group, rows) {
  const pace = paceOf(group);
  const results = [];
  const begin = performance.now();
  for (const row of rows) {
    process.stderr.write(`${row.id} ...\n`);
    results.push({
      ...row,
      results: await interleave(group.start, await prepared(row), group.contenders, pace),
    });
  }
  const profiles = group.isProfiled ? await profilesOf(group, rows) : undefined;
  return { ...group, pace, results, profiles, seconds: (performance.now() - begin) / 1000 };
}

if (options.profile !== undefined) {
  console.log(PROFILE_NOTE[hasPerf()]);
  for (const group of GROUPS) {
    const profiles = await profilesOf(group, rowsOf(group), options.contender);
    if (profiles.length !== 0) console.log(`\n## ${group.title}\n\n${profileTable(profiles)}`);
  }
  process.exit();
}

const measured = [];
for (const group of GROUPS) {
  const rows = rowsOf(group);
  if (rows.length === 0) continue;
  if (group.needs?.() === false) {
    console.log(`## ${group.title}\n\nNot measured: this needs Linux and a C compiler.\n`);
    continue;
  }
  const result = await measure(group, rows);
  measured.push(result);
  console.log(`## ${group.title}\n`);
  if (group.about !== undefined) console.log(`${group.about}\n`);
  console.log(
    `${tablesOf(result)}\n${result.pace.rounds} rounds of ${result.pace.milliseconds} ms after ${result.pace.warm} ms to warm up, ${result.seconds.toFixed(0)} s\n`,
  );
}

if (options.plot !== undefined) {
  const { plotOf } = await import('./plot.mjs');
  const curve = measured.find(({ id }) => id === 'size');
  if (curve !== undefined) writeFileSync(options.plot, await plotOf(curve));
}
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify({ environment, groups: measured }, null, 2)}\n`);
