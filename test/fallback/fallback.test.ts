import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import {
  component,
  loadNative,
  NativeUnavailableError,
  nativeFileVersion,
  nativeUnavailableReason,
} from '../../lib/component/index.js';

const REASON = "websocket.dll is Wine's own, whose functions end the process when they are called";

describe('Windows without a websocket.dll that works', () => {
  it('uses the portable engine', () => {
    assert.equal(process.platform, 'win32');
    assert.equal(component.backend, 'portable');
    assert.ok(component.createClientHandle().beginClientHandshake().length >= 4);
  });

  it('gives the reason', () => {
    assert.equal(nativeUnavailableReason(), REASON);
    assert.equal(nativeFileVersion(), undefined);
    assert.throws(loadNative, (error: unknown) => {
      assert.ok(error instanceof NativeUnavailableError);
      assert.deepEqual(
        { code: error.code, reason: error.reason },
        { code: 'ERR_NATIVE_UNAVAILABLE', reason: REASON },
      );
      return true;
    });
  });

  it('warns once of the fallback, with the reason and the remedy', () => {
    const program = `
      const { component } = require(process.argv[1]);
      require(process.argv[1]);
      process.on('warning', ({ name, code, message, detail }) => {
        require('node:fs').appendFileSync(process.argv[2], JSON.stringify({ name, code, message, detail }));
      });`;
    const folder = mkdtempSync(path.join(tmpdir(), 'warning-'));
    const file = path.join(folder, 'warnings');
    const entry = path.join(__dirname, '../../lib/component/index.js');
    const run = (backend: string): void => {
      writeFileSync(file, '');
      const env = { ...process.env, WSPC_BACKEND: backend };
      const { status } = spawnSync(process.execPath, ['-e', program, entry, file], { env, stdio: 'ignore' });
      assert.equal(status, 0);
    };
    run('');
    const { name, code, message, detail } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    assert.deepEqual([name, code], ['NativeUnavailableWarning', 'WSPC_NATIVE_UNAVAILABLE']);
    assert.ok(message!.includes(REASON));
    assert.match(detail!, /WSPC_BACKEND=portable/);
    run('portable');
    assert.equal(readFileSync(file, 'utf8'), '');
    rmSync(folder, { recursive: true, force: true });
  });
});
