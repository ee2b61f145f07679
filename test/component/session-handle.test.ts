import { strict as assert } from 'node:assert';

import { Action, ActionQueue, BufferType } from '../../lib/component/contract.js';
import { portable } from '../../lib/component/portable/index.js';
import { openPair } from '../support/open-pair.js';

describe('a handle', () => {
  describe('and the payload of a send', () => {
    for (const [name, payload] of [
      ['a Uint8Array', new Uint8Array([1, 2, 3, 4])],
      ['a Buffer', Buffer.from([1, 2, 3, 4])],
    ] as const) {
      it(`leaves ${name} as it was when it masks`, () => {
        const { client } = openPair(portable);
        client.send(BufferType.BinaryMessage, payload);
        const { action } = client.getAction(ActionQueue.Send);
        assert.equal(action, Action.SendToNetwork);
        assert.deepEqual([...payload], [1, 2, 3, 4]);
      });
    }
  });
});
