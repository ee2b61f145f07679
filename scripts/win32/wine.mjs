// A separate Wine prefix below .cache, with or without the stand-in in its System32.
import { spawnSync } from 'node:child_process';
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { built } from './built.mjs';
import { inCache, repository } from './paths.mjs';
import { find, run } from './run.mjs';

/** The command that installs all packages for the native tests on Debian. */
export const aptLine =
  'apt-get install --no-install-recommends wine64 g++-mingw-w64-x86-64-posix mingw-w64-tools';

// Debian does not put it into PATH.
export const wine = find('wine64', '/usr/lib/wine/wine64');
const compiler = find('x86_64-w64-mingw32-g++-posix');
const dlltool = find('x86_64-w64-mingw32-dlltool');

/** The Debian packages for the native tests that this machine lacks. */
export const missing = [
  ...(wine === null ? ['wine64'] : []),
  ...(compiler === null ? ['g++-mingw-w64-x86-64-posix'] : []),
  ...(dlltool === null ? ['mingw-w64-tools'] : []),
];

const prefix = inCache('wine');
export const system32 = path.join(prefix, 'drive_c/windows/system32');

/** @param dll - the websocket.dll to use: 'stand-in', or Wine's own. */
export function wineEnvironment(dll) {
  return {
    ...process.env,
    WINEPREFIX: prefix,
    WINEARCH: 'win64',
    WINEDEBUG: '-all',
    WINEDLLOVERRIDES: `mscoree,mshtml=;websocket=${dll === 'stand-in' ? 'n' : 'b'}`,
    // Windows programs look for one of these. Without it they ask the desktop.
    TMP: 'C:\\windows\\temp',
    TEMP: 'C:\\windows\\temp',
  };
}

export function preparePrefix() {
  if (existsSync(path.join(prefix, 'ready'))) return;
  mkdirSync(prefix, { recursive: true });
  const options = { env: wineEnvironment('wine'), stdio: 'ignore' };
  run(wine, ['wineboot', '-i'], options);
  // Node needs Windows 8.1 and refuses to start on an older version.
  run(wine, ['winecfg', '-v', 'win10'], options);
  closeSync(openSync(path.join(prefix, 'ready'), 'w'));
}

/**
 * Switches of the stand-in for questions that the spec leaves open (its section G). The stand-in has other answers by
 * default; here they are set to those of the portable engine and the scenarios. docs/parity.md lists them.
 */
export const standInChoices = [
  // Q-E1: a frame out of sequence is malformed protocol data, and not an illegal operation.
  '-DSTAND_IN_QE1_SEQUENCE=0x83760002u',
  // Q-X1: a custom type that is one of the component's own frames is refused.
  '-DSTAND_IN_QX1_REFUSES_KNOWN=1',
];

/**
 * Builds the stand-in and puts it in the place of Windows' DLL. The stand-in is for tests and never shipped.
 *
 * @param answers - switches for other answers, such as -DSTAND_IN_QS1_CONTIGUOUS=0.
 * @param sources - the folder of its sources, such as a copy with a fault.
 */
export function installStandIn(answers = [], sources = path.join(repository, 'test/stand-in')) {
  const flags = [...standInChoices, ...answers];
  const dll = built('websocket.dll', sources, [run(compiler, ['--version']), ...flags], (folder) =>
    run('sh', [path.join(sources, 'build.sh'), 'win32', folder, ...flags]),
  );
  copyFileSync(dll, path.join(system32, 'websocket.dll'));
}

/** Puts a DLL into the prefix that Windows 10 has and Wine 8 has not. Programs in Go need it: esbuild, for instance. */
export function installRandomNumbers() {
  const target = path.join(system32, 'bcryptprimitives.dll');
  if (existsSync(target)) return;
  const source = path.join(repository, 'scripts/win32/random-numbers.c');
  run(compiler, ['-x', 'c', '-O2', '-shared', '-s', source, '-o', target, '-ladvapi32']);
}

/**
 * Runs a Windows program. Its output goes to files, since Node under Wine cannot write to a pipe.
 *
 * Wine's own services write to the standard error of the program that starts them: `wine: Unhandled page fault` of
 * winedevice.exe, for instance, in Wine's ntoskrnl.exe. Such a line is not the program's, so a caller that compares the
 * output asks for `errorsApart`.
 *
 * @param options.memory - most KiB of address space.
 * @param options.errorsApart - whether standard error is returned as `errors` rather than as a part of `output`.
 * @returns its exit status and its output.
 */
export function runInWine(
  executable,
  args,
  { dll = 'stand-in', env = {}, name = 'wine', memory, errorsApart = false } = {},
) {
  const logs = errorsApart
    ? [inCache(`${name}.log`), inCache(`${name}.errors.log`)]
    : [inCache(`${name}.log`)];
  const [output, errors = output] = logs.map((log) => openSync(log, 'w'));
  try {
    const limited = memory === undefined ? [] : ['sh', '-c', `ulimit -v ${memory}; exec "$@"`, 'sh'];
    const [program, ...all] = [...limited, wine, executable, ...args];
    const result = spawnSync(program, all, {
      cwd: repository,
      env: { ...wineEnvironment(dll), ...env },
      stdio: ['ignore', output, errors],
    });
    const [written, complaints = ''] = logs.map((log) => readFileSync(log, 'utf8').replaceAll('\r\n', '\n'));
    return { status: result.status ?? 1, output: written, errors: complaints };
  } finally {
    for (const descriptor of new Set([output, errors])) closeSync(descriptor);
  }
}
