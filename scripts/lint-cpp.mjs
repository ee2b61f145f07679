/** The C++ part of `npm run lint`: cppcheck over the shim and the stand-in. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const COMMON = [
  '--std=c++17',
  '--language=c++',
  '--enable=warning,performance,portability',
  '--inline-suppr',
  '--quiet',
  '--error-exitcode=1',
  // The members have initializers, which this version of cppcheck does not see.
  '--suppress=uninitMemberVar:test/stand-in/handle.h',
];
const PARTS = [
  // These sources compile for Windows only.
  ['-D_WIN32', '-D_WIN64', '-D_M_X64', 'native'],
  // The parser of cppcheck fails on a list of casts in the self-test.
  ['--suppress=internalAstError:test/stand-in/self_test.cc', 'test/stand-in', 'test/native/fuzz'],
];

if (spawnSync('cppcheck', ['--version']).error !== undefined) {
  console.log('The C++ was not checked: cppcheck is not installed (apt-get install cppcheck)');
  process.exit(process.env.WSPC_REQUIRE_ALL === '1' ? 1 : 0);
}
let failed = false;
for (const part of PARTS) {
  const { status } = spawnSync('cppcheck', [...COMMON, ...part], {
    stdio: 'inherit',
    cwd: fileURLToPath(new URL('..', import.meta.url)),
  });
  failed ||= status !== 0;
}
if (failed) process.exit(1);
console.log('The C++ has passed cppcheck');
