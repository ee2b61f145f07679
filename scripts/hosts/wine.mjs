// The native backend: Windows' Node in Wine, with the addon and the stand-in of websocket.dll. This proves nothing about
// Windows' own DLL. Linux programs make the bundles; the addon is named to them.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { compileShim } from '../win32/compile.mjs';
import { nodeVersions, windowsNode } from '../win32/node.mjs';
import { prebuild } from '../win32/paths.mjs';
import { installStandIn, missing, preparePrefix, wine, wineEnvironment } from '../win32/wine.mjs';
import { bundle, BUNDLERS } from './bundlers.mjs';
import { application } from './packages.mjs';
import { partsOf } from './runtimes.mjs';
import { NAME } from './subjects.mjs';
import { alone, folder, own, within } from './workshop.mjs';

/** Builds the addon and the stand-in. To be called before the package is copied into the folder of the matrix. */
export function prepareWine() {
  if (missing.length > 0) return;
  compileShim(prebuild);
  preparePrefix();
  installStandIn();
  windowsNode(nodeVersions[0]);
}

const windowsPath = (file) => `Z:${file.replaceAll('/', '\\')}`;
const addon = () => windowsPath(within('node_modules', NAME, 'prebuilds/win32-x64', path.basename(prebuild)));

let logs = 0;
/** Windows' Node cannot write to a pipe in Wine, so the output goes to a file. */
function inWine(program, args, { cwd = folder, env = {} } = {}) {
  const log = within(`wine-${++logs}.log`);
  const descriptor = openSync(log, 'w');
  return new Promise((resolve) => {
    const child = spawn(wine, [program, ...args], {
      cwd,
      // Without a locale for UTF-8 Wine cannot convert the names of the folders.
      env: {
        ...wineEnvironment('stand-in'),
        LC_ALL: 'C.UTF-8',
        NODE_OPTIONS: '',
        WSPC_BACKEND: 'native',
        ...env,
      },
      stdio: ['ignore', descriptor, descriptor],
      timeout: 90_000,
      killSignal: 'SIGKILL',
    });
    child.on('close', (status) => {
      closeSync(descriptor);
      resolve({ ok: status === 0, output: readFileSync(log, 'utf8') });
    });
  });
}

async function program(args, options, executable = windowsNode(nodeVersions[0])) {
  const result = await inWine(executable, args, options);
  return { ...result, ok: result.ok && result.output.includes('PASSED') };
}

export function wineHosts(cell, { file }) {
  // It has no reference to the addon.
  if (file === 'portable') return;
  const host = (name, test) =>
    cell(`Windows' Node in Wine, native: ${name}`, () =>
      missing.length > 0 ? Promise.resolve({ missing: `there is no ${missing.join(', ')}` }) : test(),
    );
  for (const kind of ['mjs', 'cjs']) host(kind, () => program([`${file}.${kind}`]));
  for (const [name, args] of Object.entries(partsOf(file))) host(name, () => program(args));
  host('mocha', () =>
    inWine(windowsNode(nodeVersions[0]), [own('mocha/bin/mocha.js'), '--no-config', `${file}.mocha.cjs`]),
  );
  for (const bundler of Object.keys(BUNDLERS))
    host(bundler, async () => {
      const made = await bundle(bundler, file);
      if (!made.ok) return made;
      return program([alone(made.file)], { env: { WSPC_ADDON: addon() } });
    });
  host('a single executable application', async () => {
    const made = await application(windowsNode(nodeVersions[0]));
    if (!made.ok) return made;
    return program([file], { cwd: made.at, env: { WSPC_ADDON: addon() } }, made.target);
  });
}
