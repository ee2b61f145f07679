/**
 * `npm run fuzz:native -- [--time SECONDS]`: libFuzzer with AddressSanitizer and UndefinedBehaviorSanitizer over the
 * stand-in's 13 functions. Starts from test/stand-in/corpus/; an input that crashes is left there as crash-*.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = path.join(root, '.cache', 'fuzz');
const seeds = path.join(root, 'test', 'stand-in', 'corpus');
const { values } = parseArgs({ options: { time: { type: 'string', default: '60' } } });

const hasClang = spawnSync('clang++', ['--version']).status === 0;
if (!hasClang || process.platform !== 'linux') {
  console.log('fuzz:native is skipped: it needs clang with its runtime libraries, on Linux');
  process.exit(process.env.WSPC_REQUIRE_ALL === '1' ? 1 : 0);
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', cwd: root });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const found = path.join(out, 'corpus');
mkdirSync(found, { recursive: true });
if (!existsSync(seeds)) mkdirSync(seeds, { recursive: true });
run('sh', ['test/stand-in/build.sh', 'linux-fuzz', out]);
run(path.join(out, 'fuzz'), [
  `-max_total_time=${values.time}`,
  '-max_len=1024',
  '-print_final_stats=1',
  `-artifact_prefix=${seeds}${path.sep}`,
  found,
  seeds,
]);
