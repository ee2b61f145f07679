import { strict as assert } from 'node:assert';
import path from 'node:path';

import { ESLint } from 'eslint';

const RULE = 'house/import-direction';
const REPOSITORY = path.resolve(__dirname, '../../..');

const FORBIDDEN: readonly (readonly [file: string, code: string])[] = [
  ['lib/component/contract.ts', `import { HRESULTS } from './errors.js';`],
  ['lib/component/contract.ts', `import fs from 'node:fs';`],
  ['lib/component/errors.ts', `import { Mask } from './portable/mask.js';`],
  ['lib/component/session-handle.ts', `import { component } from './index.js';`],
  ['lib/component/portable/handle.ts', `import { load } from '../native/index.js';`],
  ['lib/component/portable/handle.ts', `import type { Load } from '../native/index.js';`],
  ['lib/component/portable/handle.ts', `export * from '../native/index.js';`],
  ['lib/component/portable/handle.ts', `void import('../native/index.js');`],
  ['lib/component/portable/handle.ts', `require('node-gyp-build');`],
  ['lib/component/native/index.ts', `import { portable } from '../portable/index.js';`],
  ['lib/component/native/index.ts', `import { component } from '../index.js';`],
  ['lib/session/action-loop.ts', `import { portable } from '../component/portable/index.js';`],
  ['lib/session/action-loop.ts', `import { Connection } from '../connection/connection.js';`],
  ['lib/connection/connection.ts', `import { connect } from '../opening/client.js';`],
  ['lib/opening/client.ts', `import { WebSocket } from '../web/index.js';`],
  ['lib/opening/client.ts', `import { connectHttp2 } from './http2/index.js';`],
  ['lib/web/index.ts', `import { WebSocket } from '../ws/index.js';`],
  ['lib/ws/index.ts', `export { WebSocket } from 'ws';`],
  ['lib/parity/record.ts', `import { ActionLoop } from '../session/action-loop.js';`],
  ['lib/parity/record.ts', `import { portable } from '../component/portable/index.js';`],
  ['lib/parity/record.ts', `import { ulong } from '../component/arguments.js';`],
  ['lib/cli/demo.ts', `import { suite } from '../../test/conformance/index.js';`],
  ['test/conformance/suite.ts', `import { portable } from '../../lib/component/portable/index.js';`],
];

const ALLOWED: readonly (readonly [file: string, code: string])[] = [
  ['lib/component/errors.ts', `import type { BackendName } from './contract.js';`],
  ['lib/component/portable/handle.ts', `import { Diagnostic } from '../diagnostics.js';`],
  ['lib/component/portable/handle.ts', `import { mask } from './mask.js';`],
  ['lib/component/native/index.ts', `import load from 'node-gyp-build';`],
  ['lib/component/index.ts', `import { portable } from './portable/index.js';`],
  ['lib/session/action-loop.ts', `import { component } from '../component/index.js';`],
  ['lib/opening/client.ts', `import { Connection } from '../connection/connection.js';`],
  ['lib/cli/demo.ts', `import { component } from '../component/index.js';`],
  ['lib/parity/record.ts', `import { component } from '../component/index.js';`],
  ['lib/parity/replay.ts', `import { acceptOf } from '../component/trace.js';`],
  ['lib/component/portable/index.ts', `export { recordTrace } from '../trace.js';`],
  ['test/interop/ws.test.ts', `import { portable } from '../../lib/component/portable/index.js';`],
];

describe('the lint rule of the import direction', () => {
  const eslint = new ESLint({
    cwd: REPOSITORY,
    ruleFilter: ({ ruleId }) => ruleId === RULE,
    overrideConfig: {
      languageOptions: { parserOptions: { projectService: false } },
      linterOptions: { reportUnusedDisableDirectives: 'off' },
    },
  });

  const objections = async (file: string, code: string): Promise<string[]> => {
    const results = await eslint.lintText(code, { filePath: path.join(REPOSITORY, file) });
    return results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => ruleId ?? message));
  };

  for (const [file, code] of FORBIDDEN) {
    it(`refuses in ${file}: ${code}`, async () => {
      assert.deepEqual(await objections(file, code), [RULE]);
    });
  }

  for (const [file, code] of ALLOWED) {
    it(`allows in ${file}: ${code}`, async () => {
      assert.deepEqual(await objections(file, code), []);
    });
  }

  it('finds the sources of this repository in order', async () => {
    const results = await eslint.lintFiles(['lib', 'test']);
    assert.ok(results.length > 5);
    assert.deepEqual(
      results.flatMap(({ filePath, messages }) => messages.map(({ message }) => `${filePath}: ${message}`)),
      [],
    );
  });
});
