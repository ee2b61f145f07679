import { strict as assert } from 'node:assert';

import { Action, ActionQueue, BufferType } from '../../../lib/component/contract.js';
import { portable } from '../../../lib/component/portable/index.js';
import { openPair } from '../../support/open-pair.js';

describe('the receive queue', () => {
  it('reports a violation at once, even while a pong before it has to wait', () => {
    const { client } = openPair(portable);
    client.receive();
    const read = client.getAction(ActionQueue.Receive);
    read.buffers[0]!.set([0x89, 0, 0x81, 0x80]);
    client.send(BufferType.BinaryMessage, new Uint8Array(5));
    const header = client.getAction(ActionQueue.Send, 1);
    client.completeAction(read.actionContext, 4);
    const violation = { code: 'E_INVALID_PROTOCOL_FORMAT', diagnostic: 0x24 };
    assert.throws(() => client.getAction(ActionQueue.Receive), violation);
    client.completeAction(header.actionContext, header.buffers[0]!.byteLength);
    const payload = client.getAction(ActionQueue.Send, 1);
    assert.deepEqual([payload.action, payload.buffers[0]!.byteLength], [Action.SendToNetwork, 5]);
    client.completeAction(payload.actionContext, 5);
    assert.throws(() => client.getAction(ActionQueue.Receive), violation);
  });
});
