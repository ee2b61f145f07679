import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { connect as connectSession } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { listenHttp2 } from '../../../lib/index.js';
import type { Connection, Http2ListenOptions, Server } from '../../../lib/index.js';
import { EXTENDED_CONNECT } from '../../support/extended-connect.js';
import { leavesNothing } from '../../support/leaks.js';
import { portOf } from '../../support/open.js';
import { closeFrame, frame } from '../../support/raw-peer.js';

/** More streams than the server writes in one turn. In Wine, bare streams of node:http2 stand still from some hundred more on. */
const MANY = 300;
/**
 * More bytes than a DATA frame holds, so that each stream has two of them in one read. All streams together have fewer than
 * the kernel takes at once.
 */
const SIZES = [3000, 5000, 100, 4096, 1, 4092, 900, 30];

const ANSWERS: Readonly<Record<string, (connection: Connection) => void>> = {
  'a listener': (connection) => {
    connection.on('message', (message) => void connection.send(message));
  },
  'a loop': (connection) => {
    void (async () => {
      for await (const message of connection) void connection.send(message);
    })();
  },
  'a loop that awaits each answer': (connection) => {
    void (async () => {
      for await (const message of connection) await connection.send(message);
    })();
  },
};

/** What is written to the transport of a connection. */
interface Writes {
  /** Bytes that waited there before each write, of one chunk or of several that are corked. */
  readonly before: number[];
  /** Bytes of the memory of each chunk, beyond the chunk. */
  readonly excess: number[];
}

function watch({ socket }: Connection): Writes {
  const writes: Writes = { before: [], excess: [] };
  const write = socket.write.bind(socket) as (chunk: Uint8Array, written?: () => void) => boolean;
  const cork = socket.cork.bind(socket);
  socket.cork = () => {
    writes.before.push(socket.writableLength);
    cork();
  };
  socket.write = ((chunk: Uint8Array, written?: () => void) => {
    if (socket.writableCorked === 0) writes.before.push(socket.writableLength);
    writes.excess.push(chunk.buffer.byteLength - chunk.byteLength);
    return write(chunk, written);
  }) as typeof socket.write;
  return writes;
}

/** The frames that the server sends in answer to {@link SIZES}. */
const answers = (fill: number): Buffer =>
  Buffer.concat(
    SIZES.map((size) => {
      const head = size < 126 ? [0x82, size] : [0x82, 126, size >> 8, size & 0xff];
      return Buffer.concat([Buffer.from(head), Buffer.alloc(size, fill)]);
    }),
  );

const questions = (fill: number): Buffer =>
  Buffer.concat(SIZES.map((size) => frame(2, Buffer.alloc(size, fill))));

async function readAll(stream: ClientHttp2Stream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe('the output of WebSockets over HTTP/2', () => {
  leavesNothing();
  let server: Server;
  let session: ClientHttp2Session;

  async function start(
    handler: (connection: Connection) => void | Promise<void>,
    options: Http2ListenOptions = {},
  ): Promise<void> {
    server = await listenHttp2({ host: '127.0.0.1', keepAlive: false, ...options }, handler);
    session = connectSession(`http://127.0.0.1:${portOf(server)}`);
    await once(session, 'remoteSettings');
  }
  afterEach(async () => {
    const closed = once(session, 'close');
    session.destroy();
    await Promise.all([closed, server.close()]);
  });

  async function open(count: number): Promise<ClientHttp2Stream[]> {
    const streams = Array.from({ length: count }, () =>
      session.request(EXTENDED_CONNECT, { endStream: false }),
    );
    await Promise.all(streams.map((stream) => once(stream, 'response')));
    return streams;
  }

  for (const [name, answer] of Object.entries(ANSWERS)) {
    it(`comes whole and in order, before the end, and needs no copy: ${name}`, async () => {
      const writes: Writes[] = [];
      await start((connection) => {
        writes.push(watch(connection));
        answer(connection);
      });
      const streams = await open(3);
      const reading = streams.map(readAll);
      for (const [index, stream] of streams.entries())
        stream.end(Buffer.concat([questions(index), closeFrame(1000)]));
      for (const [index, read] of reading.entries()) {
        const bytes = await read;
        assert.ok(bytes.subarray(0, -4).equals(answers(index)), `stream ${index}`);
        assert.equal(bytes.subarray(-4).toString('hex'), '880203e8');
      }
      assert.deepEqual(
        // The close frame may leave behind the answers.
        writes.flatMap(({ before }) => before.slice(0, -1)).filter((waiting) => waiting !== 0),
        [],
        'no answer was written behind another one',
      );
    });
  }

  it('of each stream is one write for all of its chunks that come together', async () => {
    const writes: Writes[] = [];
    await start((connection) => {
      writes.push(watch(connection));
      ANSWERS['a listener']!(connection);
    });
    const streams = await open(3);
    // Two DATA frames, of payloads that are copied.
    const burst = Buffer.concat(Array.from({ length: 10 }, () => frame(2, Buffer.alloc(2000))));
    let most = 0;
    // The kernel may cut the bytes of a round, but seldom does.
    for (let round = 0; round < 50 && most !== 1; round++) {
      for (const each of writes) each.before.length = 0;
      const reading = streams.map(async (stream) => {
        let length = 0;
        while (length < 10 * 2004) length += ((await once(stream, 'data'))[0] as Buffer).length;
      });
      for (const stream of streams) stream.write(burst);
      await Promise.all(reading);
      most = Math.max(...writes.map(({ before }) => before.length));
    }
    assert.equal(most, 1, 'in one of the rounds');
  });

  it('comes from more streams than are written in one turn, each time', async () => {
    await start(ANSWERS['a listener']!);
    const streams = await open(MANY);
    for (const fill of [1, 2, 3]) {
      const reading = streams.map(async (stream) => (await once(stream, 'data'))[0] as Buffer);
      for (const stream of streams) stream.write(frame(2, Buffer.alloc(7, fill)));
      for (const bytes of await Promise.all(reading))
        assert.equal(bytes.toString('hex'), `8207${`0${fill}`.repeat(7)}`);
    }
  });

  it('comes when a stream speaks that has not spoken last', async () => {
    await start(ANSWERS['a listener']!);
    const streams = await open(3);
    for (const index of [0, 0, 1, 0, 2, 2, 1]) {
      streams[index]!.write(frame(2, 'x'));
      assert.equal(((await once(streams[index]!, 'data'))[0] as Buffer).toString('hex'), '820178');
    }
  });

  it('holds the close frame for a peer that does not read for no longer than closeTimeout', async () => {
    let connection!: Connection;
    let haveBeenWritten!: () => void;
    const written = new Promise<void>((resolve) => (haveBeenWritten = resolve));
    await start(
      async (opened) => {
        connection = opened;
        let count = 0;
        for await (const message of opened) {
          await opened.send(message);
          if (++count === 8) haveBeenWritten();
        }
      },
      { closeTimeout: 50 },
    );
    const [stream] = await open(1);
    stream!.on('error', () => undefined);
    // Eight of them nearly fill the window of a stream.
    const long = frame(2, Buffer.alloc(8000));
    stream!.write(Buffer.concat(Array.from({ length: 8 }, () => long)));
    await written;
    stream!.write(Buffer.concat([long, long, long, closeFrame(1000)]));
    await connection.closed;
    assert.equal(connection.counters.messagesSent, 9);
  });

  it('is copied if the peer does not read, so that it keeps no memory of others', async () => {
    let connection!: Connection;
    await start((opened) => {
      connection = opened;
    });
    const [stream] = await open(1);
    const writes = watch(connection);
    // More than the window of the stream, which the peer does not read.
    void connection.send(Buffer.alloc(100_000));
    for (let turn = 0; turn < 10; turn++) {
      await nextTurn();
      void connection.send('short');
    }
    await nextTurn();
    await nextTurn();
    const behind = writes.excess.slice(-writes.before.filter((waiting) => waiting !== 0).length);
    assert.ok(behind.length >= 5, `${behind.length} writes behind the first one`);
    assert.deepEqual(new Set(behind), new Set([0]));
    stream!.destroy();
    connection.terminate();
    await connection.closed;
  });
});
