import { strict as assert } from 'node:assert';

import { Action, ActionQueue, BufferType } from '../../lib/component/index.js';
import type { ActionContext, ActionResult, ClientHandle, HttpHeader } from '../../lib/component/index.js';
import { backends } from '../support/backends.js';
import { bytesOf, indicationOf, openPair } from '../support/open-pair.js';

function detach(array: Uint8Array): void {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  assert.equal(array.byteLength, 0);
}

for (const component of backends) {
  describe(`abuse of the ${component.backend} backend`, () => {
    it('deletes twice, and aborts after that', () => {
      const { client } = openPair(component);
      client.delete();
      client.delete();
      client.abort();
      client[Symbol.dispose]();
      assert.throws(() => client.getAction(ActionQueue.All), { code: 'E_HANDLE' });
    });

    it('ignores action contexts that are stale, foreign or forged', () => {
      const { client, server } = openPair(component);
      client.receive();
      server.receive();
      const ours = client.getAction(ActionQueue.Receive);
      const theirs = server.getAction(ActionQueue.Receive);
      client.completeAction(theirs.actionContext, 10);
      client.completeAction({ id: 1 } as unknown as ActionContext, 10);
      client.completeAction(Object.create(ours.actionContext) as ActionContext, 10);
      client.completeAction(ours.actionContext, 0);
      client.completeAction(ours.actionContext, 10);
      const { action, actionContext } = client.getAction(ActionQueue.Receive);
      assert.equal(action, Action.IndicateReceiveComplete);
      client.completeAction(actionContext, 0);
      client.completeAction(ours.actionContext, 10);
      assert.equal(client.getAction(ActionQueue.All).action, Action.NoAction);
    });

    // In the sanitized build, numbers start again after 255 actions.
    it('keeps a read apart from the thousand actions of sends that come before its end', () => {
      const { client, server } = openPair(component);
      client.receive();
      const read = client.getAction(ActionQueue.Receive);
      for (let index = 0; index < 500; index++) {
        client.send(BufferType.BinaryMessage, new Uint8Array([index & 0xff]));
        bytesOf(client);
      }
      server.send(BufferType.BinaryMessage, new Uint8Array([1, 2, 3]));
      const bytes = bytesOf(server);
      read.buffers[0]!.set(bytes);
      client.completeAction(read.actionContext, bytes.length);
      const { action, buffers } = client.getAction(ActionQueue.Receive);
      assert.equal(action, Action.IndicateReceiveComplete);
      assert.deepEqual([...buffers[0]!], [1, 2, 3]);
    });

    it('handles a payload that was detached before its action', () => {
      const { client } = openPair(component);
      const payload = new Uint8Array(100);
      client.send(BufferType.BinaryMessage, payload);
      detach(payload);
      assert.throws(() => client.getAction(ActionQueue.Send), TypeError);
      client.abort();
      assert.equal(client.getAction(ActionQueue.All).action, Action.IndicateSendComplete);
    });

    for (const side of ['client', 'server'] as const) {
      it(`handles a payload of the ${side} that was detached between its actions`, () => {
        const handle = openPair(component, { sendBufferSize: 16 })[side];
        const payload = new Uint8Array(100);
        handle.send(BufferType.BinaryMessage, payload);
        const first = handle.getAction(ActionQueue.Send, 1);
        handle.completeAction(first.actionContext, first.buffers[0]!.byteLength);
        detach(payload);
        assert.throws(() => handle.getAction(ActionQueue.Send, 1), TypeError);
        handle.delete();
      });
    }

    it('handles a payload that was detached while it is written', () => {
      const { server } = openPair(component);
      const payload = new Uint8Array(100);
      server.send(BufferType.BinaryMessage, payload);
      const { actionContext, buffers } = server.getAction(ActionQueue.Send);
      assert.equal(buffers.length, 2);
      detach(payload);
      server.completeAction(actionContext, 102);
      assert.throws(() => server.getAction(ActionQueue.Send), TypeError);
      server.abort();
      assert.equal(server.getAction(ActionQueue.Send).action, Action.IndicateSendComplete);
    });

    it('handles a window that was detached', () => {
      const { client } = openPair(component);
      client.receive();
      const { actionContext, buffers } = client.getAction(ActionQueue.Receive);
      detach(buffers[0]!);
      assert.throws(() => client.completeAction(actionContext, 10), TypeError);
      client.completeAction(actionContext, 0);
      assert.equal(client.getAction(ActionQueue.Receive).action, Action.IndicateReceiveComplete);
    });

    it('handles a buffer for receiving that was detached', () => {
      const { client, server } = openPair(component);
      const buffer = new Uint8Array(100);
      client.receive(buffer);
      server.send(BufferType.BinaryMessage, new Uint8Array([1, 2, 3]));
      const bytes = bytesOf(server);
      detach(buffer);
      const { buffers } = indicationOf(client, bytes);
      assert.deepEqual([...buffers[0]!], [1, 2, 3]);
    });

    it('keeps what it handed out after the handle is deleted', () => {
      const { client, server } = openPair(component);
      client.send(BufferType.BinaryMessage, new Uint8Array(1000).fill(7));
      server.receive();
      const { buffers } = indicationOf(server, bytesOf(client));
      client.delete();
      server.delete();
      assert.ok(buffers[0]!.every((byte) => byte === 7));
    });

    it('does not see changes of a payload after the send', () => {
      const { server, client } = openPair(component);
      server.send(BufferType.BinaryMessage, new Uint8Array(300).fill(1));
      const first: ActionResult = server.getAction(ActionQueue.Send, 1);
      assert.equal(first.buffers[0]!.byteLength, 4);
      server.abort();
      server.completeAction(first.actionContext, 4);
      assert.equal(server.getAction(ActionQueue.Send).action, Action.IndicateSendComplete);
      client.delete();
    });

    for (const [what, act, code] of [
      ['deletes the handle', (client: ClientHandle) => client.delete(), 'E_HANDLE'],
      [
        'begins the same handshake',
        (client: ClientHandle) => void client.beginClientHandshake(),
        'E_INVALID_PROTOCOL_OPERATION',
      ],
    ] as const) {
      it(`reads arguments before the handle: a getter that ${what}`, () => {
        const client = component.createClientHandle();
        const header: HttpHeader = {
          name: 'Host',
          get value() {
            act(client);
            return 'localhost';
          },
        };
        assert.throws(() => client.beginClientHandshake({ initialHeaders: [header] }), { code });
      });
    }
  });
}
