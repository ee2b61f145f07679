// npm run prebuilds: packs the addon into prebuilds with prebuildify. On Windows node-gyp builds it with MSVC, for
// the given processors (default: this machine's). Elsewhere mingw-w64 compiles it for x64, for tests.
//
// usage: prebuilds.mjs [x64] [arm64] [ia32]
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { repository } from './win32/paths.mjs';
import { run } from './win32/run.mjs';

const require = createRequire(import.meta.url);
const prebuildify = path.join(path.dirname(require.resolve('prebuildify/package.json')), 'bin.js');
const isWindows = process.platform === 'win32';
const requested = process.argv.slice(2);
const processors = requested.length > 0 ? requested : [isWindows ? process.arch : 'x64'];

/**
 * The versions of the headers to build against. Every supported Node has Node-API 8, so any version with headers for
 * the processor will do: the newest lines have none for ia32, and the oldest ones none for arm64.
 */
const TARGETS = { ia32: '20.20.2', x64: '20.20.2', arm64: '22.22.3' };

for (const arch of processors) {
  if (!(arch in TARGETS))
    throw new Error(`the processors are ${Object.keys(TARGETS).join(', ')}, not ${arch}`);
  if (!isWindows && arch !== 'x64') throw new Error(`only Windows can build for ${arch}`);
  rmSync(path.join(repository, 'prebuilds', `win32-${arch}`), { recursive: true, force: true });
  run(
    process.execPath,
    [
      prebuildify,
      ...['--napi', '--name', 'websocket-protocol-component', '--platform', 'win32', '--arch', arch],
      ...['--target', TARGETS[arch]],
      // Relative: a shell gets this path without quotes, and a user's folder for temporary files may have a space in it.
      ...['--cache', path.join('.cache', 'prebuildify')],
    ],
    isWindows
      ? {}
      : { env: { ...process.env, PREBUILD_NODE_GYP: path.join(repository, 'scripts/win32/node-gyp.mjs') } },
  );
  console.log(`prebuilds/win32-${arch}`);
}
