// Bundled programs in Windows' node.exe. The addon is loaded from the place that the program names, and from nowhere
// else.
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = path.resolve(__dirname, '../../..');
const PREBUILD = path.join(ROOT, 'prebuilds/win32-x64/websocket-protocol-component.node');
const ANY_NODE = 'Z:' + PREBUILD.replaceAll('/', '\\');

const PROGRAM = `
import { connect, listen } from 'websocket-protocol-component';
import WebSocket from 'websocket-protocol-component/ws';
import { component, nativeUnavailableReason } from 'websocket-protocol-component/component';
const server = await listen({ host: '127.0.0.1', port: 0 }, async (connection) => {
  for await (const message of connection) await connection.send(message);
});
const connection = await connect('ws://127.0.0.1:' + server.address().port + '/');
await connection.send('Hello again');
for await (const message of connection) {
  console.log(message, component.backend, typeof WebSocket, nativeUnavailableReason() ?? 'available');
  await connection.close();
}
await server.close();
`;

/** Loaded before the program, whose imports load the addon. */
const SPY = `
const { dlopen } = process;
process.dlopen = (module, file) => { console.log('dlopen', file); return dlopen(module, file); };
process.on('warning', ({ name, code }) => console.log('warning', name, code));
`;

type Bundler = (entry: string, output: string) => Promise<void>;

/** These bundlers are no CommonJS modules with types, so they are called by their commands. */
function command(bin: string, ...args: string[]): void {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(ROOT, 'node_modules', bin), ...args],
    {
      cwd: ROOT,
      encoding: 'utf8',
    },
  );
  assert.equal(status, 0, stdout + stderr);
}

const BUNDLERS: Readonly<Record<string, Bundler>> = {
  'esbuild, ES module': async (entry, output) => {
    const { build } = await import('esbuild');
    // A bundle that calls require needs a definition of it, as esbuild advises.
    const js = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;
    await build({
      entryPoints: [entry],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: output,
      banner: { js },
      logLevel: 'error',
    });
  },
  'webpack, ES module': async (entry, output) => {
    await Promise.resolve();
    const config = `${output}.config.cjs`;
    writeFileSync(
      config,
      `module.exports = { entry: ${JSON.stringify(entry)}, target: 'node20', mode: 'production',
        experiments: { outputModule: true },
        output: { path: ${JSON.stringify(path.dirname(output))}, filename: ${JSON.stringify(path.basename(output))}, module: true } };`,
    );
    command('webpack-cli/bin/cli.js', '--config', config);
  },
  'rollup, ES module': async (entry, output) => {
    await Promise.resolve();
    command(
      'rollup/dist/bin/rollup',
      ...[entry, '--file', output, '--format', 'esm', '--silent'],
      ...['--plugin', 'node-resolve={preferBuiltins:true}', '--plugin', 'commonjs'],
    );
  },
  'rolldown, ES module': async (entry, output) => {
    await Promise.resolve();
    command('rolldown/bin/cli.mjs', entry, '--file', output, '--format', 'esm', '--platform', 'node');
  },
  'esbuild, CommonJS': async (entry, output) => {
    const { build } = await import('esbuild');
    const file = `${entry}.cjs.mjs`;
    writeFileSync(
      file,
      readFileSync(entry, 'utf8').replace(/(const server[^]*)/, 'async function main() {$1}\nmain();'),
    );
    await build({
      entryPoints: [file],
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile: output,
      logLevel: 'error',
    });
  },
};

describe('a bundled program in Wine', () => {
  let folder: string;
  const bundles = new Map<string, string>();

  before(async () => {
    mkdirSync(path.join(ROOT, '.cache'), { recursive: true });
    folder = mkdtempSync(path.join(ROOT, '.cache/bundles-'));
    writeFileSync(path.join(folder, 'spy.cjs'), SPY);
    runWith({}, '--prepare', path.join(folder, 'spy.cjs'));
    const entry = path.join(folder, 'app.mjs');
    writeFileSync(entry, PROGRAM);
    for (const [name, bundle] of Object.entries(BUNDLERS)) {
      // The folder four levels above this one is writable for strangers.
      const output = path.join(
        folder,
        'strangers/a/b/c/d',
        `${bundles.size}.${name.endsWith('CommonJS') ? 'cjs' : 'mjs'}`,
      );
      mkdirSync(path.dirname(output), { recursive: true });
      await bundle(entry, output);
      bundles.set(name, output);
    }
    const planted = path.join(folder, 'strangers/build/Release');
    mkdirSync(planted, { recursive: true });
    copyFileSync(PREBUILD, path.join(planted, 'planted.node'));
    copyFileSync(PREBUILD, path.join(planted, 'websocket-protocol-component.node'));
    copyFileSync(path.join(ROOT, 'package.json'), path.join(folder, 'strangers/package.json'));
    copyFileSync(path.join(ROOT, 'binding.gyp'), path.join(folder, 'strangers/binding.gyp'));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  function runWith(env: NodeJS.ProcessEnv, ...args: string[]): string {
    const { stdout } = spawnSync(
      process.execPath,
      ['scripts/node-in-wine.mjs', '--name=bundle', `--require=${path.join(folder, 'spy.cjs')}`, ...args],
      {
        cwd: ROOT,
        encoding: 'utf8',
        env: {
          ...process.env,
          WSPC_BACKEND: '',
          ...env,
        },
      },
    );
    return stdout;
  }

  for (const name of Object.keys(BUNDLERS)) {
    it(`${name}: runs natively if the addon is named`, () => {
      const output = runWith({ WSPC_ADDON: ANY_NODE }, bundles.get(name)!);
      assert.equal(output.trim(), `dlopen ${ANY_NODE}\nHello again native function available`);
    });

    it(`${name}: runs on the TypeScript engine with a warning if it is not named, and loads no other addon`, () => {
      const output = runWith({ WSPC_ADDON: '' }, bundles.get(name)!);
      assert.match(
        output,
        /Hello again portable function this program is bundled, so the addon has to be named/,
      );
      assert.match(output, /warning NativeUnavailableWarning WSPC_NATIVE_UNAVAILABLE/);
      assert.doesNotMatch(output, /dlopen/);
    });
  }

  it('refuses a file that is not the addon, before any of its code runs', () => {
    const named = 'Z:' + path.join(ROOT, 'package.json').replaceAll('/', '\\');
    const output = runWith({ WSPC_ADDON: named }, bundles.get('esbuild, CommonJS')!);
    assert.match(
      output,
      /portable function .*package\.json is not the addon of websocket-protocol-component/,
    );
    assert.doesNotMatch(output, /dlopen/);
  });

  it('ignores variables of npm', () => {
    const env = { npm_config_arch: 'mips', npm_config_platform: 'plan9', WSPC_ADDON: '' };
    const script = path.join(folder, 'plain.mjs');
    writeFileSync(
      script,
      `import { component } from ${JSON.stringify(pathToFileURL(path.join(ROOT, 'dist/lib/component/index.js')).href.replace('file:///', 'file:///Z:/'))};
       console.log(component.backend);`,
    );
    assert.match(runWith(env, script), /^dlopen .*prebuilds.win32-x64.*\nnative$/m);
  });
});
