// The folder in which the matrix runs. Starts programs in it. Its path has a space, an accent and Chinese characters.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { repository } from '../win32/paths.mjs';
import { NAME, writePrograms } from './subjects.mjs';

const tools = path.join(repository, 'test/hosts/node_modules');

/** A file of the tools in test/hosts. */
export const tool = (...at) => path.join(tools, ...at);
/** A file of this repository's own tools. */
export const own = (...at) => path.join(repository, 'node_modules', ...at);

export const folder = mkdtempSync(path.join(tmpdir(), 'wspc hosts é 用户-'));
export const within = (...at) => path.join(folder, ...at);

export const hasTools = existsSync(tools);

/** Packages that the programs need. The copy has no devDependencies; links would lead back to the checkout. */
function install() {
  mkdirSync(within('node_modules'));
  for (const part of ['package.json', 'dist/package', 'prebuilds'])
    cpSync(path.join(repository, part), within('node_modules', NAME, part), { recursive: true });
  cpSync(own('node-gyp-build'), within('node_modules/node-gyp-build'), { recursive: true });
  cpSync(tool('ws'), within('node_modules/ws'), { recursive: true });
  // Wine follows no links to packages that have dependencies.
  for (const name of ['@sinonjs', 'type-detect'])
    cpSync(tool(name), within('node_modules', name), { recursive: true });
  for (const name of ['vitest', 'vite']) symlinkSync(tool(name), within('node_modules', name));
}

/** Hosts in which timers are numbers: browsers' pages, and Electron's renderer with Node. */
const NUMERIC = `for (const n of ['Timeout', 'Interval']) {
  const real = globalThis['set' + n], clear = globalThis['clear' + n], ids = new Map(); let last = 0;
  globalThis['set' + n] = (...a) => { ids.set(++last, real(...a)); return last; };
  globalThis['clear' + n] = (id) => clear(ids.get(id));
}`;

/** Loads a program and all of its packages in a context with globals of its own, as jest does. */
const CONTEXT = `
const { readFileSync } = require('node:fs');
const { createRequire, isBuiltin } = require('node:module');
const path = require('node:path');
const vm = require('node:vm');
const given = {};
for (const name of ['console', 'process', 'Buffer', 'URL', 'URLSearchParams', 'AbortController', 'AbortSignal', 'Event', 'EventTarget', 'MessageEvent',
  'TextEncoder', 'TextDecoder', 'performance', 'Blob', 'DOMException', 'structuredClone', 'queueMicrotask', 'setTimeout', 'clearTimeout', 'setInterval',
  'clearInterval', 'setImmediate', 'clearImmediate', 'ReadableStream', 'WritableStream']) given[name] = globalThis[name];
const context = vm.createContext(given);
const loaded = new Map();
function load(file) {
  if (loaded.has(file)) return loaded.get(file).exports;
  const module = { exports: {} };
  loaded.set(file, module);
  const text = readFileSync(file, 'utf8');
  if (file.endsWith('.json')) return (module.exports = JSON.parse(text));
  const resolve = createRequire(file);
  const require = (name) => (isBuiltin(name) ? resolve(name) : load(resolve.resolve(name)));
  const wrapped = vm.runInContext('(function (exports, require, module, __filename, __dirname) {' + text + '\\n})', context, { filename: file });
  wrapped.call(module.exports, module.exports, require, module, file, path.dirname(file));
  return module.exports;
}
load(path.resolve(process.argv[2]));`;

/** Parcel takes its settings of package.json. Without the first it knows no "exports" of a package. */
const PARCEL = {
  '@parcel/resolver-default': { packageExports: true },
  targets: {
    node: {
      ...{ context: 'node', engines: { node: '>=20' }, outputFormat: 'commonjs', includeNodeModules: true },
      ...{ optimize: false, sourceMap: false },
    },
  },
};

export function prepare() {
  install();
  writePrograms(folder);
  writeFileSync(within('package.json'), JSON.stringify({ private: true, ...PARCEL }));
  writeFileSync(within('numeric.cjs'), NUMERIC);
  writeFileSync(within('context.cjs'), CONTEXT);
}

const others = [];

/** A folder of its own, beside the others: no node_modules is above it. */
export function fresh(name) {
  const at = mkdtempSync(path.join(tmpdir(), `wspc ${name} é 用户-`));
  others.push(at);
  return at;
}

export function cleanUp() {
  for (const at of [folder, ...others]) rmSync(at, { recursive: true, force: true });
}

/** Runs a command to its end. @param options - `cwd` and `env`, and `stdio` for what cannot write to a pipe. */
export function run(command, args, { cwd = folder, env = {}, seconds = 90 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, NODE_OPTIONS: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: seconds * 1000,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ ok: false, output: `${output}${error}` }));
    child.on('close', (status, signal) => {
      if (signal !== null) output += `\nended by ${signal}, after at most ${seconds} s`;
      resolve({ ok: status === 0, output });
    });
  });
}

export const node = (args, options) => run(process.execPath, args, options);

/** Runs a program that must print PASSED. */
export async function program(command, args, options) {
  const result = await run(command, args, options);
  return { ...result, ok: result.ok && result.output.includes('PASSED') };
}

/** Runs all of the steps until one fails. */
export async function all(...steps) {
  let result = { ok: true, output: '' };
  for (const step of steps) {
    result = await step();
    if (!result.ok) return result;
  }
  return result;
}

/** Moves a bundle to a folder without node_modules. */
export function alone(file) {
  const at = fresh('bundle');
  cpSync(within(path.dirname(file)), at, { recursive: true });
  return path.join(at, path.basename(file));
}

/** Calls a function once, however many cells need its result. */
export function once(make) {
  let result;
  return () => (result ??= make());
}
