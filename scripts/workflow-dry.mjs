// npm run workflow:dry: a dry run of .github/workflows/windows.yml, as far as a machine without Windows can. The steps of
// the job `native` are executed in order, from a clean clone of the last commit, by Windows' node.exe and npm in Wine, with
// the stand-in for websocket.dll, which proves nothing about Windows. A step that cannot run is named, with the reason.
//
// usage: workflow-dry.mjs [--job native|fresh] [--node VERSION] [--skip TEXT]... [--tests]
//
// --skip TEXT leaves out the steps whose names contain TEXT. --tests runs `npm test` too, which takes half an hour in Wine.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { environmentOf, nameOf, readWorkflow, substitute } from './workflow/read.mjs';
import { nodeVersions, windowsNode } from './win32/node.mjs';
import { inCache, repository } from './win32/paths.mjs';
import { run } from './win32/run.mjs';
import {
  aptLine,
  installRandomNumbers,
  installStandIn,
  missing,
  preparePrefix,
  wine,
  wineEnvironment,
} from './win32/wine.mjs';

const { values: options } = parseArgs({
  options: {
    job: { type: 'string', default: 'native' },
    node: { type: 'string', default: nodeVersions.at(-1) },
    skip: { type: 'string', multiple: true, default: [] },
    tests: { type: 'boolean', default: false },
  },
});
if (missing.length > 0) {
  console.error(`there is no ${missing.join(', ')}: ${aptLine}`);
  process.exit(process.env.WSPC_REQUIRE_ALL === '1' ? 1 : 0);
}

const folder = inCache('workflow');
const clone = path.join(folder, 'clone');
const bin = path.join(folder, 'bin');
const summary = path.join(folder, 'summary.md');
const job = readWorkflow('windows').jobs[options.job];
if (job === undefined) throw new Error(`there is no job ${options.job}`);

/** Windows' name of a path of this machine. */
const inWine = (file) => `Z:${file.replaceAll('/', '\\')}`;
const npmFolder = path.dirname(run('sh', ['-c', 'readlink -f "$(command -v npm)"']).trim());
const npmCache = run('npm', ['config', 'get', 'cache']).trim();

/** Replacements for steps that need more than Wine has. */
const INSTEAD = [
  {
    applies: (step) => step.run?.includes('npm run prebuilds'),
    why: 'Visual Studio’s compiler is not here: mingw-w64 compiles instead',
    run: () => here('node', ['scripts/prebuilds.mjs']),
  },
  {
    applies: (step) => step.run?.includes('--etw'),
    why: 'Wine has neither logman nor tracerpt',
  },
  {
    applies: (step) => step.run === 'npm test' && !options.tests,
    why: 'takes half an hour in Wine: --tests runs it',
  },
  {
    applies: (step) => step.uses?.startsWith('actions/checkout@'),
    why: 'the clone is made by git',
    run: () => run('git', ['clone', '--quiet', repository, clone], { cwd: folder }),
  },
  {
    applies: (step) => step.uses?.startsWith('actions/setup-node@'),
    why: `Node ${options.node} is unpacked from npm`,
    run: fillNpmCache,
  },
  {
    applies: (step) => step.uses?.startsWith('actions/download-artifact@'),
    why: 'there is nothing to take from another job',
  },
  {
    applies: (step) => step.uses?.startsWith('actions/upload-artifact@'),
    why: 'nothing is uploaded; the files have to be there',
    run: (step) => here('sh', ['-c', 'ls -d $0 >/dev/null', step.with.path]),
  },
];

/** Runs a program of this machine in the clone. */
function here(program, args) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: clone, encoding: 'utf8' });
  if (status !== 0) process.stdout.write(`${stdout}${stderr}`);
  return status;
}

/** Wine has no network. npm fills its cache here, for Windows, and uses only this cache there. */
function fillNpmCache() {
  const status = here('npm', [
    'ci',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--os=win32',
    '--cpu=x64',
  ]);
  rmSync(path.join(clone, 'node_modules'), { recursive: true, force: true });
  return status;
}

/**
 * A command that runs in Wine. Its output goes through a file, as Node in Wine cannot write to a pipe of Linux.
 */
function command(name, program, args) {
  const file = path.join(bin, name);
  const words = [wine, program, ...args].map((word) => `'${word}'`).join(' ');
  writeFileSync(
    file,
    `#!/bin/sh\nlog=$(mktemp)\n${words} "$@" >"$log" 2>&1 </dev/null\nstatus=$?\ntr -d '\\r' <"$log"\nrm "$log"\nexit $status\n`,
  );
  chmodSync(file, 0o755);
}

function environment() {
  const node = windowsNode(options.node);
  command('node', node, []);
  for (const name of ['npm', 'npx']) command(name, node, [inWine(path.join(npmFolder, `${name}-cli.js`))]);
  return {
    ...wineEnvironment('stand-in'),
    PATH: `${bin}:${process.env.PATH}`,
    WINEPATH: inWine(path.dirname(node)),
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_STEP_SUMMARY: summary,
    npm_config_cache: inWine(npmCache),
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false',
  };
}

/** @returns 'passed', 'failed', or 'not run', with the reason. */
function perform(step, base, values) {
  const skipped = options.skip.some((text) => nameOf(step).includes(text));
  if (skipped) return { result: 'not run', why: 'as asked' };
  const instead = INSTEAD.find(({ applies }) => applies(step));
  if (instead !== undefined) {
    if (instead.run === undefined) return { result: 'not run', why: instead.why };
    const status = instead.run(step);
    return { result: status === 0 || typeof status === 'string' ? 'passed' : 'failed', why: instead.why };
  }
  const env = { ...base, ...environmentOf(job, step, values) };
  const script = substitute(step.run, values);
  // As GitHub calls it.
  const { status } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd: clone,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: (step['timeout-minutes'] ?? job['timeout-minutes']) * 60_000,
  });
  return { result: status === 0 ? 'passed' : 'failed' };
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(bin, { recursive: true });
writeFileSync(summary, '');
if (run('git', ['status', '--porcelain']) !== '') console.log('What is not committed is not in the clone.');
preparePrefix();
installStandIn();
installRandomNumbers();

const values = {
  'matrix.os': 'windows-2022',
  'matrix.arch': 'x64',
  'matrix.node': options.node,
  'github.workspace': inWine(clone),
};
const base = environment();
const results = [];
for (const step of job.steps) {
  console.log(`\n=== ${nameOf(step)}`);
  const started = Date.now();
  const { result, why } = perform(step, base, values);
  const seconds = Math.round((Date.now() - started) / 1000);
  results.push({
    result,
    line: `${result.padEnd(8)} ${String(seconds).padStart(4)} s  ${nameOf(step)}${why === undefined ? '' : ` (${why})`}`,
  });
  console.log(`=== ${results.at(-1).line}`);
  if (result === 'failed' && !existsSync(path.join(clone, 'dist/lib'))) break;
}
if (existsSync(summary)) console.log(`\n=== The summary of the job\n${readFileSync(summary, 'utf8')}`);
console.log(results.map(({ line }) => line).join('\n'));
const number = (wanted) => results.filter(({ result }) => result === wanted).length;
console.log(`${number('passed')} passed, ${number('failed')} failed`);
process.exitCode = number('failed') === 0 ? 0 : 1;
