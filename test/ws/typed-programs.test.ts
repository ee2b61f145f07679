// Programs that were typed against `@types/ws` must compile with the drop-in in its place, in every module mode.
import { strict as assert } from 'node:assert';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';

const repository = path.resolve(__dirname, '../../..');
const NAME = 'websocket-protocol-component';

const text = readFileSync(path.join(repository, 'test/ws/typed-programs.md'), 'utf8');
const PROGRAMS = [...text.matchAll(/^## (.+)\n\n```ts\n([^]*?)^```$/gm)].map(([, name, code]) => ({
  name: name!,
  code: code!,
}));

const { ModuleKind, ModuleResolutionKind } = ts;
type Mode = readonly [extension: string, options: ts.CompilerOptions];
const MODES: Readonly<Record<string, Mode>> = {
  'commonjs, node10': ['ts', { module: ModuleKind.CommonJS, moduleResolution: ModuleResolutionKind.Node10 }],
  'commonjs, node10, esModuleInterop': [
    'ts',
    {
      module: ModuleKind.CommonJS,
      moduleResolution: ModuleResolutionKind.Node10,
      esModuleInterop: true,
    },
  ],
  'node16, CommonJS': ['cts', { module: ModuleKind.Node16 }],
  'node16, ESM': ['mts', { module: ModuleKind.Node16 }],
  'nodenext, CommonJS': ['cts', { module: ModuleKind.NodeNext }],
  'nodenext, ESM': ['mts', { module: ModuleKind.NodeNext }],
  'esnext, bundler': ['ts', { module: ModuleKind.ESNext, moduleResolution: ModuleResolutionKind.Bundler }],
};

const sources = new Map<string, ts.SourceFile | undefined>();

/** Compiles all programs with a package. Returns the errors of each by its name. */
function compile(folder: string, [extension, more]: Mode, name: string): Map<string, string[]> {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    types: ['node'],
    skipLibCheck: true,
    ...more,
  };
  const host = ts.createCompilerHost(options);
  const files = new Map(
    PROGRAMS.map(({ code }, index) => [
      path.join(folder, `program-${index}.${extension}`),
      code.replaceAll("'ws'", `'${name}'`),
    ]),
  );
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (file, settings, ...rest) => {
    const own = files.get(file);
    if (own !== undefined) return ts.createSourceFile(file, own, settings);
    // Declarations are parsed once for all modes that read them in the same way.
    const format = typeof settings === 'object' ? String(settings.impliedNodeFormat) : '';
    const key = `${file} ${format}`;
    if (!sources.has(key)) sources.set(key, getSourceFile(file, settings, ...rest));
    return sources.get(key);
  };
  const { fileExists, readFile } = host;
  host.fileExists = (file) => files.has(file) || fileExists(file);
  host.readFile = (file) => files.get(file) ?? readFile(file);
  const program = ts.createProgram([...files.keys()], options, host);
  return new Map(
    [...files.keys()].map((file, index) => [
      PROGRAMS[index]!.name,
      ts
        .getPreEmitDiagnostics(program, program.getSourceFile(file))
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
    ]),
  );
}

describe('programs typed against @types/ws', () => {
  let folder: string;
  const compiled = new Set<string>();

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'typed-programs-'));
    mkdirSync(path.join(folder, 'node_modules'));
    for (const name of ['ws', '@types'])
      symlinkSync(
        path.join(repository, 'node_modules', name),
        path.join(folder, 'node_modules', name),
        'junction',
      );
    symlinkSync(repository, path.join(folder, 'node_modules', NAME), 'junction');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [title, mode] of Object.entries(MODES)) {
    it(`compile with the drop-in, too: ${title}`, function () {
      this.timeout(120_000);
      const theirs = compile(folder, mode, 'ws');
      const ours = compile(folder, mode, `${NAME}/ws`);
      const worse = [...ours].filter(
        ([name, errors]) => errors.length !== 0 && theirs.get(name)!.length === 0,
      );
      assert.deepEqual(Object.fromEntries(worse), {});
      for (const [name, errors] of theirs) if (errors.length === 0) compiled.add(name);
    });
  }

  it('are ten, each of which compiles with ws in some mode', () => {
    assert.equal(PROGRAMS.length, 10);
    assert.deepEqual([...compiled].sort(), PROGRAMS.map(({ name }) => name).sort());
  });
});
