// npm run compile: compiles lib, test and bench into dist, but only the files that changed since the last time. npm
// run build (`--clean`): deletes dist first, so that everything is compiled. Both bundle the libraries of the command
// into dist/lib/vendor (bundle-vendor.mjs), and make the published package in dist/package (bundle-package.mjs).
//
// TypeScript remembers in dist/.tsbuildinfo which files it has compiled. It does not notice outputs that were deleted
// or edited by hand, and it keeps the output of a deleted source. This script looks for both.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { repository } from './win32/paths.mjs';

const FOLDERS = ['lib', 'test', 'bench'];
const dist = path.join(repository, 'dist');
const memory = path.join(dist, '.tsbuildinfo');

export const tsc = () => createRequire(import.meta.url).resolve('typescript/bin/tsc');

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

/** The TypeScript sources, relative to the repository and without extension, as their outputs are named. */
function sources() {
  return FOLDERS.flatMap((folder) => filesBelow(path.join(repository, folder)))
    .filter((file) => /(?<!\.d)\.m?ts$/.test(file) && !file.includes(`${path.sep}node_modules${path.sep}`))
    .map((file) => path.relative(repository, file).replace(/ts$/, 'js'));
}

/** Deletes outputs without a source: a deleted test must not run again. */
function deleteOrphans(outputs) {
  const known = new Set(outputs);
  for (const folder of FOLDERS) {
    for (const file of filesBelow(path.join(dist, folder))) {
      const output = path
        .relative(dist, file)
        .replace(/\.d\.(m?)ts$/, '.$1js')
        .replace(/\.map$/, '');
      if (/\.m?js$/.test(output) && !known.has(output)) rmSync(file);
    }
  }
}

/** Whether an output is missing, or was changed after the compiler wrote its record. */
function wasTamperedWith(outputs) {
  const { mtimeMs } = statSync(memory);
  return outputs.some((name) => {
    // These outputs are replaced after the compilation.
    if (name.startsWith(path.join('lib', 'vendor'))) return false;
    const output = path.join(dist, name);
    const source = path.join(repository, name.replace(/js$/, 'ts'));
    if (!existsSync(output)) return statSync(source).mtimeMs <= mtimeMs;
    return statSync(output).mtimeMs > mtimeMs;
  });
}

/** Makes dist ready for an incremental compilation. */
export function prepareOutput({ clean = false } = {}) {
  const outputs = sources();
  if (clean || !existsSync(memory) || wasTamperedWith(outputs)) {
    rmSync(dist, { recursive: true, force: true });
  } else {
    deleteOrphans(outputs);
  }
}

function run(args) {
  const { status, error } = spawnSync(process.execPath, args, { cwd: repository, stdio: 'inherit' });
  if (error !== undefined) throw error;
  return status ?? 1;
}

/**
 * Bundles the libraries of the command and the published package into dist, and makes the command executable for npx.
 * Returns the exit status.
 */
export function bundle() {
  chmodSync(path.join(dist, 'lib/cli/wspc.js'), 0o755);
  return run(['scripts/bundle-vendor.mjs']) || run(['scripts/bundle-package.mjs']);
}

/** Compiles. Returns the exit status, which is 0 if there was no error. */
export function compile(options) {
  prepareOutput(options);
  const status = run([tsc(), '-p', 'tsconfig.build.json']);
  return status === 0 ? bundle() : status;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = compile({ clean: process.argv.includes('--clean') });
}
