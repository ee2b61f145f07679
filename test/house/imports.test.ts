import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'mocha';

const REPOSITORY = path.resolve(__dirname, '../../..');

type Planted = readonly [file: string, specifier: string, code?: (specifier: string) => string];

const plain = (specifier: string): string => `import '${specifier}';`;
const typeOnly = (specifier: string): string => `import type { A } from '${specifier}';`;
const exported = (specifier: string): string => `export * from '${specifier}';`;
const dynamic = (specifier: string): string => `void import('${specifier}');`;
const inType = (specifier: string): string => `export type B = import('${specifier}').A;`;
const required = (specifier: string): string => `require('${specifier}');`;

const FORBIDDEN: readonly Planted[] = [
  ['lib/component/contract.ts', './errors.js'],
  ['lib/component/contract.ts', 'node:fs'],
  ['lib/component/errors.ts', './portable/mask.js'],
  ['lib/component/session-handle.ts', './index.js'],
  ['lib/component/portable/handle.ts', '../native/index.js'],
  ['lib/component/portable/queue.ts', '../native/index.js', typeOnly],
  ['lib/component/portable/mask.ts', '../native/index.js', exported],
  ['lib/component/portable/utf8.ts', '../native/index.js', dynamic],
  ['lib/component/portable/fifo.ts', '../native/index.js', inType],
  ['lib/component/portable/words.ts', 'node-gyp-build', required],
  ['lib/component/native/scratch.ts', '../portable/handle.js'],
  ['lib/component/native/handle.ts', '../index.js'],
  ['lib/session/action-loop.ts', '../component/portable/handle.js'],
  ['lib/session/index.ts', '../connection/connection.js'],
  ['lib/connection/connection.ts', '../opening/client.js'],
  ['lib/connection/payload/text.ts', '../state/state.js'],
  ['lib/connection/state/state.ts', '../outgoing/writing.js', typeOnly],
  ['lib/connection/outgoing/writing.ts', '../ending/closing.js'],
  ['lib/connection/ending/closing.ts', '../incoming/reading.js'],
  ['lib/connection/incoming/reading.ts', '../connection.js', typeOnly],
  ['lib/opening/client.ts', '../web/index.js'],
  ['lib/opening/server.ts', './http2/client.js'],
  ['lib/web/index.ts', '../ws/index.js'],
  ['lib/ws/index.ts', 'ws', exported],
  ['lib/parity/record.ts', '../session/action-loop.js'],
  ['lib/parity/replay.ts', '../component/portable/handle.js'],
  ['lib/parity/status.ts', '../component/arguments.js'],
  ['lib/cli/demo.ts', '../../test/conformance/index.js'],
  ['test/conformance/suite.ts', '../../lib/component/portable/handle.js'],
];

const ALLOWED: readonly Planted[] = [
  ['lib/component/backend.ts', './contract.js', typeOnly],
  ['lib/component/native/load.ts', 'node-gyp-build', required],
  ['lib/component/index.ts', './native/index.js'],
  ['lib/connection/index.ts', './connection.js', exported],
  ['lib/connection/incoming/receiving.ts', '../ending/closing.js'],
  ['lib/opening/http2/client.ts', '../client.js'],
  ['lib/web/websocket.ts', '../opening/client.js'],
  ['lib/cli/wspc.ts', '../parity/record.js'],
  ['lib/vendor/some.ts', 'fast-check'],
  ['test/conformance/runner.ts', 'mocha'],
];

const CIRCLE: readonly Planted[] = [
  ['lib/session/one.ts', './two.js'],
  ['lib/session/two.ts', './three.js', typeOnly],
  ['lib/session/three.ts', './one.js', typeOnly],
];

interface Violation {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
}

describe('the rule of imports', function () {
  this.timeout(60_000);
  let folder: string;
  let violations: readonly Violation[];

  const plantedIn = (file: string): readonly Violation[] => violations.filter(({ from }) => from === file);

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'imports-'));
    symlinkSync(path.join(REPOSITORY, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
    writeFileSync(path.join(folder, 'tsconfig.json'), '{ "compilerOptions": { "module": "preserve" } }');
    const files = new Map<string, string>();
    for (const [file, specifier] of [...FORBIDDEN, ...ALLOWED, ...CIRCLE])
      if (specifier.startsWith('.'))
        files.set(path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, '.ts'), 'export {};');
    for (const [file, specifier, code = plain] of [...FORBIDDEN, ...ALLOWED, ...CIRCLE])
      files.set(file, code(specifier));
    for (const [file, text] of files) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), text);
    }
    const command = path.join(REPOSITORY, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const config = path.join(REPOSITORY, '.dependency-cruiser.cjs');
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [command, '--config', config, '--output-type', 'json', 'lib', 'test/conformance'],
      { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 },
    );
    assert.equal(stderr, '');
    const { summary } = JSON.parse(stdout) as {
      summary: {
        violations: { rule: { name: string }; from: string; to: string }[];
      };
    };
    violations = summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [file, specifier, code = plain] of FORBIDDEN) {
    it(`refuses in ${file}: ${code(specifier)}`, () => {
      assert.deepEqual(
        plantedIn(file).map(({ rule }) => rule.replace(/^.*imports (upwards|a package)$/, 'refused')),
        ['refused'],
      );
    });
  }

  for (const [file, specifier, code = plain] of ALLOWED) {
    it(`allows in ${file}: ${code(specifier)}`, () => {
      assert.deepEqual(plantedIn(file), []);
    });
  }

  it('refuses a circle of files, types included', () => {
    const rules = CIRCLE.flatMap(([file]) => plantedIn(file)).map(({ rule }) => rule);
    // The tool may report a circle once, or once for each file.
    assert.ok(rules.length > 0);
    assert.deepEqual(new Set(rules), new Set(['circle']));
  });
});
