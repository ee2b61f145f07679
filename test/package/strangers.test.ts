import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import os from 'node:os';
import path from 'node:path';

const REPOSITORY = path.resolve(__dirname, '../../..');
const NAME = 'websocket-protocol-component';
const toolOf = (...at: string[]): string => path.join(REPOSITORY, 'node_modules', ...at);

const ECHO = `
  const server = await listen({ host: '127.0.0.1' }, (connection) => {
    connection.on('message', (message) => connection.send(message));
  });
  const connection = await connect(server.url);
  await connection.send('hello');
  for await (const message of connection) { console.log(message); break; }
  await connection.close();
  await server.close();`;
const ESM = `import { connect, listen } from '${NAME}';\n${ECHO}`;
const CJS = `const { connect, listen } = require('${NAME}');\n(async () => {${ECHO}\n})();`;

function run(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (error !== undefined) throw error;
  assert.equal(status, 0, `${program} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}
const node = (args: readonly string[], cwd: string): string => run(process.execPath, args, cwd);

describe('the package, as a new user meets it', function () {
  this.timeout(300_000);
  let folder: string;
  let tarball: string;
  let project: string;

  const fresh = (name: string): string => {
    const at = path.join(folder, name);
    mkdirSync(at);
    writeFileSync(path.join(at, 'package.json'), JSON.stringify({ name, version: '1.0.0', private: true }));
    writeFileSync(path.join(at, 'echo.mjs'), ESM);
    writeFileSync(path.join(at, 'echo.cjs'), CJS);
    return at;
  };

  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'wspc-'));
    const packed = run(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
      REPOSITORY,
    );
    tarball = path.join(folder, (JSON.parse(packed) as { filename: string }[])[0]!.filename);
    project = fresh('npm');
    run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball], project);
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const installers: Record<string, (at: string) => void> = {
    npm: () => undefined,
    pnpm: (at) => {
      node(
        [toolOf('pnpm', 'bin', 'pnpm.cjs'), 'add', '--store-dir', path.join(folder, 'store'), tarball],
        at,
      );
    },
    yarn: (at) => {
      const cache = path.join(folder, 'yarn-cache');
      node(
        [
          toolOf('yarn', 'bin', 'yarn.js'),
          'add',
          '--no-progress',
          '--cache-folder',
          cache,
          `file:${tarball}`,
        ],
        at,
      );
    },
  };
  for (const [name, install] of Object.entries(installers)) {
    it(`works when ${name} has installed it, imported and required`, () => {
      const at = name === 'npm' ? project : fresh(name);
      install(at);
      assert.equal(node(['echo.mjs'], at), 'hello\n');
      assert.equal(node(['echo.cjs'], at), 'hello\n');
    });
  }

  it('includes everything that the command needs: random scripts, reports, bundles', () => {
    const wspc = path.join(project, 'node_modules', NAME, 'dist/package/wspc.js');
    const report = path.join(project, 'parity.html');
    assert.match(
      node([wspc, 'parity', 'fuzz', '--seed', '1', '--runs', '50'], project),
      /50 scripts on portable/,
    );
    node([wspc, 'parity', 'report', '--html', report], project);
    assert.match(readFileSync(report, 'utf8'), /Parity report/);
    node([wspc, 'parity', 'record', '--backend', 'portable', '--output', 'bundle.json'], project);
    node([wspc, 'parity', 'replay', 'bundle.json', '--backend', 'portable'], project);
    const vendor = path.join(project, 'node_modules', NAME, 'dist/package/vendor');
    assert.match(readFileSync(path.join(vendor, 'LICENCES.txt'), 'utf8'), /^fast-check .* \(MIT\)$/m);
  });

  it('has each class and each instance once, through whatever entry and module system', () => {
    writeFileSync(
      path.join(project, 'once.mjs'),
      `import assert from 'node:assert/strict';
       import { createRequire } from 'node:module';
       const require = createRequire(import.meta.url);
       const load = async (name) => [await import('${NAME}' + name), require('${NAME}' + name)];
       const [main, mainRequired] = await load('');
       const [ws, wsRequired] = await load('/ws');
       const others = [...(await load('/component')), ...(await load('/portable')), mainRequired];
       let shared = 0;
       for (const other of others) {
         for (const [name, value] of Object.entries(other)) {
           if (!(name in main) || name === 'default' || name === 'module.exports') continue;
           assert.equal(value, main[name], name);
           shared += 1;
         }
       }
       assert.ok(shared > 30, String(shared));
       assert.equal(ws.default, wsRequired);
       assert.equal(ws.WebSocketServer, wsRequired.Server);
       const { ComponentError } = require('${NAME}/component');
       const handle = main.portable.createServerHandle();
       assert.throws(() => handle.getAction(1), ComponentError);
       await assert.rejects(mainRequired.connect('ws://127.0.0.1:1/'), main.HandshakeError);`,
    );
    node(['once.mjs'], project);
  });

  it('loads seven files of its own at most, and no module of Node that only some programs need', () => {
    const program = `
      const before = new Set(process.moduleLoadList);
      require(process.argv[1]);
      const loaded = process.moduleLoadList.filter((name) => !before.has(name));
      const rare = ['http', 'net', 'http2', 'https', 'tls', 'zlib', 'stream/web', 'worker_threads', 'child_process', 'crypto'];
      console.log(JSON.stringify({
        files: Object.keys(require.cache).length,
        rare: rare.filter((name) => loaded.includes('NativeModule ' + name)),
      }));`;
    for (const [entry, most] of Object.entries({ '': 7, '/ws': 6, '/component': 4, '/portable': 3 })) {
      const { files, rare } = JSON.parse(node(['-e', program, `${NAME}${entry}`], project)) as {
        files: number;
        rare: string[];
      };
      assert.deepEqual(rare, [], entry);
      assert.ok(files <= most, `${entry}: ${files} files`);
    }
  });

  it('names the source of the code in which an error was made', () => {
    const program = `
      const { connect } = require('${NAME}');
      connect('ws://127.0.0.1:1/', { maxPaylod: 1 }).catch((error) => console.log(error.stack));`;
    const stack = node(['-e', program], project);
    const [, file, line] = /at connect \((.*connection\.js):(\d+):\d+\)/.exec(stack) ?? [];
    assert.ok(file !== undefined, stack);
    const before = readFileSync(file, 'utf8').split('\n').slice(0, Number(line)).reverse();
    assert.equal(
      before.find((each) => each.startsWith('// lib/')),
      '// lib/opening/client.ts',
    );
  });

  it('works in a worker', () => {
    writeFileSync(
      path.join(project, 'worker.mjs'),
      "import { Worker } from 'node:worker_threads';\nnew Worker(new URL('./echo.mjs', import.meta.url));\n",
    );
    assert.equal(node(['worker.mjs'], project), 'hello\n');
  });

  for (const [module, moduleResolution] of [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const) {
    it(`has its types for moduleResolution ${moduleResolution}`, () => {
      const at = path.join(project, `types-${moduleResolution}`);
      mkdirSync(at);
      writeFileSync(path.join(at, 'package.json'), '{ "type": "module" }');
      writeFileSync(
        path.join(at, 'program.ts'),
        `import { connect, listen, Connection } from '${NAME}';
         import type { CloseInfo, ConnectionError } from '${NAME}';
         import { portable, BufferType } from '${NAME}/portable';
         import type { ClientHandle, HttpHeader } from '${NAME}/component';
         type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
         const is = <T extends true>(): T => true as T;
         is<Equal<Awaited<ReturnType<typeof connect>>, Connection>>();
         is<Equal<Connection['closed'], Promise<CloseInfo>>>();
         is<Equal<CloseInfo['error'], ConnectionError | undefined>>();
         is<Equal<ReturnType<ClientHandle['beginClientHandshake']>, HttpHeader[]>>();
         const handle: ClientHandle = portable.createClientHandle();
         handle.send(BufferType.Utf8Message, new Uint8Array(1));
         export async function read(connection: Connection): Promise<void> {
           for await (const message of connection) is<Equal<typeof message, string | Uint8Array>>();
         }
         // @ts-expect-error: a number is no message
         void connect('ws://a').then((connection) => connection.send(1));
         // @ts-expect-error: no such option
         void listen({ maxPaylod: 1 });
         export {};`,
      );
      writeFileSync(
        path.join(at, 'tsconfig.json'),
        JSON.stringify({
          compilerOptions: {
            module,
            moduleResolution,
            target: 'es2022',
            lib: ['es2023', 'esnext.disposable'],
            strict: true,
            exactOptionalPropertyTypes: true,
            noEmit: true,
            types: ['node'],
            typeRoots: [toolOf('@types')],
          },
        }),
      );
      node([toolOf('typescript', 'bin', 'tsc'), '-p', at], project);
    });
  }

  describe('./portable, bundled', () => {
    const program = `import { portable } from '${NAME}/portable';
      const handle = portable.createClientHandle();
      console.log(handle.beginClientHandshake().length > 0, portable.backend);
      handle.delete();`;

    const check = (bundle: string): void => {
      const text = readFileSync(bundle, 'utf8');
      assert.doesNotMatch(text, /node-gyp-build|\.node["']|dlopen|websocket\.dll["']/);
      assert.equal(node([bundle], project), 'true portable\n');
    };

    before(() => writeFileSync(path.join(project, 'portable.mjs'), program));

    it('by esbuild has no reference to the native half', () => {
      const args = ['portable.mjs', '--bundle', '--platform=node', '--outfile=esbuild.cjs'];
      run(toolOf('.bin', 'esbuild'), args, project);
      check(path.join(project, 'esbuild.cjs'));
    });

    it('by webpack has no reference to the native half', () => {
      writeFileSync(
        path.join(project, 'webpack.config.cjs'),
        `module.exports = { mode: 'production', target: 'node', entry: './portable.mjs',
          output: { path: __dirname, filename: 'webpack.cjs' } };`,
      );
      node([toolOf('webpack-cli', 'bin', 'cli.js'), '--config', 'webpack.config.cjs'], project);
      check(path.join(project, 'webpack.cjs'));
    });

    it('needs only modules of Node', () => {
      const dist = path.join(project, 'node_modules', NAME, 'dist/package');
      const files = ['portable.js', 'engine.js', 'ground.js'];
      for (const file of files) {
        for (const [, specifier] of readFileSync(path.join(dist, file), 'utf8').matchAll(
          /require\("([^"]+)"\)/g,
        )) {
          const isNode = builtinModules.includes(specifier!.replace(/^node:/, ''));
          assert.ok(isNode || files.includes(specifier!.replace('./', '')), `${file}: ${specifier}`);
        }
      }
    });
  });
});
