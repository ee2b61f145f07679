import assert from 'node:assert/strict';
import type { Sendable } from '../../lib/connection/state/types.js';
import { leavesNothing } from '../support/leaks.js';
import { openEnds } from '../support/open.js';

/** Takes the memory away, as a transfer to a worker does. */
function detach(bytes: Uint8Array<ArrayBuffer>): void {
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
}

/** A message in parts that waits for its only part, so that later messages have to wait, too. */
function waitingParts(): { source: Sendable; go: () => void } {
  let go!: () => void;
  const part = new Promise<string>((resolve) => (go = () => resolve('first')));
  return { source: [part] as unknown as Sendable, go };
}

describe('data whose memory is lost before it is sent', () => {
  leavesNothing();

  for (const length of [10, 10_000]) {
    it(`${length} bytes: a send of detached memory is a TypeError, and the connection goes on`, async () => {
      const { client, server, end } = await openEnds();
      const bytes = new Uint8Array(length);
      detach(bytes);
      const refused = { name: 'TypeError', message: /detached/ };
      await assert.rejects(client.send(bytes), refused);
      await assert.rejects(client.send(bytes, { signal: new AbortController().signal }), refused);
      await assert.rejects(client.send(bytes.buffer), { name: 'TypeError' });
      await assert.rejects(client.send([bytes]), refused);
      const { source, go } = waitingParts();
      const first = client.send(source);
      await assert.rejects(client.send(bytes), refused);
      go();
      await first;
      await client.send(new Uint8Array(0));
      const messages = server.messages();
      assert.equal((await messages.next()).value, 'first');
      assert.equal((await messages.next()).value?.length, 0);
      await end();
    });

    it(`${length} bytes in resizable memory are copied, also while they wait for their turn`, async () => {
      const { client, server, end } = await openEnds();
      // Not yet in the type library.
      const Resizable = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer;
      const memory = new Resizable(length, { maxByteLength: length });
      new Uint8Array(memory).fill(7);
      const { source, go } = waitingParts();
      void client.send(source);
      const sending = client.send(memory);
      new Uint8Array(memory).fill(0);
      (memory as unknown as { resize(length: number): void }).resize(2);
      go();
      await sending;
      const messages = server.messages();
      await messages.next();
      assert.deepEqual((await messages.next()).value, Buffer.alloc(length, 7));
      await end();
    });
  }

  it('a short message that waits for its turn has been copied', async () => {
    const { client, server, end } = await openEnds();
    const { source, go } = waitingParts();
    void client.send(source);
    const bytes = new Uint8Array([1, 2, 3]);
    const sending = client.send(bytes);
    detach(bytes);
    go();
    await sending;
    const messages = server.messages();
    await messages.next();
    assert.deepEqual((await messages.next()).value, Buffer.from([1, 2, 3]));
    await end();
  });

  it('a long message that is detached while it waits for its turn fails the connection', async () => {
    const { client, server, end } = await openEnds();
    const { source, go } = waitingParts();
    void client.send(source);
    const bytes = new Uint8Array(10_000);
    const sending = assert.rejects(client.send(bytes), { code: 'ERR_MEMORY_DETACHED' });
    const got: unknown[] = [];
    server.on('message', (message) => got.push(message));
    detach(bytes);
    go();
    await sending;
    assert.equal((await client.closed).error?.code, 'ERR_MEMORY_DETACHED');
    await server.closed;
    assert.ok(got.every((message) => message === 'first'));
    await end();
  });
});
