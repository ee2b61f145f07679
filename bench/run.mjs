/**
 * The benches: `npm run bench -- [--quick] [--case NAME[,NAME]] [--json FILE] [--plot FILE]`.
 *
 * Every case runs in processes of its own, the contenders in turn, for several rounds. The tables give the median
 * with the smallest and the largest round, and ratios against ws without its native helpers. In memory, processor
 * time is measured. On the wire, messages per second and the server's processor time are measured. Output is checked
 * before and after the timed part. No time is asserted.
 */
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { runBroadcast } from './broadcast/run.mjs';
import { interleave } from './interleave.mjs';
import { installPeers, versionOf } from './peers.mjs';
import { plotOf } from './plot.mjs';
import { ENGINE_CONTENDERS, ENGINE_ROWS, FRAGMENT_ROWS, SIZE_ROWS } from './rows.mjs';
import { engineTable, sizeTable } from './tables.mjs';
import { runImport } from './import/run.mjs';
import { runWire } from './wire/run.mjs';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    case: { type: 'string' },
    json: { type: 'string' },
    plot: { type: 'string' },
    rounds: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  console.log(`npm run bench -- [options]
  --quick        fewer and shorter rounds, without the curves: under two minutes
  --case NAMES   only cases that begin with one of these, separated by commas; groups: parse, text, send, size,
                 fragments, echo, handshake, idle, connections, delay, broadcast, import
  --json FILE    writes all figures
  --plot FILE    writes the curve of throughput over size as SVG (with the case size)
  --rounds N     rounds of each contender; default 9, quick 3`);
  process.exit();
}

const wanted = options.case?.split(',');
const isWanted = ({ id }) => wanted === undefined || wanted.some((name) => id.startsWith(name));
const pace = {
  rounds: Number(options.rounds ?? (options.quick ? 3 : 9)),
  milliseconds: options.quick ? 20 : 100,
};

installPeers();

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
    `\n${pace.rounds} rounds, median (min to max)\n`,
);

async function measure(rows, contenders) {
  const results = [];
  for (const row of rows.filter(isWanted)) {
    process.stderr.write(`${row.id} ...\n`);
    results.push({ ...row, results: await interleave(row, contenders, pace) });
  }
  return results;
}

const report = { environment, pace };
report.engine = await measure(ENGINE_ROWS, ENGINE_CONTENDERS);
if (report.engine.length !== 0)
  console.log(`## Engine, in memory\n\n${engineTable(report.engine, ENGINE_CONTENDERS)}`);

if (!options.quick || wanted !== undefined) {
  const curve = ['ws', 'ws+native', 'copy', 'ours'];
  report.sizes = await measure(SIZE_ROWS, curve);
  if (report.sizes.length !== 0) console.log(`## Cost over size\n\n${sizeTable(report.sizes, curve)}`);
  if (options.plot !== undefined && report.sizes.length > 1)
    writeFileSync(options.plot, plotOf(report.sizes, curve));
  report.fragments = await measure(FRAGMENT_ROWS, ['ws', 'ours']);
  if (report.fragments.length !== 0)
    console.log(`## Cost over fragments\n\n${sizeTable(report.fragments, ['ws', 'ours'])}`);
}

report.broadcast = await runBroadcast({ isWanted, pace, quick: options.quick });
report.import = await runImport({ isWanted, pace });
report.wire = await runWire({ isWanted, pace, quick: options.quick });

if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
