import { strict as assert } from 'node:assert';

import {
  component,
  loadNative,
  NativeUnavailableError,
  nativeFileVersion,
  nativeUnavailableReason,
} from '../../lib/component/index.js';

const REASON = "websocket.dll is Wine's own, whose functions end the process when they are called";

describe('Windows without a websocket.dll that works', () => {
  it('has the portable engine', () => {
    assert.equal(process.platform, 'win32');
    assert.equal(component.backend, 'portable');
    assert.ok(component.createClientHandle().beginClientHandshake().length >= 4);
  });

  it('says why', () => {
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
});
