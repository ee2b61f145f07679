// Bundlers. Each bundle is moved to a folder without node_modules before it runs.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { alone, node, own, program, run, tool, within } from './workshop.mjs';

/** A bundle that is an ES module has no `require`, which CommonJS packages call for Node's own modules. */
const BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * All bundlers: `make(file, out)` bundles a program into `out`, a path without its ending. `ext` is the ending of the
 * program and of the bundle.
 */
export const BUNDLERS = {
  'esbuild, esm': {
    ext: 'mjs',
    make: (file, out) =>
      esbuild(`${file}.mjs`, '--format=esm', `--outfile=${out}.mjs`, `--banner:js=${BANNER}`),
  },
  'esbuild, cjs': {
    ext: 'cjs',
    make: (file, out) => esbuild(`${file}.cjs`, '--format=cjs', `--outfile=${out}.cjs`),
  },
  'rolldown, esm': { ext: 'mjs', make: (file, out) => rolldown(`${file}.mjs`, 'esm', `${out}.mjs`) },
  'rolldown, cjs': { ext: 'cjs', make: (file, out) => rolldown(`${file}.cjs`, 'cjs', `${out}.cjs`) },
  'rollup, esm': { ext: 'mjs', make: (file, out) => rollup(`${file}.mjs`, 'esm', `${out}.mjs`) },
  'rollup, cjs': { ext: 'cjs', make: (file, out) => rollup(`${file}.mjs`, 'cjs', `${out}.cjs`) },
  'webpack, esm': { ext: 'mjs', make: (file, out) => webpack(`${file}.mjs`, out, 'mjs', 'esm') },
  'webpack, cjs': { ext: 'cjs', make: (file, out) => webpack(`${file}.cjs`, out, 'cjs', 'cjs') },
  'vite, ssr': { ext: 'mjs', make: (file, out) => vite(`${file}.mjs`, out) },
  parcel: {
    ext: 'js',
    make: (file, out) => parcel(`${file}.cjs`, out),
    name: (file) => file,
  },
  ncc: {
    ext: 'cjs',
    make: (file, out) =>
      node([tool('@vercel/ncc/dist/ncc/cli.js'), 'build', `${file}.cjs`, '-o', path.dirname(out)]),
    name: () => 'index',
  },
};

const esbuild = (entry, ...options) =>
  run(own('.bin/esbuild'), [entry, '--bundle', '--platform=node', ...options]);

const rolldown = (entry, format, file) =>
  node([tool('rolldown/bin/cli.mjs'), entry, '--platform', 'node', '--format', format, '--file', file]);

const rollup = (entry, format, file) =>
  node([tool('rollup/dist/bin/rollup'), '-c', 'rollup.config.mjs', '-i', entry, '-f', format, '-o', file]);

function webpack(entry, out, ext, kind) {
  const config = `webpack-${kind}.config.cjs`;
  return node([
    own('webpack-cli/bin/cli.js'),
    ...['--config', config, '--entry', `./${entry}`, '-o', path.dirname(out)],
    ...['--output-filename', `${path.basename(out)}.${ext}`],
  ]);
}

const vite = (entry, out) =>
  node([
    tool('vite/bin/vite.js'),
    'build',
    '-c',
    'vite.config.mjs',
    '--ssr',
    entry,
    '--outDir',
    path.dirname(out),
  ]);

const parcel = (entry, out) =>
  node([
    tool('parcel/lib/bin.js'),
    ...['build', entry, '--no-cache', '--target', 'node', '--dist-dir', path.dirname(out)],
  ]);

export function prepareBundlers() {
  writeFileSync(
    within('rollup.config.mjs'),
    `import commonjs from ${JSON.stringify(tool('@rollup/plugin-commonjs/dist/es/index.js'))};
     import resolve from ${JSON.stringify(tool('@rollup/plugin-node-resolve/dist/es/index.js'))};
     export default { plugins: [resolve({ preferBuiltins: true }), commonjs()] };`,
  );
  writeFileSync(
    within('webpack-cjs.config.cjs'),
    "module.exports = { mode: 'production', target: 'node20', optimization: { minimize: false } };",
  );
  writeFileSync(
    within('webpack-esm.config.cjs'),
    "module.exports = { mode: 'production', target: 'node20', experiments: { outputModule: true }, output: { module: true } };",
  );
  writeFileSync(
    within('vite.config.mjs'),
    `export default { ssr: { noExternal: true }, logLevel: 'warn',
      build: { rollupOptions: { output: { entryFileNames: 'b.mjs' } } } };`,
  );
}

/** Where the bundle of a program is. */
export const placeOf = (host, file) => `out/${host.replaceAll(/[^a-z]+/g, '-')}-${file}/b`;

const made = new Map();

/** Makes a bundle, once; the result has its file. */
export function bundle(host, file) {
  const out = placeOf(host, file);
  if (!made.has(out)) made.set(out, makeBundle(host, file, out));
  return made.get(out);
}

async function makeBundle(host, file, out) {
  const { ext, make, name } = BUNDLERS[host];
  mkdirSync(within(path.dirname(out)), { recursive: true });
  const made = await make(file, out);
  return {
    ...made,
    file: `${path.dirname(out)}/${name === undefined ? path.basename(out) : name(file)}.${ext}`,
  };
}

export function bundlers(cell, { file }) {
  for (const host of Object.keys(BUNDLERS))
    cell(host, async () => {
      const made = await bundle(host, file);
      if (!made.ok) return made;
      return program(process.execPath, [alone(made.file)]);
    });
}
