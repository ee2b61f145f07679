/** The first import of the package beside that of ws: a process each, in turn, so that what disturbs one disturbs all. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { environmentOf, summaryOf } from '../interleave.mjs';
import { entry, peer } from '../peers.mjs';
import { ratio, render } from '../tables.mjs';

const script = fileURLToPath(new URL('process.cjs', import.meta.url));
const run = promisify(execFile);
/** An import is short and disturbed easily, so it is measured more often than a message. */
const TURNS_PER_ROUND = 4;
const MEASURES = ['time', 'processor', 'memory', 'files'];

/** @returns the summaries by contender and measure; undefined if the case is not wanted. */
export async function runImport({ isWanted, pace }) {
  if (!isWanted({ id: 'import' })) return undefined;
  process.stderr.write('import ...\n');
  const contenders = { ws: peer.resolve('ws') };
  for (const name of ['.', './ws', './component', './portable']) contenders[name] = entry(name);
  const values = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let turn = 0; turn < pace.rounds * TURNS_PER_ROUND; turn++) {
    for (const [name, file] of Object.entries(contenders)) {
      const { stdout } = await run(process.execPath, [script, file], { env: environmentOf(name) });
      values[name].push(JSON.parse(stdout));
    }
  }
  const report = Object.fromEntries(
    Object.entries(values).map(([name, all]) => [
      name,
      Object.fromEntries(MEASURES.map((measure) => [measure, summaryOf(all.map((each) => each[measure]))])),
    ]),
  );
  console.log(`## First import\n\n${table(report)}`);
  return report;
}

function table(report) {
  const milliseconds = ({ median, min }) => `${median.toFixed(1)} ms (${min.toFixed(1)})`;
  return render(
    ['import', 'files', 'time (least)', 'ours / ws', 'processor (least)', 'ours / ws', 'memory', 'ours / ws'],
    Object.entries(report).map(([name, { time, processor, memory, files }]) => [
      name,
      `${files.median}`,
      milliseconds(time),
      ratio(time.median / report.ws.time.median),
      milliseconds(processor),
      ratio(processor.median / report.ws.processor.median),
      `${(memory.median / 1e6).toFixed(1)} MB`,
      ratio(memory.median / report.ws.memory.median),
    ]),
  );
}
