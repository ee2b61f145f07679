/**
 * `npm run compile:everywhere`: compiles the shim's objects for the processors that this machine cannot run, and reads it
 * with every warning that clang has:
 *
 * - ia32 by mingw-w64's gcc, whose pointers, sizes and calling convention differ (`WSPC_CALL` is __stdcall there);
 * - arm64 by clang, over the headers of mingw-w64; objects only, as there is no arm64 library here to link;
 * - x64 by clang with -Weverything, less the warnings named below.
 *
 * The static_asserts of native/websocket_abi.h are checked by each.
 */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { defines, includes, sources, warnings } from './win32/compile.mjs';
import { inCache } from './win32/paths.mjs';
import { find, run } from './win32/run.mjs';

const GCC = 'i686-w64-mingw32-g++-posix';
const LIBRARY = '/usr/lib/gcc/x86_64-w64-mingw32';
const HEADERS = '/usr/share/mingw-w64/include';

const flags = ['-std=c++17', '-O2', '-fno-exceptions', '-fno-rtti', '-D_WIN32_WINNT=0x0602', '-c'];

/** clang over the headers of mingw-w64 in the place of this system's. */
function clangFor(processor) {
  const version = readdirSync(LIBRARY).find((name) => name.endsWith('-posix'));
  if (version === undefined) throw new Error('there is no g++-mingw-w64-x86-64-posix');
  const standard = path.join(LIBRARY, version, 'include/c++');
  const folders = [standard, path.join(standard, 'x86_64-w64-mingw32'), HEADERS];
  return [
    `--target=${processor}-w64-mingw32`,
    '-nostdlibinc',
    ...folders.map((folder) => `-isystem${folder}`),
  ];
}

/** What is said of every C++17 program, and of this one for a reason. */
const ACCEPTED = [
  '-Wno-c++98-compat',
  '-Wno-c++98-compat-pedantic',
  // Structures are laid out for reading; those of the ABI are asserted byte by byte.
  '-Wno-padded',
  // The entry of the module is declared by a macro of Node-API.
  '-Wno-missing-prototypes',
];

if (process.platform !== 'linux' || find(GCC) === null || find('clang++') === null || !existsSync(HEADERS)) {
  console.log(
    'the other processors were not compiled for: apt-get install clang g++-mingw-w64-i686-posix g++-mingw-w64-x86-64-posix',
  );
  process.exit(process.env.WSPC_REQUIRE_ALL === '1' ? 1 : 0);
}

const KINDS = {
  'ia32, gcc': [GCC, [...warnings]],
  'arm64, clang': ['clang++', [...clangFor('aarch64'), ...warnings]],
  'x64, clang, every warning': ['clang++', [...clangFor('x86_64'), '-Weverything', '-Werror', ...ACCEPTED]],
};
for (const [name, [compiler, own]] of Object.entries(KINDS)) {
  const folder = inCache('objects', name.replaceAll(', ', '-').replaceAll(' ', '-'));
  mkdirSync(folder, { recursive: true });
  run(compiler, [...flags, ...own, ...defines, ...includes, ...sources], { cwd: folder });
  console.log(`${name}: ${sources.length} objects`);
}
