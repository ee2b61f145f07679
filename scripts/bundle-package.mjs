// Makes the published package in dist/package. Each entry is one file, and the code that several entries need is in
// files that they share, so a class exists once however it is imported. A program loads seven files instead of 140,
// which halves the time of its first import. The code stays readable for stack traces: it keeps its names and lines,
// and a comment names the source of each part. The compiler's declarations are copied if an entry refers to them.
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { rolldown } from 'rolldown';
import ts from 'typescript';

import { repository } from './win32/paths.mjs';

const ENTRIES = {
  index: 'lib/index.ts',
  component: 'lib/component/index.ts',
  portable: 'lib/component/portable/index.ts',
  native: 'lib/component/native/required.ts',
  ws: 'lib/ws/index.ts',
  topics: 'lib/topics/index.ts',
  conformance: 'test/conformance/index.ts',
  wspc: 'lib/cli/wspc.ts',
};
/** The entry of `import ... from '.../ws'`, which the compiler has made; it loads the entry of `require`. */
const ESM_TWIN = { source: 'lib/ws/wrapper', file: 'ws.mjs', loads: './ws.js' };

/** The shared files, the lowest first. Each includes the imports of its modules that no earlier one includes. */
const SHARED = [
  { name: 'ground', test: /\/lib\/component\/(?!index\.ts|native\/|portable\/)/ },
  { name: 'engine', test: /\/lib\/component\/portable\// },
  { name: 'addon', test: /\/lib\/component\/native\/(?!required\.ts)/ },
  { name: 'chosen', test: /\/lib\/component\/index\.ts/ },
  { name: 'connection', test: /\/lib\/(session|connection|opening\/(?!http2\/))/ },
  { name: 'http2', test: /\/lib\/opening\/http2\// },
  { name: 'parity', test: /\/lib\/parity\// },
];

const dist = path.join(repository, 'dist');
const target = path.join(dist, 'package');

/** Bundles the code. A warning is an error. */
async function bundleCode() {
  const bundle = await rolldown({
    cwd: repository,
    input: ENTRIES,
    platform: 'node',
    external: [/^node:/, 'node-gyp-build', /\/vendor\/[\w-]+\.js$/],
    onLog(level, log) {
      if (level === 'warn') throw new Error(log.message);
    },
  });
  await bundle.write({
    dir: target,
    format: 'cjs',
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    codeSplitting: {
      groups: SHARED.map((group, index) => ({ ...group, priority: SHARED.length - index })),
    },
    // The libraries of the command are files of their own already (bundle-vendor.mjs).
    paths: (id) => (id.includes('/vendor/') ? `./vendor/${path.basename(id)}` : id),
    comments: false,
    strict: true,
  });
  await bundle.close();
}

/** Whether a declaration file needs those of Node, comments aside. */
const needsNode = (text) =>
  /\b(?:node:[a-z]|Buffer\b|NodeJS\.|Disposable\b|Symbol\.(?:asyncD|d)ispose)/.test(
    text.replace(/\/\*[^]*?\*\//g, ''),
  );

/**
 * Copies the declarations that these files refer to, and theirs. Compilers since TypeScript 6, and all with `types: []`,
 * load @types/node only for files that refer to it.
 */
function copyDeclarations(files) {
  const seen = new Set();
  const visit = (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    const to = path.join(target, 'types', path.relative(dist, file));
    mkdirSync(path.dirname(to), { recursive: true });
    writeFileSync(to, needsNode(text) ? `/// <reference types="node" />\n${text}` : text);
    for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles)
      if (fileName.startsWith('.'))
        visit(path.resolve(path.dirname(file), fileName.replace(/\.(m?)js$/, '.d.$1ts')));
  };
  for (const file of files) visit(path.join(dist, file));
}

rmSync(target, { recursive: true, force: true });
await bundleCode();
chmodSync(path.join(target, 'wspc.js'), 0o755);

const twin = readFileSync(path.join(dist, `${ESM_TWIN.source}.mjs`), 'utf8');
writeFileSync(
  path.join(target, ESM_TWIN.file),
  twin.replace("'./index.js'", `'${ESM_TWIN.loads}'`).replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n'),
);
copyDeclarations([
  ...Object.values(ENTRIES)
    .filter((file) => !file.startsWith('lib/cli/'))
    .map((file) => file.replace(/\.ts$/, '.d.ts')),
  `${ESM_TWIN.source}.d.mts`,
]);
cpSync(path.join(dist, 'lib/vendor'), path.join(target, 'vendor'), {
  recursive: true,
  filter: (file) => !file.endsWith('.d.ts'),
});
