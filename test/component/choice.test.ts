import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

import {
  component,
  loadNative,
  nativeFileVersion,
  NativeUnavailableError,
  nativeUnavailableReason,
  portable,
} from '../../lib/component/index.js';

const INDEX = path.resolve(__dirname, '../../lib/component/index.js');

/** Imports the component in a new process, and prints the chosen backend. */
function chosen(wanted: string | undefined): { output: string; errors: string } {
  const env = { ...process.env };
  delete env['WSPC_BACKEND'];
  const script = `process.stdout.write(require(${JSON.stringify(INDEX)}).component.backend)`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
    env: wanted === undefined ? env : { ...env, WSPC_BACKEND: wanted },
    encoding: 'utf8',
  });
  return { output: stdout, errors: stderr };
}

describe('the choice of the backend', () => {
  const reason = nativeUnavailableReason();
  const byItself = reason === undefined ? 'native' : 'portable';

  it('is the operating system if it answers, otherwise the engine', () => {
    assert.equal(chosen(undefined).output, byItself);
    assert.equal(chosen('').output, byItself);
  });

  it('can be forced to the engine everywhere', () => {
    assert.equal(chosen('portable').output, 'portable');
    assert.equal(portable.backend, 'portable');
  });

  it('can be forced to the operating system, or fails with the reason', () => {
    const { output, errors } = chosen('native');
    if (reason === undefined) assert.equal(output, 'native');
    else assert.ok(errors.includes(`ERR_NATIVE_UNAVAILABLE`) && errors.includes(reason), errors);
  });

  it('refuses an unknown backend', () => {
    assert.match(
      chosen('wine').errors,
      /RangeError: WSPC_BACKEND must be "native" or "portable", not "wine"/,
    );
  });

  it('gives its reason, and is consistent', () => {
    if (reason === undefined) {
      assert.equal(loadNative().backend, 'native');
      return;
    }
    assert.equal(component.backend, 'portable');
    assert.equal(nativeFileVersion(), undefined);
    assert.throws(
      () => loadNative(),
      (error) => error instanceof NativeUnavailableError && error.reason === reason,
    );
  });
});
