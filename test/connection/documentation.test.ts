import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/** The names of the options that an interface declares. */
function optionsOf(file: string, name: string): string[] {
  const body = new RegExp(`interface ${name}[^{]*\\{([^]*?)\\n\\}`).exec(read(file))![1]!;
  return [...body.matchAll(/^ {2}readonly (\w+)\?/gm)].map(([, option]) => option!);
}

describe('docs/connections.md', () => {
  const documentation = read('docs/connections.md');

  for (const [file, name] of [
    ['lib/connection/state/options.ts', 'ConnectionOptions'],
    ['lib/opening/client-options.ts', 'ConnectOptions'],
    ['lib/opening/server-options.ts', 'PolicyOptions'],
    ['lib/opening/server-options.ts', 'AcceptOptions'],
    ['lib/opening/server-options.ts', 'AttachOptions'],
    ['lib/opening/server-options.ts', 'ListenOptions'],
    ['lib/opening/component-options.ts', 'ComponentOptions'],
  ] as const) {
    it(`names every option of ${name}`, () => {
      const options = optionsOf(file, name);
      assert.notEqual(options.length, 0);
      assert.deepEqual(
        options.filter((option) => !documentation.includes(`\`${option}\``)),
        [],
      );
    });
  }

  for (const file of ['lib/connection/state/errors.ts', 'lib/opening/errors.ts']) {
    it(`names every code of ${file}`, () => {
      const codes = [...read(file).matchAll(/^ {2}\| '(ERR_\w+)'/gm)].map(([, code]) => code!);
      assert.ok(codes.length >= 8);
      assert.deepEqual(
        codes.filter((code) => !documentation.includes(`\`${code}\``)),
        [],
      );
    });
  }
});
