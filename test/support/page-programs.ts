/**
 * The programs on a page of docs/guides, run as they are printed.
 *
 * A fenced block whose first line says `file=NAME`, such as "js file=server.mjs", is a whole file. The files of a page
 * lie in a folder of their own, where `websocket-protocol-component` and the programs of others resolve by name. A block
 * without `file=` is a fragment, which no test runs.
 */
import { strict as assert } from 'node:assert';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import ts from 'typescript';

import type { CloseInfo, Connection } from '../../lib/index.js';
import { pagesIn, readPage, ROOT } from './pages.js';
import { Program } from './program.js';

const CACHE = path.join(ROOT, '.cache/guides');
/** Frameworks that guides import: `npm run programs` installs them. */
const PROGRAMS = path.join(ROOT, 'test/ws/programs');
const BLOCK = /^( *)(```+)(\w+) +file=(\S+) *\n([^]*?)^\1\2 *$/gm;

/** A file that a page prints. */
export interface PrintedFile {
  readonly name: string;
  readonly language: string;
  readonly text: string;
  /** The line of the page on which the block begins. */
  readonly line: number;
}

/** The files that a page prints. Two blocks of one name are a mistake of the page. */
export function printedFiles(page: string): PrintedFile[] {
  const files = [...page.matchAll(BLOCK)].map((block) => ({
    name: block[4]!,
    language: block[3]!,
    text: block[5]!.replaceAll(new RegExp(`^${block[1]!}`, 'gm'), ''),
    line: page.slice(0, block.index).split('\n').length,
  }));
  for (const { name, line } of files)
    if (files.find((file) => file.name === name)!.line < line)
      throw new Error(`line ${line} prints ${name} for the second time`);
  return files;
}

/** The guides, as paths of the repository. */
export function guidePages(): string[] {
  return pagesIn('docs/guides');
}

/** The dependencies of the folder of programs that are not installed. */
export function missingPrograms(names: readonly string[]): string[] {
  return names.filter((name) => !existsSync(path.join(PROGRAMS, 'node_modules', name)));
}

function programDependencies(): string[] {
  const { dependencies } = JSON.parse(readFileSync(path.join(PROGRAMS, 'package.json'), 'utf8')) as {
    dependencies: Readonly<Record<string, string>>;
  };
  return Object.keys(dependencies);
}

export interface StartOptions {
  readonly args?: readonly string[];
  /** Further variables of the environment. `PORT` is 0, which chooses a free port, unless it is given here. */
  readonly env?: NodeJS.ProcessEnv;
  readonly nodeFlags?: readonly string[];
}

/** An answer of a server, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** The files of a page in a folder of their own, and the programs that a test has started there. */
export class PagePrograms {
  readonly #files: ReadonlyMap<string, PrintedFile>;
  readonly #used = new Set<string>();
  readonly #running: Program[] = [];
  #isCompiled = false;
  #folder: string | undefined;

  /** @param page - a path of the repository, such as `docs/guides/echo.md`. */
  constructor(readonly page: string) {
    this.#files = new Map(printedFiles(readPage(page)).map((file) => [file.name, file]));
  }

  /** The folder of the files. */
  get folder(): string {
    if (this.#folder === undefined) throw new Error('the files of a page are written before its tests run');
    return this.#folder;
  }

  /** Writes the files. */
  write(): void {
    mkdirSync(CACHE, { recursive: true });
    this.#folder = mkdtempSync(path.join(CACHE, `${path.basename(this.page, '.md')}-`));
    this.#link('websocket-protocol-component', ROOT);
    this.#link('@types/node', path.join(ROOT, 'node_modules/@types/node'));
    for (const name of programDependencies())
      if (missingPrograms([name]).length === 0) this.#link(name, path.join(PROGRAMS, 'node_modules', name));
    for (const { name, text } of this.#files.values()) this.#write(name, text);
  }

  #link(name: string, target: string): void {
    const link = path.join(this.folder, 'node_modules', name);
    mkdirSync(path.dirname(link), { recursive: true });
    symlinkSync(target, link, 'junction');
  }

  #write(name: string, text: string): string {
    const file = path.join(this.folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  #use(name: string): PrintedFile {
    const file = this.#files.get(name);
    if (file === undefined) throw new Error(`${this.page} prints no file ${name}`);
    this.#used.add(name);
    return file;
  }

  /**
   * The path of a file, which counts as used from now on.
   *
   * @param replace - what differs here, such as the port of a configuration. Each key has to be in the file.
   */
  file(name: string, replace: Readonly<Record<string, string>> = {}): string {
    let { text } = this.#use(name);
    for (const [printed, here] of Object.entries(replace)) {
      if (!text.includes(printed)) throw new Error(`${name} of ${this.page} has no "${printed}"`);
      text = text.replaceAll(printed, here);
    }
    return this.#write(name, text);
  }

  /** The text of the first block without a language after a sentence of the page, such as the output of a program. */
  fragment(sentence: RegExp): string {
    const page = readPage(this.page);
    const after = page.slice(sentence.exec(page)?.index ?? page.length);
    const block = /^```\n([^]*?)^```$/m.exec(after);
    if (block === null) throw new Error(`${this.page} has no block after ${sentence}`);
    return block[1]!;
  }

  /** Starts a JavaScript or TypeScript program of the page with Node, in the folder of the page. */
  start(name: string, { args = [], env = {}, nodeFlags = [] }: StartOptions = {}): Program {
    this.#use(name);
    if (/\.m?ts$/.test(name)) this.compile();
    const script = path.join(this.folder, name.replace(/ts$/, 'js'));
    return this.startCommand(process.execPath, [...nodeFlags, script, ...args], env);
  }

  /** Starts another program in the folder of the page. */
  startCommand(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
    const program = new Program(command, args, { ...process.env, PORT: '0', ...env }, this.folder);
    this.#running.push(program);
    return program;
  }

  /** Runs a program to its end, which has to have the exit status 0, and returns what it printed. */
  async run(name: string, options?: StartOptions): Promise<string> {
    const program = this.start(name, options);
    assert.equal(await program.ended(), 0, program.errors);
    return program.output;
  }

  /** Checks the TypeScript files of the page as strictly as the compiler can, and compiles them. */
  compile(): void {
    if (this.#isCompiled) return;
    const names = [...this.#files.keys()].filter((name) => /(?<!\.d)\.m?ts$/.test(name));
    for (const name of names) this.#use(name);
    const program = ts.createProgram(
      names.map((name) => path.join(this.folder, name)),
      {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.Node20,
        types: ['node'],
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        verbatimModuleSyntax: true,
        skipLibCheck: true,
      },
    );
    const { diagnostics } = program.emit();
    const faults = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
    const host = {
      getCanonicalFileName: (file: string) => file,
      getCurrentDirectory: () => this.folder,
      getNewLine: () => '\n',
    };
    assert.equal(faults.length, 0, ts.formatDiagnostics(faults, host));
    this.#isCompiled = true;
  }

  /** An HTTP request. Redirects are not followed. */
  async request(url: string | URL, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(url, { redirect: 'manual', ...init });
    return { status: response.status, headers: response.headers, body: await response.text() };
  }

  /** Another package, as a program of the page would load it. */
  load(name: string): unknown {
    return createRequire(path.join(this.folder, 'load.js'))(name);
  }

  /** The files that no test has used. */
  get unused(): string[] {
    return [...this.#files.values()]
      .filter(({ name }) => !this.#used.has(name))
      .map(({ name, line }) => `${this.page}:${line}: ${name}`);
  }

  /** Ends the programs that still run. */
  async stop(): Promise<void> {
    for (const program of this.#running.splice(0)) await program.stop();
  }

  /** Removes the files. */
  remove(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * The tests of a guide. The last one fails if the page prints a file that no test has used.
 *
 * @param name - of the page without extension, such as `echo`.
 * @param needs - packages of others that the page imports. Without them the tests are skipped.
 */
export function describeGuide(
  name: string,
  needs: readonly string[],
  define: (guide: PagePrograms) => void,
): void {
  const page = `docs/guides/${name}.md`;
  const missing = missingPrograms(needs);
  if (missing.length > 0) {
    describe(page, () => it.skip(`${missing.join(', ')}: not installed (npm run programs)`));
    return;
  }
  describe(page, function () {
    this.timeout(60_000);
    const guide = new PagePrograms(page);
    before(() => guide.write());
    afterEach(() => guide.stop());
    after(() => guide.remove());
    define(guide);
    const { tests, suites } = this;

    it('prints no file that no test has used', function () {
      const others = [...tests, ...suites.flatMap((suite) => suite.tests)];
      if (others.some((test) => test.isPending())) this.skip();
      assert.deepEqual(guide.unused, []);
    });
  });
}

/** The port that a program has printed: "listening on port 8080", or the same with a URL or an address. */
export async function printedPort(program: Program): Promise<string> {
  const [, port] = await program.prints(/listening on (?:port |ws:\/\/\S+:|\{[^}]* port: )(\d+)/);
  return port!;
}

/** The next message of a connection; undefined after its end. */
export async function next(connection: Connection): Promise<string | Uint8Array | undefined> {
  const { value } = await connection.messages().next();
  return value;
}

/** How a connection ended. It is read to its end, since a connection that nobody reads may not notice its end. */
export async function closedOf(connection: Connection): Promise<CloseInfo> {
  connection.on('message', () => {});
  return connection.closed;
}
