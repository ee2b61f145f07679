/**
 * `npm run compile:everywhere`: compiles the shim's objects for processors that this machine cannot run, with every
 * warning of clang:
 *
 * - ia32 by mingw-w64's gcc: pointers, sizes and calling convention differ there (`WSPC_CALL` is __stdcall);
 * - arm64 by clang, with the headers of mingw-w64: objects only, since there is no arm64 library to link;
 * - x64 by clang with -Weverything, without the warnings named below.
 *
 * Each compilation checks the static_asserts of native/websocket_abi.h.
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

/** clang with the headers of mingw-w64 instead of this system's. */
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

/** Warnings about every C++17 program, and warnings that this program accepts for a reason. */
const ACCEPTED = [
  '-Wno-c++98-compat',
  '-Wno-c++98-compat-pedantic',
  // Structures are laid out for reading. Those of the ABI are asserted byte by byte.
  '-Wno-padded',
  // A macro of Node-API declares the entry of the module.
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
