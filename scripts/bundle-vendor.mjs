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

const manifestOf = (folder) =>
  JSON.parse(readFileSync(path.join(repository, folder, 'package.json'), 'utf8'));

/** The file with the licence of a package; undefined if it has none. */
function licenceFileOf(folder) {
  const file = readdirSync(path.join(repository, folder)).find((each) => /^licen[cs]e(\.\w+)?$/i.test(each));
  return file === undefined ? undefined : path.join(repository, folder, file);
}

/**
 * Name, version and licence text of a package. Packages of one repository, with one licence and one author, may share the
 * file of one of them. No licence, no build.
 */
function licenceOf(folder, folders) {
  const { name, version, license, author, repository: from } = manifestOf(folder);
  const isSister = (other) => {
    const manifest = manifestOf(other);
    return (
      from?.url !== undefined &&
      manifest.repository?.url === from.url &&
      manifest.license === license &&
      JSON.stringify(manifest.author) === JSON.stringify(author)
    );
  };
  const file = [folder, ...folders.filter(isSister)].map(licenceFileOf).find((each) => each !== undefined);
  if (file === undefined) throw new Error(`${name} has no file with its licence: it cannot be bundled`);
  return `${name} ${version} (${license})\n\n${readFileSync(file, 'utf8').trim()}\n`;
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

const folders = [
  ...new Set(
    Object.keys(metafile.inputs)
      .map(packageOf)
      .filter((folder) => folder !== undefined),
  ),
].sort();
const licences = folders.map((folder) => licenceOf(folder, folders));
writeFileSync(path.join(target, 'LICENCES.txt'), licences.join(`\n${'-'.repeat(80)}\n\n`));
