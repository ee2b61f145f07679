import { strict as assert } from 'node:assert';

import { Action, ActionQueue, BufferType, recordTrace } from '../../lib/component/index.js';
import type { Component, SessionHandle } from '../../lib/component/index.js';
import { TraceFormatError, replayTrace } from '../../lib/parity/replay.js';
import { memoryInUse } from '../hostile/figures.js';
import { backends } from '../support/backends.js';
import { openPair } from '../support/open-pair.js';

function pump(from: SessionHandle, to: SessionHandle, maxBuffers: number): void {
  const network: Uint8Array[] = [];
  for (;;) {
    const { action, buffers, actionContext } = from.getAction(ActionQueue.All, maxBuffers);
    if (action === Action.NoAction) break;
    const bytes = action === Action.SendToNetwork ? Buffer.concat(buffers) : Buffer.alloc(0);
    network.push(bytes);
    from.completeAction(actionContext, bytes.length);
  }
  const arrived = Buffer.concat(network);
  let at = 0;
  for (;;) {
    const { action, buffers, actionContext } = to.getAction(ActionQueue.Receive, maxBuffers);
    if (action === Action.NoAction) return;
    if (action !== Action.ReceiveFromNetwork) {
      to.completeAction(actionContext, 0);
      continue;
    }
    const taken = arrived.subarray(at, at + buffers[0]!.length);
    buffers[0]!.set(taken);
    at += taken.length;
    to.completeAction(actionContext, taken.length);
  }
}

function conversation(component: Component): readonly string[] {
  const traced = recordTrace(component);
  const { client, server } = openPair(traced, { sendBufferSize: 64 });
  const who = { name: 'a context' };
  client.send(BufferType.Utf8Message, Buffer.from('x'.repeat(300)), who);
  for (let count = 0; count < 5; count++) server.receive(undefined, who);
  pump(client, server, 1);
  client.send(BufferType.PingPong);
  client.send(BufferType.Close, { status: 1000, reason: Buffer.from('bye') });
  pump(client, server, 2);
  assert.throws(() => client.send(BufferType.BinaryMessage, Buffer.of(1)), { name: 'ComponentError' });
  assert.throws(() => client.send('text' as unknown as BufferType), TypeError);
  client.receive();
  pump(server, client, 2);
  client.completeAction(null, 0);
  client.abort();
  client.delete();
  server.delete();
  return traced.trace;
}

for (const component of backends) {
  describe(`a trace of the ${component.backend} backend`, () => {
    it('numbers contexts of any kind by their first use', () => {
      const traced = recordTrace(component);
      const handle = openPair(traced).server;
      const one = {};
      const two = (): void => undefined;
      for (const context of [one, 'a', two, one, null, 'a', 7, Symbol.for('s'), two, null]) {
        handle.receive(undefined, context);
      }
      handle.delete();
      const numbers = traced.trace.flatMap((line) => {
        const { arguments: given } = JSON.parse(line) as { arguments?: { context?: number } };
        return given?.context ?? [];
      });
      assert.deepEqual(numbers, [1, 2, 3, 1, 4, 2, 5, 6, 3, 4]);
    });

    it('keeps no contexts of completed operations', () => {
      const lines: string[] = [];
      const { client, server } = openPair(recordTrace(component, { write: (line) => void lines.push(line) }));
      const COUNT = 16;
      // 64 MiB, if they were kept.
      const each = (): void => {
        const context = { weight: new Uint8Array(4 << 20) };
        client.send(BufferType.BinaryMessage, Buffer.of(1), context);
        server.receive(undefined, context);
        pump(client, server, 2);
      };
      each();
      const before = memoryInUse();
      for (let count = 1; count < COUNT; count++) each();
      assert.ok(memoryInUse() - before < 16 << 20);
      assert.equal((JSON.parse(lines.at(-1)!) as { function: string }).function, 'WebSocketGetAction');
      client.delete();
      server.delete();
    });

    it('is the same text every time', () => {
      assert.deepEqual(conversation(component), conversation(component));
    });

    it('has no random parts', () => {
      const text = conversation(component).join('\n');
      assert.match(text, /"Sec-WebSocket-Key","<key>"/);
      assert.match(text, /"Sec-WebSocket-Key","<key client1>"/);
      assert.match(text, /"Sec-WebSocket-Accept","<accept>"/);
      assert.match(text, /81fe012cxxxxxxxx/);
      assert.match(text, new RegExp(`"${'78'.repeat(64)}"`));
    });

    for (const other of backends) {
      it(`replays on the ${other.backend} backend`, () => {
        const trace = conversation(component);
        const { difference, calls, skipped } = replayTrace(trace, other);
        assert.equal(difference, null);
        assert.equal(calls + skipped, trace.length - 1);
        assert.equal(skipped, 1);
      });
    }

    it('names the first call that differs, both answers, and the item', () => {
      const trace = [...conversation(component)];
      const at = trace.findIndex((line) => line.includes('"IndicateReceiveComplete"'));
      trace[at] = trace[at]!.replace('Utf8Fragment', 'BinaryFragment').replace(
        'Utf8Message',
        'BinaryMessage',
      );
      const { difference } = replayTrace(trace, component);
      assert.equal(difference?.line, at + 1);
      assert.equal((difference.recorded as { bufferType: string }).bufferType.startsWith('Binary'), true);
      assert.equal((difference.replayed as { bufferType: string }).bufferType.startsWith('Utf8'), true);
      assert.match(difference.items, /D-3/);
    });

    it('names a failure that differs', () => {
      const trace = [...conversation(component)];
      const at = trace.findIndex((line) => line.includes('"E_INVALID_PROTOCOL_OPERATION"'));
      trace[at] = trace[at]!.replace(/,"error":.*$/, '}');
      const { difference } = replayTrace(trace, component);
      assert.equal(difference?.call.function, 'WebSocketSend');
      assert.equal(difference.recorded, null);
      assert.equal((difference.replayed as { code: string }).code, 'E_INVALID_PROTOCOL_OPERATION');
    });
  });
}

describe('a trace', () => {
  it('shows the bytes of a read once, and only those that were read', () => {
    const traced = recordTrace(backends[0]!);
    const { server } = openPair(traced);
    const frame = Buffer.from('828301020304000000', 'hex');
    const read = (content: Uint8Array, ...lengths: readonly number[]): void => {
      const { buffers, actionContext } = server.getAction(ActionQueue.Receive);
      buffers[0]!.set(content);
      for (const length of lengths) server.completeAction(actionContext, length);
    };
    server.receive();
    read(frame, 5000);
    server.completeAction(server.getAction(ActionQueue.Receive).actionContext, 0);
    server.receive();
    read(frame, 3, 3, 0);
    read(frame.subarray(3), 6, 6);
    assert.deepEqual([...server.getAction(ActionQueue.Receive).buffers[0]!], [1, 2, 3]);
    const bytes = traced.trace.flatMap((line) => /"bytes":"(\w*)"/.exec(line)?.slice(1) ?? []);
    assert.deepEqual(bytes, ['', '8283xx', 'xxxxxx010203']);
  });

  it('goes to a writer instead of memory', () => {
    const lines: string[] = [];
    const traced = recordTrace(backends[0]!, { write: (line) => void lines.push(line) });
    traced.createServerHandle().delete();
    assert.equal(traced.trace.length, 0);
    assert.equal(lines.length, 3);
  });

  it('of another format or version is refused', () => {
    assert.throws(() => replayTrace(['{"some":"thing"}'], backends[0]!), TraceFormatError);
    const [header] = recordTrace(backends[0]!).trace;
    const newer = header!.replace('"version":1', '"version":2');
    assert.throws(() => replayTrace([newer], backends[0]!), /version 2/);
    assert.throws(() => replayTrace([header!, 'nonsense'], backends[0]!), /line 2/);
  });
});
