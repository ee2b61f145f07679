// Bundles for browsers, which have to refuse with the reason. The control, `ws`, refuses too.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { node, own, run, tool, within } from './workshop.mjs';

const CHROMIUM = '/usr/bin/chromium';
/** The errors of this package and of `ws`. */
const REFUSAL = /needs the modules of Node|ws does not work in the browser/;

/** A page that shows the error of its script, which has to be in it: Chromium hides the errors of other files. */
const PAGE = `<!doctype html><meta charset="utf-8"><pre>nothing was refused</pre>
<script>addEventListener('error', ({ message }) => (document.querySelector('pre').textContent = message));</script>
`;

async function client(file, specifier) {
  const out = `out/vite-client-${file}`;
  writeFileSync(
    within(`${file}.browser.mjs`),
    `import * as X from '${specifier}';\n(X.default ?? Object)('ws://x');\n`,
  );
  const config = within(`vite-${file}.config.mjs`);
  writeFileSync(
    config,
    `export default { logLevel: 'error', build: { outDir: ${JSON.stringify(out)}, minify: false,
      lib: { entry: './${file}.browser.mjs', formats: ['iife'], name: 'page', fileName: () => 'b.js' } } };`,
  );
  const made = await node([tool('vite/bin/vite.js'), 'build', '-c', config]);
  if (!made.ok) return made;
  const script = readFileSync(within(out, 'b.js'), 'utf8').replaceAll('</script', '<\\/script');
  writeFileSync(within(out, 'page.html'), `${PAGE}<script>${script}</script>`);
  const shown = await run(CHROMIUM, [
    ...[
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--dump-dom',
      `--user-data-dir=${within(out, 'profile')}`,
    ],
    within(out, 'page.html'),
  ]);
  return { ok: REFUSAL.test(shown.output), output: made.output + shown.output };
}

export function browsers(cell, { file, specifier }) {
  cell('vite, client: refused', () =>
    existsSync(CHROMIUM)
      ? client(file, specifier)
      : Promise.resolve({ missing: 'there is no Chromium: apt-get install chromium' }),
  );
  cell('esbuild, client: refused', async () => {
    const entry = within(`${file}.mjs`);
    const out = within('out', `esbuild-client-${file}`, 'b.js');
    const made = await run(own('.bin/esbuild'), [
      entry,
      '--bundle',
      '--platform=browser',
      `--outfile=${out}`,
    ]);
    // esbuild itself says that Node's modules are missing; `ws` has a file for browsers that refuses when it is called.
    const isTold = /is built into node|could not be resolved|Could not resolve "node:/.test(made.output);
    const isFileOfWs = made.ok && REFUSAL.test(readFileSync(out, 'utf8'));
    return { ok: isTold || isFileOfWs, output: made.output, at: path.dirname(out) };
  });
}
