/**
 * The cost of a message across the native boundary: `node bench/native/run.mjs` after `npm run build`. On Windows
 * this uses the operating system's component. Elsewhere it uses Windows' node.exe in Wine with the stand-in DLL.
 * There only the ratios have a meaning, and only for our shim, not for Microsoft's component.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { render, duration, ratio } from '../tables.mjs';

const script = fileURLToPath(new URL('cases.cjs', import.meta.url));

async function inWine() {
  const { compileShim } = await import('../../scripts/win32/compile.mjs');
  const { windowsNode } = await import('../../scripts/win32/node.mjs');
  const { prebuild } = await import('../../scripts/win32/paths.mjs');
  const { aptLine, installStandIn, missing, preparePrefix, runInWine } =
    await import('../../scripts/win32/wine.mjs');
  if (missing.length !== 0) throw new Error(`there is no ${missing.join(', ')}: ${aptLine}`);
  compileShim(prebuild);
  preparePrefix();
  installStandIn();
  return runInWine(windowsNode('20.20.2'), [script], { name: 'bench-native' }).output;
}

const output =
  process.platform === 'win32'
    ? spawnSync(process.execPath, [script], { encoding: 'utf8' }).stdout
    : await inWine();
const line = output.split('\n').find((each) => each.startsWith('{'));
if (line === undefined) throw new Error(output);
const { where, results } = JSON.parse(line);

console.log(`## Across the native boundary (${where}), time a message\n`);
console.log(
  render(
    [
      'work',
      'portable, bulk',
      'portable, action loop',
      'native, bulk',
      'native, action loop',
      'native / portable, bulk',
    ],
    results.map(({ title, times }) => [
      title,
      ...['portable bulk', 'portable loop', 'native bulk', 'native loop'].map((name) =>
        duration(times[name]),
      ),
      ratio(times['native bulk'] / times['portable bulk']),
    ]),
  ),
);
