// Compiles the shim for 64-bit Windows with mingw-w64. Users get a build by MSVC on Windows. This build of the same
// source is for tests, and for packing on a machine without Windows.
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { built } from './built.mjs';
import { inCache, repository } from './paths.mjs';
import { run } from './run.mjs';

const require = createRequire(import.meta.url);

const COMPILER = 'x86_64-w64-mingw32-g++-posix';
const NAME = 'websocket-protocol-component.node';
const DLLTOOL = 'x86_64-w64-mingw32-dlltool';

export const napiHeaders = path.dirname(require.resolve('node-api-headers/package.json'));
/** node-addon-api has headers only; it uses the C headers of Node-API. */
const addonApi = path.dirname(require.resolve('node-addon-api/package.json'));

/** The folders of napi.h and node_api.h. As system headers, they give no warnings. */
export const includes = [`-isystem${path.join(napiHeaders, 'include')}`, `-isystem${addonApi}`];

export const sources = readdirSync(path.join(repository, 'native'))
  .filter((name) => name.endsWith('.cc'))
  .map((name) => path.join(repository, 'native', name));

/** The defines of binding.gyp. */
export const defines = [
  '-DNAPI_VERSION=8',
  '-DNODE_API_NO_EXTERNAL_BUFFERS_ALLOWED',
  '-DNODE_ADDON_API_DISABLE_CPP_EXCEPTIONS',
  '-DNODE_ADDON_API_DISABLE_DEPRECATED',
  '-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
  '-DNODE_GYP_MODULE_NAME=websocket_protocol_component',
  '-DBUILDING_NODE_EXTENSION',
];

export const warnings = ['-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Wconversion', '-Werror'];

/** A delay-load library of Node-API. At the first call our own hook resolves node.exe. */
function importLibrary() {
  const folder = inCache('napi');
  mkdirSync(folder, { recursive: true });
  const names = ['js_native_api.def', 'node_api.def']
    .flatMap((file) => readFileSync(path.join(napiHeaders, 'def', file), 'utf8').split(/\r?\n/))
    .filter((line) => line !== '' && !/^(NAME|LIBRARY|EXPORTS)\b/i.test(line));
  const definition = path.join(folder, 'node.def');
  writeFileSync(definition, `LIBRARY node.exe\nEXPORTS\n${names.join('\n')}\n`);
  run(DLLTOOL, ['-d', definition, '-y', path.join(folder, 'libnode-delay.a'), '-D', 'node.exe']);
  return folder;
}

export function compileShim(output) {
  const versions = [napiHeaders, addonApi].map(
    (folder) => require(path.join(folder, 'package.json')).version,
  );
  const inputs = [
    run(COMPILER, ['--version']),
    ...versions,
    readFileSync(fileURLToPath(import.meta.url), 'utf8'),
  ];
  const file = built(NAME, path.join(repository, 'native'), inputs, (folder) =>
    compile(path.join(folder, NAME)),
  );
  mkdirSync(path.dirname(output), { recursive: true });
  copyFileSync(file, output);
}

function compile(output) {
  const libraries = importLibrary();
  run(COMPILER, [
    ...['-std=c++17', '-O2', '-fno-exceptions', '-fno-rtti', '-fstack-protector-strong'],
    ...warnings,
    ...defines,
    '-D_WIN32_WINNT=0x0602',
    ...includes,
    ...['-shared', '-static', '-s'],
    ...['-Wl,--dynamicbase', '-Wl,--high-entropy-va', '-Wl,--nxcompat', '-Wl,--no-insert-timestamp'],
    ...sources,
    ...[`-L${libraries}`, '-lnode-delay', '-ldelayimp'],
    ...['-o', output],
  ]);
}
