// Runs before `npm start` in a checkout, so that a Windows machine has the addon and the native backend answers. If
// there is no binary yet and Visual Studio's tools are installed, it builds one. If the tools are missing, it says in
// one line what to install. On other systems it does nothing.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { repository } from './win32/paths.mjs';

/** The component of Visual Studio that has the C++ compiler for a processor. */
const TOOLS = {
  x64: 'Microsoft.VisualStudio.Component.VC.Tools.x86.x64',
  arm64: 'Microsoft.VisualStudio.Component.VC.Tools.ARM64',
};

/**
 * Decides on the next step.
 *
 * @param machine - `platform` and `arch` as in `process`; `hasBinary`; `hasTools(component)` asks for Visual Studio's
 * tools.
 * @returns 'ready', 'build', or a line that names the missing part.
 */
export function decide({ platform, arch, hasBinary, hasTools }) {
  if (platform !== 'win32' || hasBinary) return 'ready';
  const tools = TOOLS[arch];
  if (tools === undefined)
    return `The TypeScript engine will answer: there is no addon for Windows on ${arch}.`;
  if (hasTools(tools)) return 'build';
  return (
    'The TypeScript engine will answer: the addon is not built, and Visual Studio’s C++ tools are not here. Install ' +
    '“Desktop development with C++” of the Visual Studio Build Tools and Python 3, then run npm start again.'
  );
}

/** Visual Studio's own locator, which its installer puts at a fixed place. */
function hasTools(component) {
  const folder = process.env['ProgramFiles(x86)'] ?? 'C:\\Program Files (x86)';
  const vswhere = path.join(folder, 'Microsoft Visual Studio', 'Installer', 'vswhere.exe');
  const { status, stdout } = spawnSync(
    vswhere,
    ['-latest', '-products', '*', '-requires', component, '-property', 'installationPath'],
    { encoding: 'utf8' },
  );
  return status === 0 && stdout.trim() !== '';
}

function hasBinary() {
  const name = 'websocket-protocol-component.node';
  return (
    existsSync(path.join(repository, 'prebuilds', `win32-${process.arch}`, name)) ||
    existsSync(path.join(repository, 'build', 'Release', name))
  );
}

function main() {
  const { platform, arch } = process;
  const decision = decide({ platform, arch, hasBinary: hasBinary(), hasTools });
  if (decision === 'ready') return;
  if (decision !== 'build') {
    console.log(decision);
    return;
  }
  console.log('Building the addon with Visual Studio’s tools, once.');
  const script = path.join(repository, 'scripts/prebuilds.mjs');
  const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit' });
  if (status !== 0)
    console.log('The TypeScript engine will answer: the addon could not be built, as said above.');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main();
