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

type Kind = 'esm' | 'cjs';

/** A program of `test/types/exports.md` for one entry. */
interface EntryProgram {
  readonly entry: string;
  /** The modules that the program is for; undefined: both. */
  readonly kind: Kind | undefined;
  readonly text: string;
}

const ENTRY_PROGRAMS: readonly EntryProgram[] = [
  ...readFileSync(path.join(REPOSITORY, 'test/types/exports.md'), 'utf8').matchAll(
    /```ts entries=(\S+)(?: (esm|cjs))?\n([^]*?)```/g,
  ),
].flatMap(([, entries, kind, text]) =>
  entries!.split(',').map((entry) => ({
    entry,
    kind: kind as Kind | undefined,
    text: text!.replaceAll("'ENTRY'", `'${path.posix.join(NAME, entry)}'`),
  })),
);

/** The names that a program imports from an entry and uses. An import that is not used does not count. */
function usedNames({ entry, text }: EntryProgram): string[] {
  const source = ts.createSourceFile('program.ts', text, ts.ScriptTarget.Latest, true);
  const imported = new Map<string, string>();
  const used = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      if ((node.moduleSpecifier as ts.StringLiteral).text !== path.posix.join(NAME, entry)) return;
      const { name, namedBindings } = node.importClause!;
      if (name !== undefined) imported.set(name.text, 'default');
      if (namedBindings === undefined || !ts.isNamedImports(namedBindings)) return;
      for (const one of namedBindings.elements)
        imported.set(one.name.text, (one.propertyName ?? one.name).text);
    } else if (ts.isIdentifier(node)) used.add(node.text);
    else ts.forEachChild(node, visit);
  };
  visit(source);
  return [...imported].filter(([local]) => used.has(local)).map(([, name]) => name);
}

/** The names that the built package exports, types included, by entry. */
function exportedNames(): ReadonlyMap<string, readonly string[]> {
  const { exports } = JSON.parse(readFileSync(path.join(REPOSITORY, 'package.json'), 'utf8')) as {
    exports: Readonly<Record<string, { types?: string; import?: { types: string } } | string>>;
  };
  const files = Object.entries(exports).flatMap(([entry, target]) => {
    const types = typeof target === 'string' ? undefined : (target.import?.types ?? target.types);
    // The declarations themselves are no entry.
    if (types === undefined || types.includes('*')) return [];
    return [[entry, path.join(REPOSITORY, types)] as const];
  });
  const program = ts.createProgram(
    files.map(([, file]) => file),
    { module: ts.ModuleKind.Node20, target: ts.ScriptTarget.ES2022, types: ['node'], skipLibCheck: true },
  );
  const checker = program.getTypeChecker();
  return new Map(
    files.map(([entry, file]) => {
      const symbol = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
      return [entry, checker.getExportsOfModule(symbol).map(({ name }) => name)] as const;
    }),
  );
}

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

  it('have a program for every export of every entry', () => {
    const exported = exportedNames();
    assert.ok(exported.size >= 7);
    const unused = [...exported].flatMap(([entry, names]) => {
      const used = ENTRY_PROGRAMS.filter((program) => program.entry === entry).flatMap(usedNames);
      return names.filter((name) => !used.includes(name)).map((name) => `${entry}: ${name}`);
    });
    assert.deepEqual(unused, []);
  });

  it('name everything that is there when the package runs', () => {
    for (const [entry, names] of exportedNames()) {
      // The native half runs on Windows only.
      if (entry === './native') continue;
      const script = `import(${JSON.stringify(path.posix.join(NAME, entry))}).then((all) => console.log(JSON.stringify(Object.keys(all))))`;
      const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
        cwd: REPOSITORY,
        encoding: 'utf8',
      });
      assert.equal(stderr, '');
      const there = (JSON.parse(stdout) as string[]).filter(
        (name) => !['default', 'module.exports'].includes(name),
      );
      assert.deepEqual(
        there.filter((name) => !names.includes(name)),
        [],
        entry,
      );
    }
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
      for (const [index, { kind, text }] of ENTRY_PROGRAMS.entries())
        for (const extension of [
          'ts',
          ...(kind === 'cjs' ? [] : ['mts']),
          ...(kind === 'esm' ? [] : ['cts']),
        ])
          writeFileSync(path.join(at, `entry-${index}.${extension}`), text);
    });
    after(() => {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    });

    // TypeScript 6 and later load no package of @types by themselves.
    for (const [what, version, options] of [
      ['types: []', '5.0', { module: 'node16', types: [] }],
      ['types: []', '5.9', { module: 'node16', types: [] }],
      ['types: []', 'newest', { module: 'node20', types: [] }],
      [
        'module: preserve, erasableSyntaxOnly and isolatedModules, with the library of browsers',
        '5.9',
        {
          module: 'preserve',
          lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'],
          isolatedModules: true,
          erasableSyntaxOnly: true,
          verbatimModuleSyntax: true,
          noPropertyAccessFromIndexSignature: true,
        },
      ],
    ] as const)
      it(`TypeScript ${version}, ${what}`, () => {
        const files = ENTRY_PROGRAMS.flatMap(({ kind }, index) =>
          kind === 'cjs' ? [] : [`entry-${index}.mts`],
        );
        const compilerOptions = { strict: true, noEmit: true, target: 'es2022', lib: ['es2023'], ...options };
        const config = path.join(folder!, 'tsconfig.json');
        writeFileSync(config, JSON.stringify({ compilerOptions, files }));
        const { status, stdout } = spawnSync(
          process.execPath,
          [path.join(COMPILERS, `typescript-${version}`, 'bin/tsc'), '-p', config],
          { cwd: folder!, encoding: 'utf8' },
        );
        rmSync(config);
        assert.deepEqual({ status, stdout }, { status: 0, stdout: '' });
      });

    for (const version of VERSIONS) {
      for (const [module, moduleResolution] of MODES) {
        // TypeScript 7 has no node10.
        if (version === 'newest' && moduleResolution === 'node10') continue;
        it(`TypeScript ${version}, ${moduleResolution}`, () => {
          const isNode = moduleResolution.startsWith('node') && moduleResolution !== 'node10';
          const programs = ENTRY_PROGRAMS.flatMap(({ kind }, index) => {
            if (isNode)
              return (['esm', 'cjs'] as const)
                .filter((one) => kind === undefined || one === kind)
                .map((one) => `entry-${index}.${one === 'esm' ? 'mts' : 'cts'}`);
            // `import = require` and a default import of a CommonJS module have their own module mode.
            return kind === (module === 'commonjs' ? 'esm' : 'cjs') ? [] : [`entry-${index}.ts`];
          });
          const { status, stdout } = spawnSync(
            process.execPath,
            [
              path.join(COMPILERS, `typescript-${version}`, 'bin/tsc'),
              ...['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--noEmit'],
              ...['--target', 'es2022', '--lib', 'es2023', '--types', 'node'],
              ...['--module', module, '--moduleResolution', moduleResolution],
              ...(isNode ? ['program.mts', 'program.cts'] : ['program.ts']),
              ...programs,
            ],
            { cwd: folder!, encoding: 'utf8' },
          );
          assert.deepEqual({ status, stdout }, { status: 0, stdout: '' });
        });
      }
    }
  });
});
