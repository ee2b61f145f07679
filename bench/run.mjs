/**
 * The benches: `npm run bench -- --help`.
 *
 * Every contender runs in processes of its own, in turn with the others, for several rounds. The tables give the
 * medians of the rounds. In memory, processor time is measured; on the wire, also messages a second. Output is checked
 * outside of the timed part. No time is asserted.
 */
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
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
    write: { type: 'string' },
    figures: { type: 'string', default: fileURLToPath(new URL('figures.json', import.meta.url)) },
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
  --write FILE   puts the tables between the marks of this document, and names the rows that got worse
  --figures FILE the figures that were written last, to compare with; default bench/figures.json
  --rounds N     rounds of each contender
groups: ${GROUPS.map(({ id }) => id).join(', ')}`);
  process.exit();
}

const level = options.smallest ? 2 : options.quick ? 1 : 0;
const wanted = (options.profile ?? options.case)?.split(',');
for (const name of wanted ?? []) {
  if (!GROUPS.some(({ id, rows }) => id === name || rows.some((row) => row.id.startsWith(name))))
    throw new Error(`no group and no row begins with ${name}; see --help`);
}

installPeers();
const { profileTable, tablesOf } = await import('./tables.mjs');

/**
 * The rows of a group that are asked for: by a name of theirs, or by the beginning of one. A quick run leaves out slow
 * groups unless they are named. The smallest run has two rows of each group.
 */
function rowsOf({ id, isSlow, rows }) {
  if (wanted === undefined) {
    if (level === 2) return rows.length > 2 ? [rows[0], rows.at(-1)] : rows;
    return isSlow && level === 1 ? [] : rows;
  }
  const isKnown = (name) => GROUPS.some((group) => group.rows.some((row) => row.id === name));
  return rows.filter((row) =>
    wanted.some((name) => name === id || (isKnown(name) ? row.id === name : row.id.startsWith(name))),
  );
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
  return { ...row, ...tls, connections };
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
    const pace = { ...paceOf(group), milliseconds: [3000, 1000, 300][level] };
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
      results: await interleave(
        group.start,
        await prepared(row),
        [...group.contenders, ...(row.others ?? [])],
        pace,
      ),
    });
  }
  const profiles = group.isProfiled ? await profilesOf(group, rows) : undefined;
  return { ...group, pace, results, profiles, seconds: (performance.now() - begin) / 1000 };
}

function canMeasure({ title, needs }) {
  const can = needs?.() !== false;
  if (!can) console.log(`${title} is not measured: it needs Linux and a C compiler.\n`);
  return can;
}

if (options.profile !== undefined) {
  console.log(PROFILE_NOTE[hasPerf()]);
  for (const group of GROUPS) {
    const rows = rowsOf(group);
    if (rows.length === 0 || !canMeasure(group)) continue;
    const profiles = await profilesOf(group, rows, options.contender);
    if (profiles.length !== 0) console.log(`\n## ${group.title}\n\n${profileTable(profiles)}`);
  }
  process.exit();
}

/** The tables of a group, under what they show and how they were measured. */
function sectionOf({ id, about, pace, seconds, profiles, ...group }) {
  const { date, node, machine } = environment;
  const quick = ['', ' --quick', ' --smallest'][level];
  const rounds = pace.rounds === 1 ? 'one round' : `${pace.rounds} rounds`;
  const length = pace.milliseconds === 0 ? '' : ` of ${pace.milliseconds} ms`;
  return [
    `\`npm run bench --${quick} --case ${id}\`, ${date}, Node ${node}, ${machine}: ${rounds}${length} in ${seconds.toFixed(0)} s.`,
    ...(about === undefined ? [] : [about]),
    tablesOf({ id, ...group }),
    ...(profiles?.length ? [PROFILE_NOTE[hasPerf()], profileTable(profiles)] : []),
  ].join('\n\n');
}

const chosen = GROUPS.map((group) => ({ group, rows: rowsOf(group) })).filter(
  ({ rows }) => rows.length !== 0,
);
const document = options.write && (await openFor(options.write));

/** The document that gets the tables. Its tables are those of whole groups. */
async function openFor(file) {
  const partial = chosen.filter(({ group, rows }) => rows.length !== group.rows.length);
  if (wanted !== undefined && partial.length !== 0)
    throw new Error(`--write is for whole groups: ${partial.map(({ group }) => group.id).join(', ')}`);
  const { openDocument } = await import('./write.mjs');
  const names = chosen.map(({ group }) => group.id);
  return openDocument({
    file,
    figures: options.figures,
    environment,
    names,
    isWhole: chosen.length === GROUPS.length,
  });
}

const measured = [];
for (const { group, rows } of chosen) {
  console.log(`## ${group.title}\n`);
  if (!canMeasure(group)) continue;
  const result = await measure(group, rows);
  measured.push(result);
  const section = sectionOf(result);
  console.log(`${section}\n`);
  document?.write(group.id, section);
}

if (options.plot !== undefined) {
  const { plotOf } = await import('./plot.mjs');
  const curve = measured.find(({ id }) => id === 'size');
  if (curve !== undefined) writeFileSync(options.plot, await plotOf(curve));
}
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify({ environment, groups: measured }, null, 2)}\n`);
document?.close(measured);
