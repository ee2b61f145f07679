// Runs the wspc command (with --demo: the program of npm start) inside Windows' node.exe in Wine, with the stand-in
// DLL, which proves nothing about Windows.
//
// usage: wspc-in-wine.mjs [--demo] [--stand-in=FOLDER] [-DSTAND_IN_...]... -- ARGUMENT...
//
// --stand-in=FOLDER uses the sources of the stand-in in that folder, such as a copy with a fault.
import { windowsNode, nodeVersions } from './win32/node.mjs';
import { compileShim } from './win32/compile.mjs';
import { prebuild } from './win32/paths.mjs';
import { aptLine, installStandIn, missing, preparePrefix, runInWine } from './win32/wine.mjs';
import path from 'node:path';
import { repository } from './win32/paths.mjs';

const at = process.argv.indexOf('--');
const options = process.argv.slice(2, at);
const program = options.includes('--demo') ? 'demo' : 'wspc';
const defines = options.filter((option) => option.startsWith('-D'));
const sources = options.find((option) => option.startsWith('--stand-in='))?.slice('--stand-in='.length);
const args = process.argv.slice(at + 1);

if (missing.length > 0) {
  console.error(`there is no ${missing.join(', ')}: ${aptLine}`);
  process.exit(2);
}
compileShim(prebuild);
preparePrefix();
installStandIn(defines, sources);
const { status, output, errors } = runInWine(
  windowsNode(nodeVersions[0]),
  [path.join(repository, `dist/lib/cli/${program}.js`), ...args],
  { name: program, errorsApart: true },
);
process.stdout.write(output);
process.stderr.write(errors);
process.exitCode = status;
