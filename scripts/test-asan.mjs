// npm run test:asan: runs the native tests on Linux. The marshalling and the handles of the shim, and the stand-in,
// are compiled with AddressSanitizer and UndefinedBehaviorSanitizer. Memory errors that Wine hides end the run. This
// is a test build: websocket.dll itself is never loaded.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { SANITIZE } from './asan/flags.mjs';
import { defines, includes, sources, warnings } from './win32/compile.mjs';
import { inCache, repository } from './win32/paths.mjs';
import { find, run } from './win32/run.mjs';
import { standInChoices } from './win32/wine.mjs';

const FOLDERS = ['component', 'differential', 'native', 'session'];

if (process.platform !== 'linux' || find('clang++') === null) {
  console.log(
    'the sanitized run was not made, as it needs Linux and clang: apt-get install clang libclang-rt-14-dev',
  );
  process.exit(process.env.WSPC_REQUIRE_ALL === '1' ? 1 : 0);
}

const folder = inCache('asan');
const addon = path.join(folder, 'websocket-protocol-component.node');
const library = path.join(folder, 'libwebsocket_stand_in.so');
mkdirSync(folder, { recursive: true });
const standIn = path.join(repository, 'test/stand-in/build.sh');
const answers = [...standInChoices, '-DSTAND_IN_ODDITIES'];
run('sh', [standIn, 'linux', folder, ...answers, ...SANITIZE, '-shared-libasan'], {
  env: { ...process.env, CXX: 'clang++' },
});
run('clang++', [
  ...['-std=c++17', '-O1', '-fno-exceptions', '-fPIC', '-shared', '-shared-libasan', '-fvisibility=hidden'],
  ...SANITIZE,
  ...warnings,
  ...defines,
  '-DWSPC_SANITIZED_TEST_BUILD',
  ...includes,
  ...sources,
  ...['-ldl', '-o', addon],
]);
const runtime = run('clang++', ['-print-file-name=libclang_rt.asan-x86_64.so']).trim();

const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const result = spawnSync(
  process.execPath,
  [
    mocha,
    ...['--no-config', '--timeout', '0', '--forbid-only'],
    ...FOLDERS.map((name) => `dist/test/${name}/**/*.test.js`),
    ...process.argv.slice(2),
  ],
  {
    cwd: repository,
    env: {
      ...process.env,
      LD_PRELOAD: runtime,
      // Node does not free all memory at its end, and handles that were not collected keep theirs.
      ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1:alloc_dealloc_mismatch=1',
      UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
      WSPC_STAND_IN: library,
      WSPC_SANITIZED_ADDON: addon,
      WSPC_BACKEND: 'native',
      WSPC_NATIVE_LEG: 'asan',
      WSPC_CASES: process.env.WSPC_CASES ?? '1000',
      NODE_OPTIONS: `--require ${path.join(repository, 'scripts/asan/preload.cjs')}`,
    },
    stdio: 'inherit',
  },
);
process.exitCode = result.status ?? 1;
