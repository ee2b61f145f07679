/**
 * `npm run fuzz -- --target lifecycle [--time SECONDS] [--inputs N] [--seed N] [--path PATH]`: see run.ts. A failure
 * prints its seed and its path, which play it again.
 */
import { parseArgs } from 'node:util';
import { lifecycle } from './run.js';

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    time: { type: 'string', default: '60' },
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() & 0x7fffffff) },
    path: { type: 'string' },
  },
});

async function main(): Promise<void> {
  process.stdout.write(`seed ${values.seed}\n`);
  const { interleavings, commands, failure } = await lifecycle(
    Number(values.time) * 1000,
    Number(values.inputs),
    Number(values.seed),
    values.path,
  );
  if (failure !== undefined) process.stdout.write(`${failure}\n`);
  const failures = failure === undefined ? 0 : 1;
  process.stdout.write(
    `lifecycle: ${interleavings} interleavings, ${commands} commands, ${failures} failures\n`,
  );
  // A failure may have left a server open.
  process.exit(failures);
}

void main();
