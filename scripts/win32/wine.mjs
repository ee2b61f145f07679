// A Wine prefix of our own below .cache, with or without the stand-in in its System32.
import { spawnSync } from 'node:child_process';
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { inCache, repository } from './paths.mjs';
import { find, run } from './run.mjs';

/** The command that installs everything that the native leg needs on Debian. */
export const aptLine =
  'apt-get install --no-install-recommends wine64 g++-mingw-w64-x86-64-posix mingw-w64-tools';

// Debian does not put it into PATH.
export const wine = find('wine64', '/usr/lib/wine/wine64');
const compiler = find('x86_64-w64-mingw32-g++-posix');
const dlltool = find('x86_64-w64-mingw32-dlltool');

/** The Debian packages that the native leg needs and this machine lacks. */
export const missing = [
  ...(wine === null ? ['wine64'] : []),
  ...(compiler === null ? ['g++-mingw-w64-x86-64-posix'] : []),
  ...(dlltool === null ? ['mingw-w64-tools'] : []),
];

const prefix = inCache('wine');
export const system32 = path.join(prefix, 'drive_c/windows/system32');

/** @param dll - whose websocket.dll answers: 'stand-in' or Wine's own. */
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
  // With an older version of Windows, Node refuses to start: it needs Windows 8.1.
  run(wine, ['winecfg', '-v', 'win10'], options);
  closeSync(openSync(path.join(prefix, 'ready'), 'w'));
}

/**
 * Where the spec leaves a choice (its section G), the stand-in took one and has a switch for the other; here it is
 * set to what the portable engine and the scenarios took. docs/parity.md lists them.
 */
export const standInChoices = [
  // Q-E1: a frame out of its sequence is malformed protocol data, not an operation that is not legal.
  '-DSTAND_IN_QE1_SEQUENCE=0x83760002u',
  // Q-X1: a custom type that would be one of the component's own frames is refused.
  '-DSTAND_IN_QX1_REFUSES_KNOWN=1',
];

/**
 * Builds the stand-in, a test part that is never shipped, and puts it where Windows has the real one.
 *
 * @param answers - switches that make it answer otherwise, such as -DSTAND_IN_QS1_CONTIGUOUS=0.
 * @param sources - the folder of its sources: a copy with a fault in it, for instance.
 */
export function installStandIn(answers = [], sources = path.join(repository, 'test/stand-in')) {
  const folder = inCache('stand-in');
  run('sh', [path.join(sources, 'build.sh'), 'win32', folder, ...standInChoices, ...answers]);
  copyFileSync(path.join(folder, 'websocket.dll'), path.join(system32, 'websocket.dll'));
}

/**
 * Runs a Windows program with its output going to a file, since Node under Wine cannot write to a pipe.
 *
 * @param options.memory - KiB of address space that it may have.
 * @returns its exit status and what it printed.
 */
export function runInWine(executable, args, { dll = 'stand-in', env = {}, name = 'wine', memory } = {}) {
  const log = inCache(`${name}.log`);
  const descriptor = openSync(log, 'w');
  try {
    const limited = memory === undefined ? [] : ['sh', '-c', `ulimit -v ${memory}; exec "$@"`, 'sh'];
    const [program, ...all] = [...limited, wine, executable, ...args];
    const result = spawnSync(program, all, {
      cwd: repository,
      env: { ...wineEnvironment(dll), ...env },
      stdio: ['ignore', descriptor, descriptor],
    });
    return { status: result.status ?? 1, output: readFileSync(log, 'utf8').replaceAll('\r\n', '\n') };
  } finally {
    closeSync(descriptor);
  }
}
