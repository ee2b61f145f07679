import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { listen, WebSocket } from '../../lib/index.js';
import type { Connection, Server } from '../../lib/index.js';

/** Counts the writes that reach the system. */
class CountingSocket extends Socket {
  writes = 0;

  override _write(...args: Parameters<Socket['_write']>): void {
    this.writes++;
    super._write(...args);
  }

  override _writev(...args: Parameters<NonNullable<Socket['_writev']>>): void {
    this.writes++;
    super._writev!(...args);
  }
}

describe('a burst of messages at a web WebSocket', () => {
  let server: Server;
  let transport: CountingSocket;
  let socket: WebSocket;
  let peer: Connection;
  let received: string[];

  beforeEach(async () => {
    server = await listen({ host: '127.0.0.1', maxPayload: 1 << 24 });
    received = [];
    const { port } = server.address() as AddressInfo;
    transport = new CountingSocket();
    const accepted = once(server, 'connection') as Promise<[Connection]>;
    socket = new WebSocket(`ws://127.0.0.1:${port}/`, [], {
      createConnection: () => transport.connect(port, '127.0.0.1'),
    });
    socket.binaryType = 'arraybuffer';
    [peer] = await accepted;
    peer.on('message', (message) => received.push(Buffer.from(message as string).toString('latin1')));
    await once(socket, 'open');
    transport.writes = 0;
  });

  afterEach(() => server.close());

  /** Sends the messages in one write, and waits for as many answers. */
  async function answersTo(messages: readonly string[], count = messages.length): Promise<void> {
    for (const message of messages) void peer.send(message);
    while (received.length < count) await once(peer, 'message');
  }

  const numbers = Array.from({ length: 50 }, (_, index) => `${index}`);

  it('is answered in one write, by listeners, microtasks and ticks', async () => {
    for (const answer of [
      (data: string) => socket.send(data),
      (data: string) => void Promise.resolve().then(() => socket.send(data)),
      (data: string) => process.nextTick(() => socket.send(data)),
    ]) {
      received = [];
      transport.writes = 0;
      socket.onmessage = ({ data }) => answer(data as string);
      await answersTo(numbers);
      assert.deepEqual(received, numbers);
      // The sends of the last message's microtasks come after it.
      assert.ok(transport.writes <= 2, `${transport.writes} writes`);
    }
  });

  it('is a task for each message: all microtasks and ticks of one run before the next', async () => {
    const log: string[] = [];
    socket.onmessage = ({ data }) => {
      log.push(`${data}`);
      process.nextTick(() => log.push('tick'));
      queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => log.push('microtask'))));
      socket.send(data as string);
    };
    await answersTo(['a', 'b', 'c']);
    assert.deepEqual(
      log,
      ['a', 'b', 'c'].flatMap((data) => [data, 'tick', 'microtask']),
    );
  });

  it('has no long answers waiting for its end', async () => {
    const answer = 'x'.repeat(40_000);
    const writes: number[] = [];
    socket.onmessage = () => {
      writes.push(transport.writes);
      socket.send(answer);
    };
    await answersTo(['a', 'b', 'c', 'd', 'e']);
    assert.ok(writes.at(-1)! > 0, 'the first answers were written before the last event');
  });

  it('has no answers waiting for slow listeners', async () => {
    const writes: number[] = [];
    socket.onmessage = ({ data }) => {
      writes.push(transport.writes);
      socket.send(data as string);
      const end = performance.now() + 5;
      while (performance.now() < end);
    };
    await answersTo(['a', 'b', 'c']);
    assert.deepEqual(writes, [0, 1, 2]);
  });

  it('goes on after a message whose listener throws', async () => {
    const errors: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => errors.push(error.message));
    try {
      socket.onmessage = ({ data }) => {
        socket.send(data as string);
        if (data === 'b') throw new Error('of b');
      };
      await answersTo(['a', 'b', 'c']);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
    assert.deepEqual([received, errors], [['a', 'b', 'c'], ['of b']]);
  });

  it('is sent whole if a listener closes', async () => {
    socket.onmessage = ({ data }) => {
      socket.send(data as string);
      if (data === '9') socket.close(3001, 'enough');
    };
    for (const message of numbers) void peer.send(message);
    const { code, reason } = await peer.closed;
    assert.deepEqual([received, code, reason], [numbers.slice(0, 10), 3001, 'enough']);
  });

  for (const length of [1, 100, 4000, 5000, 100_000]) {
    it(`sends ${length} bytes as they were at the call of send`, async () => {
      const bytes = new Uint8Array(length);
      socket.onmessage = () => {
        bytes.fill(0x61);
        socket.send(bytes);
        bytes.fill(0x62);
        socket.send(bytes.buffer);
        bytes.fill(0x63);
        // This message waits for the Blob.
        socket.send(new Blob(['d']));
        socket.send(bytes);
        bytes.fill(0x65);
      };
      await answersTo(['go'], 4);
      assert.deepEqual(received, ['a'.repeat(length), 'b'.repeat(length), 'd', 'c'.repeat(length)]);
    });
  }

  it('counts the bytes of its answers until the next task', async () => {
    const counted: number[] = [];
    socket.onmessage = ({ data }) => {
      socket.send(data as string);
      counted.push(socket.bufferedAmount);
    };
    await answersTo(['a', 'bc', 'def']);
    assert.deepEqual(counted, [1, 3, 6]);
    while (socket.bufferedAmount !== 0) await new Promise((resolve) => setImmediate(resolve));
  });
});
