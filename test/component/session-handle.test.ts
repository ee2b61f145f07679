import { strict as assert } from 'node:assert';

import { Action, ActionQueue, BufferType } from '../../lib/component/index.js';
import type { ActionContext, SessionHandle } from '../../lib/component/index.js';
import { backends } from '../support/backends.js';
import { liar, makeLiar } from '../support/liar.js';
import { bytesOf, indicationOf, openPair } from '../support/open-pair.js';

const { BinaryMessage, Close, PingPong, Utf8Message } = BufferType;
const DELETED = { code: 'E_HANDLE' };

function detach(bytes: Uint8Array): void {
  structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] });
  assert.equal(bytes.byteLength, 0);
}

function bytesIn(buffers: readonly Uint8Array[]): number {
  return buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Takes the indications of all remaining operations. Each comes once, and then there is no action. */
function drain(handle: SessionHandle): unknown[] {
  const contexts: unknown[] = [];
  for (;;) {
    const { action, applicationContext, actionContext } = handle.getAction(ActionQueue.All);
    if (action === Action.NoAction) return contexts;
    assert.ok(action === Action.IndicateSendComplete || action === Action.IndicateReceiveComplete);
    contexts.push(applicationContext);
    handle.completeAction(actionContext, 0);
  }
}

for (const component of backends) {
  describe(`a handle (${component.backend})`, () => {
    describe('and the payload of a send', () => {
      for (const [name, payload] of [
        ['a Uint8Array', new Uint8Array([1, 2, 3, 4])],
        ['a Buffer', Buffer.from([1, 2, 3, 4])],
        ['a part of a larger memory', new Uint8Array([0, 0, 0, 1, 2, 3, 4, 0]).subarray(3, 7)],
      ] as const) {
        it(`leaves ${name} unchanged when it masks`, () => {
          const { client } = openPair(component);
          client.send(BinaryMessage, payload);
          assert.equal(client.getAction(ActionQueue.Send).action, Action.SendToNetwork);
          assert.deepEqual([...payload], [1, 2, 3, 4]);
        });
      }

      it('hands it out as a view of itself if nothing is masked', () => {
        const { server } = openPair(component);
        const payload = new Uint8Array(100_000).fill(7).subarray(10);
        server.send(BinaryMessage, payload);
        const [header, body] = server.getAction(ActionQueue.Send).buffers;
        assert.equal(header!.byteLength, 10);
        assert.deepEqual([body!.buffer, body!.byteOffset], [payload.buffer, payload.byteOffset]);
        assert.equal(body!.byteLength, payload.byteLength);
      });

      for (const side of ['client', 'server'] as const) {
        it(`reports that it has been detached, until an abort: ${side}`, () => {
          const handle = openPair(component)[side];
          const payload = new Uint8Array(10_000);
          handle.send(BinaryMessage, payload, 'first');
          handle.send(BinaryMessage, new Uint8Array(1), 'second');
          detach(payload);
          const complaint = { name: 'TypeError', message: /has been detached; abort the handle/ };
          assert.throws(() => handle.getAction(ActionQueue.Send), complaint);
          assert.throws(() => handle.getAction(ActionQueue.All), complaint);
          assert.equal(handle.getAction(ActionQueue.Receive).action, Action.NoAction);
          handle.abort();
          assert.deepEqual(drain(handle), ['first', 'second']);
        });

        it(`reports that it was detached between two actions: ${side}`, () => {
          const handle = openPair(component)[side];
          const payload = new Uint8Array(10_000);
          handle.send(BinaryMessage, payload);
          const { buffers, actionContext } = handle.getAction(ActionQueue.Send, 1);
          detach(payload);
          handle.completeAction(actionContext, buffers[0]!.byteLength);
          assert.throws(() => handle.getAction(ActionQueue.Send), TypeError);
          handle.delete();
        });
      }

      it('takes an empty one, detached or not, as a message of no bytes', () => {
        const { server } = openPair(component);
        const gone = new Uint8Array(4);
        detach(gone);
        server.send(BinaryMessage, gone);
        server.send(BinaryMessage, new Uint8Array(0));
        server.send(BinaryMessage);
        assert.equal(bytesOf(server).toString('hex'), '8200'.repeat(3));
      });

      it('sends the real bytes, whatever their properties say', () => {
        const { client, server } = openPair(component);
        server.send(BinaryMessage, liar(1, 2, 3));
        assert.equal(bytesOf(server).toString('hex'), '8203010203');
        server.send(Close, { status: 1000, reason: liar(0x61) });
        assert.equal(bytesOf(server).toString('hex'), '880303e861');
        client.send(BinaryMessage, liar(1, 2, 3));
        assert.equal(bytesOf(client).byteLength, 9);
        const target = liar(0, 0, 0);
        client.receive(target);
        const { buffers } = indicationOf(client, Uint8Array.of(0x82, 2, 8, 9));
        assert.deepEqual([target[0], target[1], target[2], buffers[0]!.byteLength], [8, 9, 0, 2]);
      });

      it('copies the reason of a close', () => {
        const { server } = openPair(component);
        const reason = Buffer.from('bye');
        server.send(Close, { status: 1000, reason });
        reason.fill(0);
        assert.equal(bytesOf(server).toString('latin1').slice(4), 'bye');
      });
    });

    describe('and the window of a read', () => {
      it('reads its bytes when the action is completed, from its start', () => {
        const { client } = openPair(component);
        client.receive();
        const { buffers, actionContext } = client.getAction(ActionQueue.Receive);
        buffers[0]!.set([0x82, 1, 42, 0x82, 1, 43]);
        client.completeAction(actionContext, 3);
        assert.deepEqual([...client.getAction(ActionQueue.Receive).buffers[0]!], [42]);
      });

      it('reads its real bytes, whatever its properties say', () => {
        const { client } = openPair(component);
        client.receive();
        const { buffers, actionContext } = client.getAction(ActionQueue.Receive);
        buffers[0]!.set([0x82, 1, 42]);
        makeLiar(buffers[0]!);
        client.completeAction(actionContext, 3);
        assert.deepEqual([...client.getAction(ActionQueue.Receive).buffers[0]!], [42]);
      });

      it('ignores bytes that are written into it later', () => {
        const { client } = openPair(component);
        client.receive();
        const { buffers, actionContext } = client.getAction(ActionQueue.Receive);
        buffers[0]!.set([0x82, 1, 42]);
        client.completeAction(actionContext, 3);
        buffers[0]!.fill(0xff);
        assert.deepEqual([...client.getAction(ActionQueue.Receive).buffers[0]!], [42]);
      });

      it('reports that it has been detached, and goes on when the read is cancelled', () => {
        const { client } = openPair(component);
        client.receive();
        const { buffers, actionContext } = client.getAction(ActionQueue.Receive);
        detach(buffers[0]!);
        assert.throws(() => client.completeAction(actionContext, 3), {
          name: 'TypeError',
          message: 'the window of ReceiveFromNetwork has been detached',
        });
        client.completeAction(actionContext, 0);
        assert.equal(drain(client).length, 1);
        client.receive();
        assert.deepEqual([...indicationOf(client, Uint8Array.of(0x82, 1, 42)).buffers[0]!], [42]);
      });

      it('treats more bytes than it holds as none', () => {
        const { client } = openPair(component, { receiveBufferSize: 256 });
        client.receive(undefined, 'context');
        const { actionContext } = client.getAction(ActionQueue.Receive);
        client.completeAction(actionContext, 257);
        assert.deepEqual(drain(client), ['context']);
      });
    });

    describe('and what has arrived', () => {
      it('gives a copy that does not change', () => {
        const { client } = openPair(component);
        client.receive();
        const first = indicationOf(client, Uint8Array.of(0x82, 1, 1));
        client.completeAction(first.actionContext, 0);
        client.receive();
        client.completeAction(indicationOf(client, Uint8Array.of(0x82, 1, 2)).actionContext, 0);
        assert.deepEqual([...first.buffers[0]!], [1]);
      });

      it('puts it into the buffer given to receive, and shows a view of it', () => {
        const { client } = openPair(component);
        const memory = new Uint8Array(8);
        const target = memory.subarray(2, 5);
        client.receive(target);
        const { bufferType, buffers } = indicationOf(client, Uint8Array.of(0x82, 4, 1, 2, 3, 4));
        assert.equal(bufferType, BufferType.BinaryFragment);
        assert.deepEqual([buffers[0]!.buffer, buffers[0]!.byteOffset], [memory.buffer, 2]);
        assert.deepEqual([...memory], [0, 0, 1, 2, 3, 0, 0, 0]);
      });

      it('gives a copy when the buffer given to receive has been detached', () => {
        const { client } = openPair(component);
        const target = new Uint8Array(8);
        client.receive(target);
        detach(target);
        assert.deepEqual([...indicationOf(client, Uint8Array.of(0x82, 2, 1, 2)).buffers[0]!], [1, 2]);
      });

      it('keeps pongs and closes out of the buffer given to receive', () => {
        const { client } = openPair(component);
        const target = new Uint8Array(8);
        client.receive(target);
        const pong = indicationOf(client, Uint8Array.of(0x8a, 1, 9));
        assert.deepEqual([pong.bufferType, ...pong.buffers[0]!], [PingPong, 9]);
        client.completeAction(pong.actionContext, 0);
        client.receive(target);
        const { close } = indicationOf(client, Uint8Array.of(0x88, 3, 0x03, 0xe8, 0x61));
        assert.deepEqual(close, { status: 1000, reason: Uint8Array.of(0x61) });
        assert.deepEqual([...target], [0, 0, 0, 0, 0, 0, 0, 0]);
      });
    });

    describe('and action contexts', () => {
      it('ignores one that has been completed', () => {
        const { server } = openPair(component);
        server.send(Utf8Message, Buffer.from('a'));
        server.send(Utf8Message, Buffer.from('b'));
        const first = server.getAction(ActionQueue.Send);
        server.completeAction(first.actionContext, 3);
        server.completeAction(first.actionContext, 0);
        const indication = server.getAction(ActionQueue.Send);
        assert.equal(indication.action, Action.IndicateSendComplete);
        server.completeAction(indication.actionContext, 0);
        server.completeAction(first.actionContext, 0);
        assert.equal(bytesOf(server).toString('latin1'), '\x81\x01b');
      });

      it('ignores one of another handle', () => {
        const { client, server } = openPair(component);
        client.send(Utf8Message, Buffer.from('a'));
        server.send(Utf8Message, Buffer.from('b'));
        const { actionContext } = client.getAction(ActionQueue.Send);
        server.completeAction(actionContext, 0);
        assert.equal(bytesOf(server).toString('latin1'), '\x81\x01b');
      });

      it('ignores objects that are none', () => {
        const { server } = openPair(component);
        server.send(Utf8Message, Buffer.from('b'));
        const { actionContext } = server.getAction(ActionQueue.Send);
        for (const forged of [{}, { ...actionContext! }, Object.create(actionContext) as object, []]) {
          server.completeAction(forged as ActionContext, 0);
          assert.equal(server.getAction(ActionQueue.Send).action, Action.NoAction);
        }
      });

      it('lets null pass', () => {
        const { server } = openPair(component);
        server.completeAction(null, 0);
        server.completeAction(null, 1000);
        assert.equal(server.getAction(ActionQueue.All).action, Action.NoAction);
      });

      it('gives back any application context, and no other', () => {
        const { client } = openPair(component);
        const contexts = [undefined, null, 0, 'text', Symbol('context'), () => 1, { a: 1 }];
        for (const context of contexts) client.send(PingPong, undefined, context);
        const seen: unknown[] = [];
        for (;;) {
          const { action, buffers, applicationContext, actionContext } = client.getAction(ActionQueue.All);
          if (action === Action.NoAction) break;
          if (action === Action.IndicateSendComplete) seen.push(applicationContext);
          client.completeAction(actionContext, buffers[0]?.byteLength ?? 0);
        }
        assert.deepEqual(seen, contexts);
        assert.equal(client.getAction(ActionQueue.All).applicationContext, undefined);
      });
    });

    describe('with very many operations', () => {
      const MANY = 100_000;

      it('performs sends in order, in linear time', () => {
        const { server } = openPair(component);
        const payload = Uint8Array.of(1);
        for (let each = 0; each < MANY; each++) server.send(BinaryMessage, payload, each);
        const seen: unknown[] = [];
        for (;;) {
          const result = server.getAction(ActionQueue.Send);
          if (result.actionContext === null) break;
          if (result.action === Action.IndicateSendComplete) seen.push(result.applicationContext);
          server.completeAction(result.actionContext, bytesIn(result.buffers));
        }
        assert.deepEqual(
          seen,
          Array.from({ length: MANY }, (_, each) => each),
        );
      });

      it('ends receives in order, in linear time', () => {
        const { server } = openPair(component);
        for (let each = 0; each < MANY; each++) server.receive(undefined, each);
        server.abort();
        assert.deepEqual(
          drain(server),
          Array.from({ length: MANY }, (_, each) => each),
        );
      });

      it('deletes them', () => {
        const { server } = openPair(component);
        for (let each = 0; each < MANY; each++) {
          server.receive();
          server.send(BinaryMessage);
        }
        server.delete();
        assert.throws(() => server.receive(), DELETED);
      });
    });

    describe('that has been deleted', () => {
      it('refuses every call but abort and delete', () => {
        const { client, server } = openPair(component);
        client.receive();
        const { actionContext } = client.getAction(ActionQueue.All);
        for (const handle of [client, server]) handle.delete();
        const requestHeaders = [{ name: 'Host', value: '' }];
        for (const call of [
          () => client.beginClientHandshake(),
          () => client.endClientHandshake(requestHeaders),
          () => server.beginServerHandshake({ requestHeaders }),
          () => server.endServerHandshake(),
          () => client.send(PingPong),
          () => client.receive(),
          () => client.getAction(ActionQueue.All),
          () => client.completeAction(actionContext, 1),
          () => client.completeAction(null, 0),
        ]) {
          assert.throws(call, DELETED);
        }
        client.abort();
        client.delete();
      });

      it('had operations queued and actions outstanding', () => {
        for (const side of ['client', 'server'] as const) {
          const handle = openPair(component)[side];
          handle.send(BinaryMessage, new Uint8Array(10_000));
          handle.send(PingPong);
          handle.receive();
          handle.receive(new Uint8Array(5));
          handle.getAction(ActionQueue.Send, 1);
          handle.getAction(ActionQueue.Receive);
          handle.delete();
          assert.throws(() => handle.getAction(ActionQueue.All), DELETED);
        }
      });

      it('was at any point of its handshake', () => {
        const client = component.createClientHandle();
        const server = component.createServerHandle();
        const headers = client.beginClientHandshake();
        server.beginServerHandshake({ requestHeaders: [...headers, { name: 'Host', value: '' }] });
        for (const handle of [
          client,
          server,
          component.createClientHandle(),
          component.createServerHandle(),
        ]) {
          handle.delete();
          assert.throws(() => handle.receive(), DELETED);
        }
      });

      it('is the result of `using`', () => {
        const { client } = openPair(component);
        client[Symbol.dispose]();
        assert.throws(() => client.receive(), DELETED);
      });
    });
  });
}
