// npm run test:native: runs the tests for Windows, inside Windows' node.exe.
//
// On Windows these are this process's Node and the operating system's websocket.dll. Elsewhere they are a pinned
// node.exe in Wine, the shim compiled by mingw-w64, and the stand-in DLL. That proves the shim, but nothing about
// Windows.
//
// usage: npm run test:native -- [--node VERSION] [FILE]... [MOCHA OPTION]...
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

import { testArgumentsOrExit } from './test-files.mjs';
import { compileShim } from './win32/compile.mjs';
import { nodeVersions, windowsNode } from './win32/node.mjs';
import { prebuild, repository } from './win32/paths.mjs';
import { aptLine, installStandIn, missing, preparePrefix, runInWine } from './win32/wine.mjs';

const args = process.argv.slice(2);
const only = args[0] === '--node' ? args.splice(0, 2)[1] : undefined;
const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const named = testArgumentsOrExit(args);
const mochaArguments = [mocha, '--config', '.mocharc.native.cjs', ...named.options, ...named.files];

/** The number of passed tests, as mocha prints it. A run without tests is a failure. */
function passing(output) {
  return Number(/^ *(\d+) passing/m.exec(output)?.[1] ?? 0);
}

function finish(status, output, name) {
  if (status === 0 && passing(output) > 0) return;
  console.log(`the native leg failed on ${name}: exit status ${status}, ${passing(output)} passing`);
  process.exitCode = 1;
}

function onWindows() {
  const result = spawnSync(process.execPath, mochaArguments, {
    cwd: repository,
    env: { ...process.env, WSPC_BACKEND: 'native', WSPC_NATIVE_LEG: 'windows' },
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  process.stdout.write(result.stdout);
  finish(result.status ?? 1, result.stdout, `Windows, Node ${process.version}`);
}

/** Tests outside of Wine that compile stand-ins with other answers and run them in Wine. */
function aroundWine() {
  console.log('--- Stand-ins with other answers');
  const result = spawnSync(process.execPath, [mocha, '--config', '.mocharc.wine.cjs'], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  process.stdout.write(result.stdout);
  finish(result.status ?? 1, result.stdout, 'stand-ins with other answers');
}

function inWine() {
  if (missing.length > 0) {
    console.log(`the native leg was not run, as there is no ${missing.join(', ')}: ${aptLine}`);
    if (process.env.WSPC_REQUIRE_ALL === '1') process.exitCode = 1;
    return;
  }
  compileShim(prebuild);
  preparePrefix();
  installStandIn();
  for (const version of only === undefined ? nodeVersions : [only]) {
    console.log(`--- Node ${version} in Wine, with the stand-in`);
    const { status, output } = runInWine(windowsNode(version), mochaArguments, {
      name: `test-native-${version}`,
      env: {
        WSPC_NATIVE_LEG: 'wine',
        WSPC_BACKEND: 'native',
      },
    });
    process.stdout.write(output);
    finish(status, output, `Node ${version} in Wine`);
  }
  if (args.length > 0) return;
  withoutStandIn();
  aroundWine();
}

/** Wine's own websocket.dll must be recognised, and the portable engine must answer. */
function withoutStandIn() {
  console.log("--- Wine's own websocket.dll");
  const fallback = [mocha, '--no-config', 'dist/test/fallback/*.test.js'];
  const { status, output } = runInWine(windowsNode(nodeVersions[0]), fallback, {
    dll: 'wine',
    name: 'test-fallback',
    env: { WSPC_BACKEND: '' },
  });
  process.stdout.write(output);
  finish(status, output, 'the fallback');
}

if (process.platform === 'win32') onWindows();
else inWine();
