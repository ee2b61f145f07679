// The declarations of the published package: for old and new compilers, and for programs with exactOptionalPropertyTypes.
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';

const REPOSITORY = path.resolve(__dirname, '../../..');
const NAME = 'websocket-protocol-component';
const TYPES = path.join(REPOSITORY, 'dist/package/types');
const COMPILERS = path.join(REPOSITORY, 'test/types/node_modules');

const VERSIONS = ['5.0', '5.4', '5.6', '5.9', 'newest'] as const;
const MODES = [
  ['node16', 'node16'],
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
  ['commonjs', 'node10'],
] as const;

/** Interfaces that this package fills, and that a program only reads, by name or by an optional member. */
const RESULTS = new Set([
  ...[
    'ActionResult',
    'BulkDriver',
    'CloseInfo',
    'Fields',
    'SessionHandle',
    'TraceCall',
    'HandshakeErrorDetails',
  ],
  ...['diagnostic', 'pinned', 'rawHeaders', 'response', 'statusCode', 'isAttribute', 'protocols', 'capture'],
]);

/** The optional members of interfaces that do not take `undefined`. */
function membersWithoutUndefined(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const takesUndefined = (type: ts.TypeNode): boolean =>
    type.kind === ts.SyntaxKind.UnknownKeyword ||
    (ts.isUnionTypeNode(type) && type.types.some(({ kind }) => kind === ts.SyntaxKind.UndefinedKeyword));
  const visit = (node: ts.Node): void => {
    if (
      ts.isPropertySignature(node) &&
      node.questionToken !== undefined &&
      node.type !== undefined &&
      !takesUndefined(node.type)
    ) {
      const owner = ts.isInterfaceDeclaration(node.parent) ? node.parent.name.text : '';
      if (!RESULTS.has(owner) && !RESULTS.has(node.name.getText()))
        found.push(`${path.basename(file)}: ${owner}.${node.name.getText()}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

describe('the declarations of the package', function () {
  this.timeout(300_000);

  it('take undefined for each option', () => {
    const files = readdirSync(TYPES, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.d\.m?ts$/.test(file),
    );
    assert.ok(files.length > 50);
    assert.deepEqual(
      files.flatMap((file) => membersWithoutUndefined(path.join(TYPES, file))),
      [],
    );
  });

  describe('compile without skipLibCheck', () => {
    let folder: string | undefined;

    before(function () {
      // npm run compilers installs them.
      if (!existsSync(COMPILERS)) this.skip();
      folder = mkdtempSync(path.join(tmpdir(), 'declarations-'));
      const at = folder;
      const installed = path.join(at, 'node_modules', NAME);
      mkdirSync(installed, { recursive: true });
      cpSync(path.join(REPOSITORY, 'package.json'), path.join(installed, 'package.json'));
      cpSync(TYPES, path.join(installed, 'dist/package/types'), { recursive: true });
      for (const name of ['@types', 'undici-types'])
        cpSync(path.join(COMPILERS, name), path.join(at, 'node_modules', name), { recursive: true });
      const page = readFileSync(path.join(REPOSITORY, 'test/types/program.md'), 'utf8');
      const [, program] = /```ts\n([^]*?)```/.exec(page)!;
      for (const extension of ['ts', 'mts', 'cts'])
        writeFileSync(path.join(at, `program.${extension}`), program!);
    });
    after(() => {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    });

    for (const version of VERSIONS) {
      for (const [module, moduleResolution] of MODES) {
        // TypeScript 7 has no node10.
        if (version === 'newest' && moduleResolution === 'node10') continue;
        it(`TypeScript ${version}, ${moduleResolution}`, () => {
          const isNode = moduleResolution.startsWith('node') && moduleResolution !== 'node10';
          const { status, stdout } = spawnSync(
            process.execPath,
            [
              path.join(COMPILERS, `typescript-${version}`, 'bin/tsc'),
              ...['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--noEmit'],
              ...['--target', 'es2022', '--lib', 'es2023', '--types', 'node'],
              ...['--module', module, '--moduleResolution', moduleResolution],
              ...(isNode ? ['program.mts', 'program.cts'] : ['program.ts']),
            ],
            { cwd: folder!, encoding: 'utf8' },
          );
          assert.deepEqual({ status, stdout }, { status: 0, stdout: '' });
        });
      }
    }
  });
});
