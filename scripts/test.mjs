// npm test -- [FILE]... [MOCHA OPTION]...: compiles, then runs all tests that this machine can run, or the tests of
// the named files, folders and patterns (test/ws/details.test.ts, test/ws, 'test/**/close*.test.ts').
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

import { compile } from './compile.mjs';
import { nativeNotice } from './native-notice.mjs';
import { testArgumentsOrExit } from './test-files.mjs';
import { repository } from './win32/paths.mjs';

const { options, files } = testArgumentsOrExit(process.argv.slice(2));
const status = compile();
if (status !== 0) process.exit(status);
const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
const result = spawnSync(process.execPath, [mocha, ...options, ...files], {
  cwd: repository,
  // On Windows too these tests are about the engine; those of the native backend are `npm run test:native`.
  env: { ...process.env, ...(process.platform === 'win32' && { WSPC_BACKEND: 'portable' }) },
  stdio: 'inherit',
});
if (result.error !== undefined) throw result.error;
process.exitCode = result.status ?? 1;
if (result.status === 0 && files.length === 0) nativeNotice();
