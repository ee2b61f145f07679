import { strict as assert } from 'node:assert';

import { Diagnostic, sentenceOf } from '../../lib/component/diagnostics.js';
import { codeOf, ComponentError, HRESULTS } from '../../lib/component/errors.js';

describe('a ComponentError', () => {
  it('carries code, HRESULT, operation and backend', () => {
    const error = new ComponentError(HRESULTS.E_INVALIDARG, 'WebSocketSend', 'portable');
    assert.ok(error instanceof Error);
    assert.deepEqual(
      [error.name, error.code, error.hresult, error.operation, error.backend, error.diagnostic],
      ['ComponentError', 'E_INVALIDARG', 0x80070057, 'WebSocketSend', 'portable', undefined],
    );
    assert.equal(error.message, 'WebSocketSend: an argument is not acceptable (E_INVALIDARG)');
  });

  it('has the sentence of the exact mistake', () => {
    const error = new ComponentError(HRESULTS.E_INVALID_PROTOCOL_FORMAT, 'WebSocketGetAction', 'portable', {
      diagnostic: Diagnostic.InvalidUtf8,
      sentence: sentenceOf(Diagnostic.InvalidUtf8),
    });
    assert.equal(error.diagnostic, 0x23);
    assert.equal(
      error.message,
      'WebSocketGetAction: the peer sent text that is not UTF-8 (E_INVALID_PROTOCOL_FORMAT)',
    );
  });

  it('names an unknown HRESULT by its value', () => {
    const error = new ComponentError(0x8000ffff, 'WebSocketReceive', 'native');
    assert.deepEqual([error.code, error.message], ['0x8000FFFF', 'WebSocketReceive: failed (0x8000FFFF)']);
    assert.equal(codeOf(1), '0x00000001');
  });

  it('is the same for a signed HRESULT', () => {
    for (const [code, hresult] of Object.entries(HRESULTS)) {
      const error = new ComponentError(hresult | 0, 'WebSocketSend', 'native');
      assert.deepEqual([error.code, error.hresult], [code, hresult]);
      assert.equal(error.message.includes('failed'), code === 'E_FAIL');
    }
  });

  it('has a sentence for every condition', () => {
    const conditions = Object.values(Diagnostic).filter((value) => typeof value === 'number');
    assert.deepEqual(
      conditions.sort((a, b) => a - b),
      Array.from({ length: 0x2e }, (_, id) => id),
    );
    for (const condition of conditions) assert.match(sentenceOf(condition), /^[^.]+$/);
  });
});
