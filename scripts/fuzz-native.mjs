/**
 * `npm run fuzz:native -- [--time SECONDS] [--only shim|stand-in] [--planted]`: runs libFuzzer with AddressSanitizer
 * and UndefinedBehaviorSanitizer, for this many seconds each, on
 *
 * - the stand-in's 13 functions (test/stand-in/fuzz.cc);
 * - the shim of native/, from Node-API to the DLL (test/native/fuzz/), over a model of Node-API and the stand-in.
 * Both fail where the input says so.
 *
 * With `--planted` the mistakes of test/native/fuzz/planted.mjs are planted in the shim, one at a time. Each must be
 * found within that time.
 *
 * The seeds are beside the sources. An input that crashes is written there as crash-*.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { PLANTED } from '../test/native/fuzz/planted.mjs';
import { SANITIZE } from './asan/flags.mjs';
import { defines, includes, sources, warnings } from './win32/compile.mjs';
import { inCache, repository } from './win32/paths.mjs';
import { find } from './win32/run.mjs';

const ASAN_OPTIONS = 'malloc_context_size=8:quarantine_size_mb=32';

const out = inCache('fuzz');
const inTests = (...parts) => path.join(repository, 'test', ...parts);
const { values } = parseArgs({
  options: {
    time: { type: 'string', default: '60' },
    only: { type: 'string' },
    planted: { type: 'boolean' },
  },
});

if (find('clang++') === null || process.platform !== 'linux') {
  console.log('fuzz:native is skipped: it needs clang with its runtime libraries, on Linux');
  process.exit(process.env.WSPC_REQUIRE_ALL === '1' ? 1 : 0);
}

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', cwd: repository, ...options });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function buildStandIn() {
  run('sh', ['test/stand-in/build.sh', 'linux-fuzz', out]);
  return path.join(out, 'fuzz');
}

const objects = path.join(out, 'objects');

function compile(flags, files) {
  run(
    'clang++',
    [
      ...['-std=c++17', '-fno-exceptions', '-pthread', '-c', ...SANITIZE, ...defines],
      // Few tokens: within one input they are used up and start again.
      ...['-DWSPC_SANITIZED_TEST_BUILD', '-DWSPC_LAST_TOKEN=255'],
      ...includes,
      ...flags,
      ...files,
    ],
    { cwd: objects },
  );
}

function compileShim(files, flags) {
  compile(['-O1', '-fsanitize=fuzzer-no-link', ...flags], files);
}

function buildShim() {
  rmSync(objects, { recursive: true, force: true });
  mkdirSync(objects, { recursive: true });
  const standIn = readdirSync(inTests('stand-in'))
    // The harness includes the exports under other names.
    .filter((name) => name.endsWith('.cc') && !['exports.cc', 'fuzz.cc', 'self_test.cc'].includes(name))
    .map((name) => inTests('stand-in', name));
  compileShim(sources, warnings);
  compile(
    ['-O1', '-fsanitize=fuzzer-no-link', '-Wall', '-Wextra', '-Werror'],
    [...standIn, inTests('native/fuzz/library.cc')],
  );
  // These files only play the part of JavaScript; their coverage tells the fuzzer nothing.
  const players = ['shim.cc', 'node_api_model.cc'].map((name) => inTests('native/fuzz', name));
  compile(['-O2', '-Wall', '-Wextra', '-Wshadow', '-Werror'], players);
  return link();
}

function link() {
  const program = path.join(out, 'fuzz-shim');
  run(
    'clang++',
    // The shim looks for the 13 functions in the program itself.
    [
      ...[...SANITIZE, '-fsanitize=fuzzer', '-pthread', '-rdynamic'],
      ...[...readdirSync(objects), '-ldl', '-o', program],
    ],
    { cwd: objects },
  );
  return program;
}

/** Whether the fuzzer finds the mistake in time. */
function finds({ name, file, from, to }, seeds) {
  const folder = path.join(out, 'planted');
  rmSync(folder, { recursive: true, force: true });
  cpSync(path.join(repository, 'native'), folder, { recursive: true });
  const source = path.join(folder, file);
  const text = readFileSync(source, 'utf8');
  if (text.split(from).length !== 2) throw new Error(`the place for "${name}" is not in ${file}`);
  writeFileSync(
    source,
    text.replace(from, () => to),
  );
  // A mistake may leave a variable unused, so warnings are off.
  compileShim([source], ['-w']);
  const started = Date.now();
  const arguments_ = [
    `-max_total_time=${values.time}`,
    '-max_len=2048',
    `-artifact_prefix=${folder}${path.sep}`,
  ];
  const { status } = spawnSync(link(), [...arguments_, '-detect_leaks=1', seeds], {
    stdio: 'ignore',
    env: { ...process.env, ASAN_OPTIONS },
  });
  compileShim([path.join(repository, 'native', file)], warnings);
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(status === 0 ? `NOT FOUND: ${name}` : `found within ${seconds} s: ${name}`);
  return status !== 0;
}

function plantAll() {
  buildShim();
  const seeds = inTests('native/fuzz/corpus');
  const found = PLANTED.filter((mistake) => finds(mistake, seeds)).length;
  console.log(`${found} passed, ${PLANTED.length - found} failed`);
  process.exit(found === PLANTED.length ? 0 : 1);
}

if (values.planted === true) plantAll();

const TARGETS = {
  'stand-in': { build: buildStandIn, seeds: inTests('stand-in/corpus'), longest: 1024 },
  shim: { build: buildShim, seeds: inTests('native/fuzz/corpus'), longest: 2048 },
};
const names = values.only === undefined ? Object.keys(TARGETS) : [values.only];
for (const name of names) {
  const target = TARGETS[name];
  if (target === undefined) throw new Error(`--only takes ${Object.keys(TARGETS).join(' or ')}`);
  const found = path.join(out, `corpus-${name}`);
  mkdirSync(found, { recursive: true });
  mkdirSync(target.seeds, { recursive: true });
  console.log(`\n${name}`);
  run(
    target.build(),
    [
      `-max_total_time=${values.time}`,
      `-max_len=${target.longest}`,
      '-print_final_stats=1',
      `-artifact_prefix=${target.seeds}${path.sep}`,
      found,
      target.seeds,
    ],
    { env: { ...process.env, ASAN_OPTIONS } },
  );
}
