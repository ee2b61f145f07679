// A library on top of the package: the compiler makes its declarations, and another program uses them.
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const REPOSITORY = path.resolve(__dirname, '../../..');
const NAME = 'websocket-protocol-component';
const COMPILERS = path.join(REPOSITORY, 'test/types/node_modules');

/** The compiler of the repository, and those that npm run compilers installs. */
const TSC: readonly (readonly [name: string, file: string])[] = [
  ['the current TypeScript', path.join(REPOSITORY, 'node_modules/typescript/bin/tsc')],
  ['TypeScript 5.0', path.join(COMPILERS, 'typescript-5.0/bin/tsc')],
  ['the newest TypeScript', path.join(COMPILERS, 'typescript-newest/bin/tsc')],
];
const MODES = [
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
] as const;

describe('a library on top of the package', function () {
  this.timeout(300_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'library-'));
    const installed = path.join(folder, 'node_modules', NAME);
    mkdirSync(installed, { recursive: true });
    cpSync(path.join(REPOSITORY, 'package.json'), path.join(installed, 'package.json'));
    cpSync(path.join(REPOSITORY, 'dist/package/types'), path.join(installed, 'dist/package/types'), {
      recursive: true,
    });
    for (const name of ['@types/node', 'undici-types'])
      cpSync(path.join(REPOSITORY, 'node_modules', name), path.join(folder, 'node_modules', name), {
        recursive: true,
        dereference: true,
      });
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'library', type: 'module' }));
    const page = readFileSync(path.join(REPOSITORY, 'test/types/library.md'), 'utf8');
    const [library, program] = [...page.matchAll(/```ts\n([^]*?)```/g)].map(([, text]) => text!);
    writeFileSync(path.join(folder, 'library.ts'), library!);
    mkdirSync(path.join(folder, 'out'));
    writeFileSync(path.join(folder, 'out/program.ts'), program!);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [index, [name, tsc]] of TSC.entries())
    for (const [module, moduleResolution] of index === 0 ? MODES : MODES.slice(0, 1))
      it(`gets declarations that others can use: ${name}, ${moduleResolution}`, function () {
        if (!existsSync(tsc)) this.skip();
        const compile = (...args: readonly string[]): void => {
          const common = ['--strict', '--target', 'es2022', '--lib', 'es2023,dom', '--types', 'node'];
          const { status, stdout } = spawnSync(process.execPath, [tsc, ...common, ...args], {
            cwd: folder,
            encoding: 'utf8',
          });
          assert.deepEqual({ status, stdout }, { status: 0, stdout: '' });
        };
        compile(
          ...['--declaration', '--outDir', 'out', '--module', module],
          ...['--moduleResolution', moduleResolution, 'library.ts'],
        );
        assert.match(
          readFileSync(path.join(folder, 'out/library.d.ts'), 'utf8'),
          /dist\/package\/types\/lib\/ws/,
        );
        compile('--noEmit', '--module', 'nodenext', 'out/program.ts');
      });
});
