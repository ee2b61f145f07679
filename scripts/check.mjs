// npm run check: for use before each commit. Types, eslint, imports and prettier check the files that changed since
// the last run; then the quick tests run (.mocharc.quick.cjs). `npm run lint` and `npm test` check everything.
//
// Two groups of steps run side by side. Each step prints its time only, or all of its output if it fails.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { tsc } from './compile.mjs';
import { inCache, repository } from './win32/paths.mjs';

const beside = (name, file) => path.join(repository, 'node_modules', name, file);

const cache = inCache('check');
const inCheck = (name) => path.join(cache, name);
mkdirSync(cache, { recursive: true });

const TYPES = [
  tsc(),
  '-p',
  'tsconfig.json',
  '--incremental',
  '--tsBuildInfoFile',
  inCheck('types.tsbuildinfo'),
];
const ESLINT = [
  beside('eslint', 'bin/eslint.js'),
  ...['.', '--cache', '--cache-strategy', 'content', '--cache-location', inCheck('eslint')],
];
const IMPORTS = [
  beside('dependency-cruiser', 'bin/dependency-cruise.mjs'),
  ...['--config', '.dependency-cruiser.cjs', 'lib', 'test/conformance'],
];
const PRETTIER = [
  beside('prettier', 'bin/prettier.cjs'),
  ...['--check', '.', '--log-level', 'warn', '--cache', '--cache-strategy', 'content'],
  ...['--cache-location', inCheck('prettier')],
];
const COMPILE = ['scripts/compile.mjs'];
const TESTS = [beside('mocha', 'bin/mocha.js'), '--config', '.mocharc.quick.cjs'];

const started = performance.now();
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const failed = [];

function step(name, args) {
  const since = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: repository, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const add = (chunk) => (output += chunk);
    child.stdout.setEncoding('utf8').on('data', add);
    child.stderr.setEncoding('utf8').on('data', add);
    child.once('error', reject);
    child.once('close', (status) => {
      const passing = /^ *\d+ passing/m.exec(output)?.[0].trim();
      const verdict = status === 0 ? (passing ?? 'ok') : 'FAILED';
      console.log(`${name.padEnd(10)}${verdict.padEnd(14)}${seconds(since)}`);
      if (status !== 0) {
        failed.push(name);
        console.log(output);
      }
      resolve(status === 0);
    });
  });
}

async function testing() {
  if (await step('compile', COMPILE)) await step('tests', TESTS);
}

async function reading() {
  await step('types', TYPES);
  await step('eslint', ESLINT);
  await step('imports', IMPORTS);
  await step('prettier', PRETTIER);
}

await Promise.all([testing(), reading()]);
console.log(failed.length === 0 ? `all well after ${seconds(started)}` : `failed: ${failed.join(', ')}`);
if (failed.length > 0) process.exitCode = 1;
