// npm run test:interop:native: other people's programs against the native backend. On systems other than Windows our
// side is the pinned node.exe in Wine with the stand-in DLL; the other programs are this machine's.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

import { compileShim } from './win32/compile.mjs';
import { nodeVersions, windowsNode } from './win32/node.mjs';
import { prebuild, repository } from './win32/paths.mjs';
import {
  aptLine,
  installStandIn,
  missing,
  preparePrefix,
  runInWine,
  wine,
  wineEnvironment,
} from './win32/wine.mjs';

const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');

/** The variables that differ from those of this process. */
function inWine(version) {
  const { WINEPREFIX, WINEARCH, WINEDEBUG, WINEDLLOVERRIDES, TMP, TEMP } = wineEnvironment('stand-in');
  return {
    name: `native, Node ${version} in Wine, stand-in`,
    command: [wine, windowsNode(version)],
    env: { WINEPREFIX, WINEARCH, WINEDEBUG, WINEDLLOVERRIDES, TMP, TEMP, WSPC_BACKEND: 'native' },
  };
}

function run(ourSide) {
  const args = [mocha, '--config', '.mocharc.interop.cjs'];
  const env = { ...process.env, WSPC_OUR_SIDE: JSON.stringify(ourSide) };
  const { status } = spawnSync(process.execPath, args, { cwd: repository, env, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

/** The demonstration of `npm start`, on the native backend. */
function start(version) {
  const { status, output } = runInWine(windowsNode(version), ['dist/lib/cli/demo.js'], {
    name: 'start',
    env: { WSPC_BACKEND: 'native' },
  });
  const succeeds = status === 0 && output.includes('native backend');
  console.log(succeeds ? `\n  1 passing: the main job, ${output.split('\n', 1)[0]}` : output);
  if (!succeeds) process.exitCode = 1;
}

if (process.platform === 'win32') {
  run({ name: 'native', command: [process.execPath], env: { WSPC_BACKEND: 'native' } });
} else if (missing.length > 0) {
  console.log(`the native backend was not tried, as there is no ${missing.join(', ')}: ${aptLine}`);
  if (process.env.WSPC_REQUIRE_ALL === '1') process.exitCode = 1;
} else {
  compileShim(prebuild);
  preparePrefix();
  installStandIn();
  run(inWine(nodeVersions[0]));
  start(nodeVersions[0]);
}
