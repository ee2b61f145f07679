import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import ts from 'typescript';

const REPOSITORY = path.resolve(__dirname, '../../..');
const ANSWERS = 'lib/component/portable/answers';

/** The output of a command, and its exit status. */
export interface Printed {
  readonly status: number;
  readonly output: string;
}

/**
 * A copy of the files that `wspc parity adopt` works on: the built package, the scenarios, and the table of answers.
 */
export class Checkout {
  readonly root = mkdtempSync(path.join(os.tmpdir(), 'wspc-checkout-'));

  constructor() {
    for (const part of ['dist/lib', 'package.json', 'test/scenarios', `${ANSWERS}.ts`]) {
      mkdirSync(path.dirname(this.path(part)), { recursive: true });
      cpSync(path.join(REPOSITORY, part), this.path(part), { recursive: true });
    }
  }

  path(file: string): string {
    return path.join(this.root, file);
  }

  read(file: string): string {
    return readFileSync(this.path(file), 'utf8');
  }

  get answers(): string {
    return this.read(`${ANSWERS}.ts`);
  }

  /** Writes another table and builds it. */
  answer(source: string): void {
    writeFileSync(this.path(`${ANSWERS}.ts`), source);
    this.build();
  }

  /** Builds the one source file that there is. */
  build(): void {
    const { outputText } = ts.transpileModule(this.answers, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    });
    writeFileSync(this.path(`dist/${ANSWERS}.js`), outputText);
  }

  wspc(...args: string[]): Printed {
    try {
      const output = execFileSync(process.execPath, [this.path('dist/lib/cli/wspc.js'), ...args], {
        cwd: this.root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      return { status: 0, output };
    } catch (error) {
      const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
      return { status, output: `${stdout}${stderr}` };
    }
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
