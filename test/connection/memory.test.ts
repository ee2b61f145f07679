import assert from 'node:assert/strict';
import { MessageChannel } from 'node:worker_threads';
import { portable } from '../../lib/component/index.js';
import { leavesNothing } from '../support/leaks.js';
import { openEnds, openHalfRaw } from '../support/open.js';
import type { HalfRaw } from '../support/open.js';
import { frame } from '../support/raw-peer.js';
import { WAYS } from '../support/ways.js';

const THREE = ['first', 'second', 'third'].map((text) => frame(2, text));

/** Detaches memory, even if it is marked as not transferable. */
function detach(bytes: Uint8Array): void {
  const memory = bytes.buffer as ArrayBuffer & { transfer?: () => ArrayBuffer };
  if (memory.transfer !== undefined) memory.transfer();
  else new ReadableStream({ type: 'bytes', start: (controller) => controller.enqueue(bytes) });
  assert.equal(bytes.byteLength, 0);
}

const TRANSFERS: Record<string, (bytes: Uint8Array) => void> = {
  structuredClone: (bytes) => {
    structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] });
  },
  postMessage: (bytes) => {
    const { port1 } = new MessageChannel();
    try {
      port1.postMessage(bytes, [bytes.buffer as ArrayBuffer]);
    } finally {
      port1.close();
    }
  },
};

describe('the memory of messages', () => {
  leavesNothing();

  for (const way of WAYS) {
    for (const [name, transfer] of Object.entries(TRANSFERS)) {
      it(`is not transferred by ${name}: ${way.name}`, async () => {
        const { connection, peer, end } = await openHalfRaw('server', way);
        const texts: string[] = [];
        const all = new Promise<void>((resolve) => {
          connection.on('message', (message) => {
            try {
              transfer(message as Uint8Array);
            } catch (error) {
              assert.equal((error as Error).name, 'DataCloneError');
            }
            texts.push(Buffer.from(message as Uint8Array).toString());
            if (texts.length === THREE.length) resolve();
          });
        });
        peer.write(...THREE);
        await all;
        assert.deepEqual(texts, ['first', 'second', 'third']);
        assert.equal(connection.state, 'open');
        await end();
      });
    }
  }

  // With the action loop each message has its own memory.
  for (const way of WAYS.filter(({ name }) => name === 'portable' || name === 'native')) {
    describe(`that somebody has detached: ${way.name}`, () => {
      let half: HalfRaw;
      beforeEach(async () => {
        half = await openHalfRaw('server', way);
      });
      afterEach(() => half.end());

      async function isToldTo(code: number | null): Promise<void> {
        assert.equal(await half.peer.nextClose(), code);
        half.peer.socket.end();
        const { error } = await half.connection.closed;
        assert.equal(error!.code, 'ERR_MEMORY_DETACHED');
        assert.equal(error!.closeCode, code ?? 1006);
      }

      it('is a failure when messages in it have not been parsed', async () => {
        const { connection, peer } = half;
        let messages = 0;
        connection.on('message', (message) => {
          messages++;
          detach(message as Uint8Array);
        });
        peer.write(...THREE);
        await isToldTo(1011);
        assert.equal(messages, 1);
      });

      it('is no failure when all messages in it have been read', async () => {
        const { connection, peer } = half;
        const messages = connection.messages();
        const lengths: number[] = [];
        for (const one of [...THREE, frame(2, ''), frame(2, 'x')]) {
          peer.write(one);
          const { value } = await messages.next();
          lengths.push(value!.length);
          if (value!.length !== 0) detach(value as Uint8Array);
        }
        assert.deepEqual(lengths, [5, 6, 5, 0, 1]);
        assert.equal(connection.state, 'open');
      });

      it('is a failure when messages in it have not been read', async () => {
        const { connection, peer } = half;
        peer.write(...THREE);
        const messages = connection.messages();
        detach((await messages.next()).value as Uint8Array);
        await assert.rejects(messages.next(), { code: 'ERR_MEMORY_DETACHED' });
        await isToldTo(1011);
      });

      it('is a failure when parts of messages in it have not been read', async () => {
        const { connection, peer } = half;
        const streams = connection.messageStreams();
        peer.write(...THREE);
        const first = await streams.next();
        for await (const part of first.value!) detach(part as Uint8Array);
        await assert.rejects(streams.next(), { code: 'ERR_MEMORY_DETACHED' });
        await isToldTo(1011);
      });

      it('is a failure when a listener comes for them later', async () => {
        const { connection, peer } = half;
        peer.write(...THREE);
        detach((await connection.messages().next()).value as Uint8Array);
        connection.on('message', () => assert.fail('there is no message left'));
        await isToldTo(1011);
      });

      it('does not delay the messages of other memory', async () => {
        const { connection, peer } = half;
        peer.write(frame(2, ''), frame(2, 'x'), frame(2, ''));
        const messages = connection.messages();
        const lengths = [];
        for (let index = 0; index < 3; index++) lengths.push((await messages.next()).value!.length);
        assert.deepEqual(lengths, [0, 1, 0]);
        assert.equal(connection.state, 'open');
      });

      it('is a failure when it was to be sent before other data', async () => {
        const data = new Uint8Array(100_000);
        const sent = half.connection.send(data);
        const behind = half.connection.send(new Uint8Array(100_000));
        detach(data);
        await assert.rejects(sent, { code: 'ERR_MEMORY_DETACHED' });
        await assert.rejects(behind, { code: 'ERR_MEMORY_DETACHED' });
        assert.equal(await half.peer.next(), null);
        await isToldTo(null);
      });

      it('is a failure when it was to be sent, and nothing follows', async () => {
        const data = new Uint8Array(100_000);
        const sent = half.connection.send(data);
        detach(data);
        void half.connection.send('behind it');
        await assert.rejects(sent, { code: 'ERR_MEMORY_DETACHED' });
        assert.equal(await half.peer.next(), null);
        await isToldTo(null);
      });
    });
  }

  it('is a failure when it waits for compression', async () => {
    const options = { component: portable, perMessageDeflate: { threshold: 0 } };
    const { client, server, end } = await openEnds(options, options);
    const data = new Uint8Array(100_000);
    void client.send(new Uint8Array(100_000));
    const sent = client.send(data);
    detach(data);
    await assert.rejects(sent, { code: 'ERR_COMPRESSION_FAILED' });
    assert.equal((await server.closed).code, 1011);
    await end();
  });
});
