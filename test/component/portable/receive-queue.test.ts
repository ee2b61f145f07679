import { strict as assert } from 'node:assert';

import { Action, ActionQueue, BufferType } from '../../../lib/component/contract.js';
import { portable } from '../../../lib/component/portable/index.js';
import { openPair } from '../../support/open-pair.js';

describe('the receive queue', () => {
  it('reports a violation at once, even while an earlier pong waits', () => {
    const { client } = openPair(portable, { sendBufferSize: 16 });
    client.receive();
    const read = client.getAction(ActionQueue.Receive);
    read.buffers[0]!.set([0x89, 0, 0x81, 0x80]);
    client.send(BufferType.BinaryMessage, new Uint8Array(20));
    const first = client.getAction(ActionQueue.Send);
    client.completeAction(read.actionContext, 4);
    const violation = { code: 'E_INVALID_PROTOCOL_FORMAT', diagnostic: 0x24 };
    assert.throws(() => client.getAction(ActionQueue.Receive), violation);
    client.completeAction(first.actionContext, first.buffers[0]!.byteLength);
    const second = client.getAction(ActionQueue.Send);
    assert.deepEqual([second.action, second.buffers[0]!.byteLength], [Action.SendToNetwork, 10]);
    client.completeAction(second.actionContext, 10);
    assert.throws(() => client.getAction(ActionQueue.Receive), violation);
  });
});
