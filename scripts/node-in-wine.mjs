// Runs a program inside Windows' node.exe in Wine, with the stand-in DLL, which proves nothing about Windows. It
// needs the shim and the stand-in. `npm run build:win32` and any native test run install both; `--prepare` does so
// here.
//
// usage: node-in-wine.mjs [--prepare] [--dll=wine] [--name=NAME] [--require=FILE] FILE ARGUMENT...
import { compileShim } from './win32/compile.mjs';
import { nodeVersions, windowsNode } from './win32/node.mjs';
import { prebuild } from './win32/paths.mjs';
import { aptLine, installStandIn, missing, preparePrefix, runInWine } from './win32/wine.mjs';

const args = process.argv.slice(2);
const options = args.splice(
  0,
  args.findIndex((argument) => !argument.startsWith('--')),
);
const option = (name) =>
  options.find((each) => each.startsWith(`--${name}=`))?.slice(name.length + '--='.length);

if (missing.length > 0) {
  console.error(`there is no ${missing.join(', ')}: ${aptLine}`);
  process.exit(2);
}
if (options.includes('--prepare')) {
  compileShim(prebuild);
  preparePrefix();
  installStandIn();
}
const required = option('require');
if (required !== undefined) args.unshift('--require', required);
const { status, output } = runInWine(windowsNode(nodeVersions[0]), args, {
  name: option('name') ?? 'program',
  dll: option('dll') ?? 'stand-in',
});
process.stdout.write(output);
process.exitCode = status;
