import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { getEventListeners } from 'node:events';
import type { Sendable } from '../../lib/connection/state/types.js';
import { leavesNothing } from '../support/leaks.js';
import { openEnds } from '../support/open.js';

/** A source that gives one part at most, and then waits for ever. */
interface Idle {
  readonly source: Sendable;
  /** Whether the source has been told that nobody waits for it; null where nobody can be told. */
  readonly isLeft: () => boolean | null;
  readonly hasBegun: boolean;
}

const never = new Promise<never>(() => undefined);

class SilentBlob extends Blob {
  override arrayBuffer(): Promise<ArrayBuffer> {
    return never;
  }
}

const sources: Readonly<Record<string, () => Idle>> = {
  'an async generator before its first part': () => ({
    source: (async function* () {
      yield await never;
    })(),
    isLeft: () => null,
    hasBegun: false,
  }),
  'an async generator after a part': () => ({
    source: (async function* () {
      yield 'a';
      await never;
    })(),
    isLeft: () => null,
    hasBegun: true,
  }),
  'an iterator': () => {
    let isLeft = false;
    const iterator: AsyncIterator<string> = {
      next: () => never,
      return: () => {
        isLeft = true;
        return never;
      },
    };
    return { source: { [Symbol.asyncIterator]: () => iterator }, isLeft: () => isLeft, hasBegun: false };
  },
  'a list with a promise': () => ({
    source: ['a', never] as unknown as Sendable,
    isLeft: () => null,
    hasBegun: true,
  }),
  'a web stream': () => {
    let isLeft = false;
    const source = new ReadableStream<string>({
      start: (controller) => controller.enqueue('a'),
      cancel: () => {
        isLeft = true;
      },
    });
    return { source, isLeft: () => isLeft, hasBegun: true };
  },
  "a stream of Node's": () => {
    const source = new Readable({ objectMode: true, read: () => undefined });
    source.push('a');
    return { source: source as AsyncIterable<string>, isLeft: () => source.destroyed, hasBegun: true };
  },
  'a Blob': () => ({ source: new SilentBlob(['a']), isLeft: () => null, hasBegun: false }),
};

describe('a source that waits for its next part for ever', () => {
  leavesNothing();
  for (const [name, make] of Object.entries(sources)) {
    for (const how of ['terminate', 'the close frame of the peer', 'the loss of the peer'] as const) {
      it(`${name}: ${how} ends the sends`, async () => {
        const { client, server, end } = await openEnds();
        const { source, isLeft } = make();
        const sending = assert.rejects(client.send(source), { name: 'ConnectionError' });
        const waiting = assert.rejects(client.send('behind it'), { name: 'ConnectionError' });
        await server.ping();
        if (how === 'terminate') client.terminate();
        else if (how === 'the loss of the peer') server.terminate();
        else void server.close();
        await sending;
        await waiting;
        assert.notEqual(isLeft(), false);
        await end();
      });
    }

    it(`${name}: close waits closeTimeout for it, and says so`, async () => {
      const { client, end } = await openEnds({}, { closeTimeout: 50 });
      const { source } = make();
      const sending = assert.rejects(
        client.send(source),
        /did not end within 50 ms, so no close frame was sent/,
      );
      const { error } = await client.close();
      await sending;
      assert.equal(error?.code, 'ERR_CONNECTION_LOST');
      await end();
    });

    it(`${name}: a signal ends the send, and the connection if the message has begun`, async () => {
      const { client, server, end } = await openEnds();
      const { source, isLeft, hasBegun } = make();
      const controller = new AbortController();
      const { signal } = controller;
      const sending = assert.rejects(client.send(source, { signal }), { name: 'AbortError' });
      await server.ping();
      controller.abort();
      await sending;
      assert.notEqual(isLeft(), false);
      assert.equal(getEventListeners(signal, 'abort').length, 0);
      if (hasBegun) assert.equal((await server.closed).code, 1011);
      else assert.equal(client.state, 'open');
      await end();
    });

    it(`${name}: a signal ends the wait for its turn`, async () => {
      const { client, end } = await openEnds();
      void client.send(make().source).catch(() => undefined);
      const controller = new AbortController();
      const { signal } = controller;
      const sending = assert.rejects(client.send(make().source, { signal }), { name: 'AbortError' });
      controller.abort();
      await sending;
      assert.equal(getEventListeners(signal, 'abort').length, 0);
      await end();
    });
  }

  it('a source that fails is told once, and its error is that of the send', async () => {
    const { client, end } = await openEnds();
    const broken = (async function* () {
      yield await Promise.reject<string>(new RangeError('broken'));
    })();
    await assert.rejects(client.send(broken), { name: 'RangeError', message: 'broken' });
    assert.equal(client.state, 'open');
    await end();
  });

  it('a web stream is not locked any more when its send has failed', async () => {
    const { client, end } = await openEnds();
    const stream = new ReadableStream<string>({ start: (controller) => controller.enqueue('a') });
    const sending = client.send(stream, {
      signal: AbortSignal.abort(new Error('no')),
    });
    await assert.rejects(sending, { message: 'no' });
    const controller = new AbortController();
    const later = client.send(stream, { signal: controller.signal });
    controller.abort(new Error('not now'));
    await assert.rejects(later, { message: 'not now' });
    assert.equal(stream.locked, false);
    await end();
  });

  it('an iterator that sends while it is asked for a part does not cut a message', async () => {
    const { client, server, end } = await openEnds();
    const got: unknown[] = [];
    server.on('message', (message) => got.push(message));
    const inner: Promise<void>[] = [];
    const outer = client.send(
      (function* () {
        inner.push(client.send(['x', 'y']), client.send('z'));
        yield 'a';
        inner.push(client.send('last'));
        yield 'b';
      })(),
    );
    await Promise.all([outer, ...inner]);
    await Promise.all(inner);
    await client.ping();
    assert.deepEqual(got, ['ab', 'xy', 'z', 'last']);
    await end();
  });

  it('the bytes of a close reason may change while a message is being sent', async () => {
    const { client, server, end } = await openEnds();
    server.on('message', () => undefined);
    let go!: (part: string) => void;
    void client.send([new Promise<string>((resolve) => (go = resolve))] as unknown as string[]);
    const reason = Buffer.from('because');
    const closed = client.close(1000, reason);
    reason.fill('X');
    go('a');
    assert.equal((await server.closed).reason, 'because');
    await closed;
    await end();
  });
});
