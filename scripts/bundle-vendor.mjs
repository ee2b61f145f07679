// Bundles the libraries of the command into the built package: each file of dist/lib/vendor is replaced by a bundle
// with its library. So the installed package does not depend on them, and a program that imports the package never
// loads them. The licences of the bundled libraries are beside the files.
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const sources = path.join(repository, 'lib/vendor');
const target = path.join(repository, 'dist/lib/vendor');

/** The package that a bundled file belongs to: its folder, relative to the repository. */
function packageOf(file) {
  const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file) ?? [];
  return folder;
}

/** Name, version and licence text of a package. Without a licence the build fails. */
function licenceOf(folder) {
  const at = path.join(repository, folder);
  const { name, version, license } = JSON.parse(readFileSync(path.join(at, 'package.json'), 'utf8'));
  const file = readdirSync(at).find((each) => /^licen[cs]e(\.\w+)?$/i.test(each));
  if (file === undefined) throw new Error(`${name} has no file with its licence: it cannot be bundled`);
  return `${name} ${version} (${license})\n\n${readFileSync(path.join(at, file), 'utf8').trim()}\n`;
}

const { metafile } = await build({
  absWorkingDir: repository,
  entryPoints: readdirSync(sources).map((file) => path.join(sources, file)),
  outdir: target,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20.19',
  minify: true,
  lineLimit: 160,
  // Keeps names, so that a stack trace can be read.
  keepNames: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

// The compiler's source maps belong to the replaced files.
for (const file of readdirSync(target)) if (file.endsWith('.map')) rmSync(path.join(target, file));

const folders = new Set(
  Object.keys(metafile.inputs)
    .map(packageOf)
    .filter((folder) => folder !== undefined),
);
const licences = [...folders].sort().map(licenceOf);
writeFileSync(path.join(target, 'LICENCES.txt'), licences.join(`\n${'-'.repeat(80)}\n\n`));
