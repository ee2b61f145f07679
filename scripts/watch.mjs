// npm run watch -- [FILE]... [MOCHA OPTION]...: compiles whenever a source changes. With files, runs their tests after
// each compilation without an error. Ends on Ctrl-C.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import readline from 'node:readline';

import { bundle, prepareOutput, tsc } from './compile.mjs';
import { testArgumentsOrExit } from './test-files.mjs';
import { repository } from './win32/paths.mjs';

const { options, files } = testArgumentsOrExit(process.argv.slice(2));
const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');

let tests = null;
let isStale = false;

/** Starts the tests. Stops a run that has not ended, since its code is out of date. */
function runTests() {
  if (tests !== null) {
    isStale = true;
    tests.kill();
    return;
  }
  tests = spawn(process.execPath, [mocha, ...options, ...files], { cwd: repository, stdio: 'inherit' });
  tests.once('exit', () => {
    tests = null;
    if (!isStale) return;
    isStale = false;
    runTests();
  });
}

prepareOutput();
const compiler = spawn(
  process.execPath,
  [tsc(), '-p', 'tsconfig.build.json', '--watch', '--preserveWatchOutput', '--pretty'],
  { cwd: repository, stdio: ['ignore', 'pipe', 'inherit'] },
);
readline.createInterface({ input: compiler.stdout }).on('line', (line) => {
  if (line.trim() !== '') console.log(line);
  if (!/ Found 0 errors\./.test(line)) return;
  if (bundle() === 0 && files.length > 0) runTests();
});
compiler.once('exit', (status) => {
  process.exitCode = status ?? 1;
});
