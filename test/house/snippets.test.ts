// The code on the pages compiles: TypeScript as strictly as the compiler can, JavaScript with checkJs.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { pagesIn, readPage, ROOT } from '../support/pages.js';
import { isTypeScript, snippetsOf } from '../support/snippets.js';
import type { Snippet } from '../support/snippets.js';

const NAME = 'websocket-protocol-component';
const PAGES = [
  'README.md',
  'UPGRADING.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'native/README.md',
]
  .concat(pagesIn('docs', 'examples'))
  .filter((page) => ts.sys.fileExists(path.join(ROOT, page)));
/** Pages that promise that their JavaScript is TypeScript, too. */
const TYPESCRIPT_READY: readonly string[] = ['README.md'];
/** Members that JavaScript reads without a question, and that middleware or the system has put there. */
const HABITS: readonly RegExp[] = [
  /^Property 'port' does not exist on type 'string \| AddressInfo'/,
  /^Property '\w+' does not exist on type '(?:IncomingMessage|Error|Process)'/,
];
const NONE = { prelude: '', line: 0 };
/** Diagnostics of types in JavaScript, which a prelude may have. */
const isTypesInJavaScript = (code: number): boolean => code >= 8000 && code < 8020;

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.Node20,
  moduleDetection: ts.ModuleDetectionKind.Force,
  types: ['node'],
  typeRoots: [path.join(ROOT, 'node_modules/@types')],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
};
const STRICT: ts.CompilerOptions = {
  ...OPTIONS,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
};
const LOOSE: ts.CompilerOptions = {
  ...OPTIONS,
  types: ['node', 'mocha'],
  allowJs: true,
  checkJs: true,
  strict: false,
};

/** Modules of others are whatever they are: the tests of the guides run them. TypeScript needs the types of those that are here. */
function foreignModules(snippets: readonly Snippet[], isHere: (name: string) => boolean): string {
  const names = snippets.flatMap(({ prelude, code }) =>
    [...(prelude + code).matchAll(/(?:\bfrom |\brequire\(|\bimport\(|^import )'([^'.][^']*)'/gm)].map(
      ([, name]) => name!,
    ),
  );
  return [...new Set(names)]
    .filter((name) => !name.startsWith('node:') && name !== NAME && !name.startsWith(`${NAME}/`))
    .filter((name) => !isHere(name))
    .map((name) => `declare module '${name}';\n`)
    .join('');
}

/** The faults of the snippets, which lie below the package, where its name resolves. Each page has a folder of its own. */
function faultsOf(pages: ReadonlyMap<string, readonly Snippet[]>, folder: string): string[] {
  const files = new Map<string, readonly [page: string, snippet: Snippet]>();
  for (const [page, snippets] of pages)
    for (const snippet of snippets) {
      const isReady = TYPESCRIPT_READY.includes(page) && !isTypeScript(snippet.file);
      const file = path.join(folder, page, isReady ? snippet.file.replace(/js$/, 'ts') : snippet.file);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, snippet.prelude + snippet.code);
      files.set(file, [page, snippet]);
    }
  return [STRICT, LOOSE].flatMap((options) => {
    const modules = path.join(folder, options === STRICT ? 'strict.d.ts' : 'loose.d.ts');
    const isHere = (name: string): boolean =>
      options === STRICT && ts.sys.directoryExists(path.join(ROOT, 'node_modules', name));
    writeFileSync(modules, foreignModules([...pages.values()].flat(), isHere));
    const roots = [...files.keys()].filter((file) => isTypeScript(file) === (options === STRICT));
    const program = ts.createProgram([...roots, modules], options);
    return ts.getPreEmitDiagnostics(program).flatMap(({ file, start = 0, messageText, code }) => {
      const message = ts.flattenDiagnosticMessageText(messageText, '\n');
      const [page, { prelude, line: first }] = files.get(path.normalize(file?.fileName ?? '')) ?? ['', NONE];
      if (start < prelude.length && isTypesInJavaScript(code)) return [];
      if (options === LOOSE && HABITS.some((habit) => habit.test(message))) return [];
      const lines = file?.text.slice(prelude.length, start).split('\n').length ?? 0;
      return [`${page === '' ? (file?.fileName ?? '') : `${page}:${first + lines - 1}`}: ${message}`];
    });
  });
}

describe('the code on the pages', function () {
  this.timeout(120_000);
  let folder = '';
  before(() => {
    mkdirSync(path.join(ROOT, '.cache'), { recursive: true });
    folder = mkdtempSync(path.join(ROOT, '.cache/snippets-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const snippets = new Map(PAGES.map((page) => [page, snippetsOf(readPage(page))]));

  it('has a language that is known, and a reason for each fragment', () => {
    const faults = [...snippets].flatMap(([page, { faults: own }]) =>
      own.map((fault) => `${page}: ${fault}`),
    );
    assert.deepEqual(faults, []);
  });

  it('compiles', () => {
    const whole = [...snippets].map(
      ([page, { code }]) => [page, code.filter(({ fragment }) => fragment === undefined)] as const,
    );
    assert.ok(whole.flatMap(([, code]) => code).length > 40);
    const faults = faultsOf(new Map(whole), folder);
    assert.equal(faults.length, 0, faults.join('\n'));
  });

  it('is refused if it does not compile', () => {
    const page = [
      ...['```js', `const { listen } = require('${NAME}');`, 'listen({ prot: 1 });', '```'],
      ...['```ts', `import { connect } from '${NAME}';`, "(await connect('ws://a')).sent('x');", '```'],
      ...[
        '<!-- prelude',
        'declare const known: string;',
        '-->',
        '',
        '```js',
        'known.length; unheard.length;',
        '```',
      ],
      ...[
        '<!-- fragment: why -->',
        '```ts',
        'of this',
        '```',
        '```kotlin',
        '```',
        '```',
        'const x = 1;',
        '```',
      ],
    ].join('\n');
    const { code, faults } = snippetsOf(page);
    assert.deepEqual(
      faults.map((fault) => fault.replace(/^line \d+: /, '')),
      [
        'a fragment needs a reason',
        'the language kotlin is not known',
        'this looks like code: name its language',
      ],
    );
    const messages = faultsOf(new Map([['page.md', code.slice(0, 3)]]), path.join(folder, 'wrong'));
    assert.equal(messages.length, 3, messages.join('\n'));
    assert.match(
      messages.join('\n'),
      /page\.md:7: .*'sent' does not exist[^]*page\.md:14: [^]*'unheard'[^]*page\.md:3: [^]*'prot'/,
    );
  });
});
