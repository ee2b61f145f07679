import { strict as assert } from 'node:assert';

import { Action, ActionQueue, BufferType, takeOutput } from '../../lib/component/index.js';
import type { ActionResult, SessionHandle } from '../../lib/component/index.js';
import { backends } from '../support/backends.js';
import { openPair } from '../support/open-pair.js';
import { frame, framesOf } from '../support/raw-peer.js';

const { BinaryFragment, BinaryMessage, Close, UnsolicitedPong, Utf8Message } = BufferType;
const NO_SESSION = { code: 'E_INVALID_PROTOCOL_OPERATION' };
const SIDES = ['client', 'server'] as const;

function detach(bytes: Uint8Array): void {
  structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] });
}

/** Opcode and payload of each frame of the output. */
function read(output: readonly Uint8Array[]): string[] {
  return framesOf(Buffer.concat(output)).map(({ opcode, payload }) => `${opcode} ${payload.toString()}`);
}

/** Lets a handle with a queued receive read bytes, and returns its next action. */
function arrive(handle: SessionHandle, bytes: Buffer): ActionResult {
  const reading = handle.getAction(ActionQueue.Receive);
  assert.equal(reading.action, Action.ReceiveFromNetwork);
  reading.buffers[0]!.set(bytes);
  handle.completeAction(reading.actionContext, bytes.length);
  return handle.getAction(ActionQueue.Receive);
}

for (const component of backends) {
  describe(`takeOutput (${component.backend})`, () => {
    for (const side of SIDES) {
      it(`gives nothing when nothing was sent: ${side}`, () => {
        const handle = openPair(component)[side];
        const contexts: unknown[] = [];
        assert.deepEqual(takeOutput(handle, contexts), []);
        assert.deepEqual(contexts, []);
      });

      for (const sendBufferSize of [16, 17, 4096]) {
        it(`gives whole frames in their order, and the contexts: ${side}, slices of ${sendBufferSize}`, () => {
          const handle = openPair(component, { sendBufferSize }, { sendBufferSize })[side];
          const long = 'ä'.repeat(40_000);
          const contexts: unknown[] = ['earlier'];
          const object = {};
          handle.send(BinaryFragment, Buffer.from('part'), object);
          handle.send(UnsolicitedPong);
          handle.send(BinaryMessage, Buffer.from(long), 1);
          handle.send(Utf8Message, Buffer.from(''), 'third');
          handle.send(Close, { status: 1000, reason: Buffer.from('bye') }, null);
          const output = takeOutput(handle, contexts);
          assert.deepEqual(read(output), ['2 part', '10 ', `0 ${long}`, '1 ', '8 \x03\ufffdbye']);
          assert.deepEqual(contexts, ['earlier', object, undefined, 1, 'third', null]);
          assert.deepEqual(takeOutput(handle, contexts), []);
          assert.equal(contexts.length, 6);
        });
      }

      it(`does without the contexts: ${side}`, () => {
        const handle = openPair(component)[side];
        handle.send(Utf8Message, Buffer.from('one'), 'context');
        assert.deepEqual(read(takeOutput(handle)), ['1 one']);
      });

      it(`gives the bytes before a detached payload, then says so, until an abort: ${side}`, () => {
        const handle = openPair(component, { sendBufferSize: 16 })[side];
        const payload = new Uint8Array(10_000);
        handle.send(Utf8Message, Buffer.from('x'.repeat(100)), 'whole');
        handle.send(BinaryMessage, payload, 'detached');
        handle.send(Utf8Message, Buffer.from('behind'), 'behind');
        detach(payload);
        const contexts: unknown[] = [];
        assert.deepEqual(read(takeOutput(handle, contexts)), [`1 ${'x'.repeat(100)}`]);
        assert.deepEqual(contexts, ['whole']);
        for (let time = 0; time < 2; time++) {
          assert.throws(() => takeOutput(handle, contexts), { name: 'TypeError', message: /detached/ });
        }
        handle.abort();
        assert.deepEqual(takeOutput(handle, contexts), []);
        assert.deepEqual(contexts, ['whole', 'detached', 'behind']);
      });

      it(`goes on where a program stopped in the middle of a frame: ${side}`, () => {
        const handle = openPair(component, { sendBufferSize: 16 })[side];
        handle.send(Utf8Message, Buffer.from('x'.repeat(100)));
        const first = handle.getAction(ActionQueue.Send, 1);
        assert.equal(first.action, Action.SendToNetwork);
        assert.deepEqual(takeOutput(handle), [], 'an action of the send queue is outstanding');
        handle.completeAction(first.actionContext, first.buffers[0]!.byteLength);
        const rest = takeOutput(handle);
        assert.deepEqual(read([first.buffers[0]!, ...rest]), [`1 ${'x'.repeat(100)}`]);
      });

      it(`gives nothing while a pong is outstanding, and all output afterwards: ${side}`, () => {
        const handle = openPair(component)[side];
        handle.receive();
        const pong = arrive(handle, frame(9, 'p', { masked: side === 'server' }));
        assert.equal(pong.action, Action.SendToNetwork);
        handle.send(Utf8Message, Buffer.from('waits'), 'context');
        const contexts: unknown[] = [];
        assert.deepEqual(takeOutput(handle, contexts), []);
        assert.deepEqual(contexts, []);
        const bytes = pong.buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
        handle.completeAction(pong.actionContext, bytes);
        assert.deepEqual(read([...pong.buffers, ...takeOutput(handle, contexts)]), ['10 p', '1 waits']);
        assert.deepEqual(contexts, ['context']);
      });

      it(`gives sends without bytes after an abort: ${side}`, () => {
        const handle = openPair(component)[side];
        handle.send(Utf8Message, Buffer.from('late'), 'late');
        handle.abort();
        const contexts: unknown[] = [];
        assert.deepEqual(takeOutput(handle, contexts), []);
        assert.deepEqual(contexts, ['late']);
      });

      it(`leaves the receive queue alone, and works after the peer broke the protocol: ${side}`, () => {
        const handle = openPair(component)[side];
        handle.receive();
        const wrong = frame(3, 'x', { masked: side === 'server' });
        assert.throws(() => arrive(handle, wrong), { code: 'E_INVALID_PROTOCOL_FORMAT' });
        handle.send(Close, { status: 1002 });
        assert.deepEqual(read(takeOutput(handle)), ['8 \x03\ufffd']);
      });

      it(`refuses a deleted handle: ${side}`, () => {
        const handle = openPair(component)[side];
        handle.delete();
        assert.throws(() => takeOutput(handle), { code: 'E_HANDLE' });
      });
    }

    it('gives a view of a payload that is not masked', () => {
      const { server } = openPair(component);
      const payload = new Uint8Array(100_000);
      server.send(BinaryMessage, payload);
      assert.equal(takeOutput(server).at(-1)!.buffer, payload.buffer);
    });

    it('refuses a handle without a session', () => {
      assert.throws(() => takeOutput(component.createClientHandle()), NO_SESSION);
      assert.throws(() => takeOutput(component.createServerHandle()), NO_SESSION);
    });
  });
}

describe('takeOutput', () => {
  for (const action of [Action.ReceiveFromNetwork, Action.IndicateReceiveComplete]) {
    it(`takes ${Action[action]} of the send queue as no output`, () => {
      const { client } = openPair(backends[0]!);
      const strange = new Proxy(client, {
        get(target, key) {
          if (key === 'getAction') return () => ({ action, buffers: [new Uint8Array(8)], actionContext: {} });
          const value: unknown = Reflect.get(target, key, target);
          return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
        },
      });
      assert.throws(() => takeOutput(strange), { code: 'E_FAIL', backend: client.backend });
    });
  }
});
