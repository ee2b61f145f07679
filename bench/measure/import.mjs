/** The first import of a module: a new process for each round. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { entry, peer } from '../peers.mjs';
import { environmentOf } from '../processes.mjs';

const script = fileURLToPath(new URL('../contenders/import.cjs', import.meta.url));
const run = promisify(execFile);

/** @returns milliseconds, megabytes of memory, and files of the package. */
export function start(contender) {
  const file = contender === 'ws' ? peer.resolve('ws') : entry(contender);
  const round = async () => {
    const { stdout } = await run(process.execPath, [script, file], { env: environmentOf(contender) });
    return JSON.parse(stdout);
  };
  return { round, warmUp: round, stop() {} };
}
