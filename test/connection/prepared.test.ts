import assert from 'node:assert/strict';
import { on, once } from 'node:events';
import { Duplex } from 'node:stream';
import { WebSocket as WsWebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import { connect, prepare } from '../../lib/index.js';
import type { Connection, Extension } from '../../lib/index.js';
import { portable } from '../../lib/component/index.js';
import { Connection as AnyConnection } from '../../lib/connection/index.js';
import { leavesNothing } from '../support/leaks.js';
import { openPair } from '../support/open-pair.js';
import { listenHere, openEnds, openHalfRaw, portOf, SIDES } from '../support/open.js';
import type { Frame, RawPeer } from '../support/raw-peer.js';
import { WAYS } from '../support/ways.js';

const SIZES = [0, 1, 125, 126, 4095, 4096, 8192, 65_535, 65_536, 200_000];

/** A connection of a server on a transport that stores the written bytes. */
function onMemory(options: ConstructorParameters<typeof AnyConnection>[2] = {}): {
  connection: AnyConnection;
  writes: Buffer[];
} {
  const writes: Buffer[] = [];
  const socket = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, callback) {
      writes.push(chunk);
      callback();
    },
    writev(chunks, callback) {
      writes.push(...chunks.map(({ chunk }) => chunk as Buffer));
      callback();
    },
  });
  const { server } = openPair(portable);
  return { connection: new AnyConnection(socket, server, options, { side: 'server' }), writes };
}

/** The next message of a peer, as one frame: a component may send what does not fit into its buffer as fragments (Q-S2). */
async function nextMessage(peer: RawPeer, mayBeCut: boolean): Promise<Frame> {
  const first = (await peer.next())!;
  assert.ok(first.fin || mayBeCut);
  const parts = [first.payload];
  for (let { fin } = first; !fin;) {
    const next = (await peer.next())!;
    assert.equal(next.opcode, 0);
    parts.push(next.payload);
    ({ fin } = next);
  }
  return { ...first, fin: true, payload: Buffer.concat(parts) };
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('prepared messages', () => {
  leavesNothing();

  for (const way of WAYS) {
    for (const side of SIDES) {
      it(`give the same bytes as ordinary sends, in the order of the calls: ${side}, ${way.name}`, async () => {
        const { connection, peer, end } = await openHalfRaw(side, way);
        for (const size of SIZES) {
          const bytes = Buffer.alloc(size, 'ä€𐍈');
          const text = 'ä€𐍈'.repeat(size / 9);
          for (const data of [bytes, text]) {
            void connection.send(data);
            void connection.send(prepare(data));
          }
          void connection.send('between');
        }
        for (const size of SIZES) {
          const bytes = Buffer.alloc(size, 'ä€𐍈');
          const text = 'ä€𐍈'.repeat(size / 9);
          for (const [opcode, payload] of [
            [2, bytes],
            [1, Buffer.from(text)],
          ] as const) {
            for (let time = 0; time < 2; time++) {
              const found = await nextMessage(peer, way.name === 'native');
              assert.deepEqual(
                { ...found, payload: found.payload.equals(payload) },
                { fin: true, rsv: 0, opcode, masked: side === 'client', payload: true },
              );
            }
          }
          assert.equal((await peer.next())!.payload.toString(), 'between');
        }
        assert.equal(connection.counters.messagesSent, SIZES.length * 5);
        await end();
      });
    }
  }

  it('are written by all connections of servers from the same memory', async () => {
    for (const data of ['text', Buffer.alloc(128), Buffer.alloc(4096), Buffer.alloc(100_000)]) {
      const message = prepare(data);
      const all = Array.from({ length: 3 }, () => onMemory());
      for (const { connection } of all) void connection.send(message);
      await tick();
      const [first] = all[0]!.writes;
      for (const { writes } of all) {
        assert.equal(writes.length, 1);
        assert.equal(writes[0], first);
      }
      assert.equal(first!.subarray(first!.length - Buffer.byteLength(data as Buffer)).length, data.length);
    }
  });

  it('do not change when the data changes', async () => {
    const data = Buffer.from('before');
    const message = prepare(data);
    data.fill('x');
    const { connection, writes } = onMemory();
    void connection.send(message);
    await tick();
    assert.equal(Buffer.concat(writes).toString('latin1'), '\x82\x06before');
  });

  it('may send bytes as text, and text as bytes', async () => {
    const { client, server, end } = await openEnds();
    const messages = client.messages();
    void server.send(prepare(Buffer.from('grün'), { type: 'text' }));
    void server.send(prepare('grün', { type: 'binary' }));
    void server.send(prepare(new Uint16Array([0x4142]).buffer, { type: 'text' }));
    assert.equal((await messages.next()).value, 'grün');
    assert.deepEqual(Buffer.from((await messages.next()).value as Uint8Array), Buffer.from('grün'));
    assert.equal((await messages.next()).value, 'BA');
    assert.equal(prepare('grün').byteLength, 5);
    assert.equal(prepare('grün').isText, true);
    await end();
  });

  it('refuse data that cannot be sent', async () => {
    assert.throws(() => prepare(Buffer.from([0xc3]), { type: 'text' }), /not UTF-8/);
    assert.throws(() => prepare(5 as never), {
      name: 'TypeError',
      message: 'data must be a string or bytes',
    });
    assert.throws(() => prepare(new Blob([]) as never), TypeError);
    assert.throws(() => prepare('', { typ: 'text' } as never), /prepare has no option typ/);
    assert.throws(() => prepare('', { type: 'txt' as never }), /'text' or 'binary'/);
    assert.throws(() => prepare('', { compress: 1 as never }), /compress must be a boolean/);
    assert.throws(() => prepare('', null as never), /must be an object/);
    const { client, server, end } = await openEnds();
    const message = prepare('late');
    server.terminate();
    await assert.rejects(server.send(message), { code: 'ERR_CLOSED' });
    await client.closed;
    await end();
    await assert.rejects(server.send(message), { code: 'ERR_CLOSED' });
  });

  it('wait for a message in parts', async () => {
    const { client, server, end } = await openEnds();
    let open!: () => void;
    const opened = new Promise<void>((resolve) => (open = resolve));
    async function* parts(): AsyncGenerator<string> {
      yield 'one ';
      await opened;
      yield 'message';
    }
    void server.send(parts());
    void server.send(prepare('another'));
    void server.send('third');
    open();
    const messages = client.messages();
    for (const text of ['one message', 'another', 'third']) assert.equal((await messages.next()).value, text);
    const aborted = AbortSignal.abort();
    await assert.rejects(server.send(prepare('never'), { signal: aborted }), { name: 'AbortError' });
    await end();
  });

  it('hold the sender while the peer does not read', async () => {
    const { connection, peer, end } = await openHalfRaw('server', WAYS[0]!);
    peer.socket.pause();
    const message = prepare(Buffer.alloc(256 * 1024));
    let sent = 0;
    let isDone = false;
    const sending = (async () => {
      while (!isDone) {
        await connection.send(message);
        sent++;
      }
    })();
    while (connection.bufferedAmount < message.byteLength || sent === 0) await tick();
    const heldAt = sent;
    for (let turn = 0; turn < 20; turn++) await tick();
    assert.ok(sent - heldAt <= 1, 'the sender goes on');
    isDone = true;
    peer.socket.resume();
    await sending;
    await end();
  });

  it('count against maxBufferedBytes', async () => {
    const { connection, peer, end } = await openHalfRaw('server', WAYS[0]!, { maxBufferedBytes: 1_000_000 });
    peer.socket.pause();
    const message = prepare(Buffer.alloc(100_000));
    let failure: unknown;
    while (failure === undefined) {
      const sending = connection.send(message).catch((error: unknown) => (failure = error));
      await Promise.race([sending, tick()]);
    }
    assert.equal((failure as { code: string }).code, 'ERR_TOO_MUCH_BUFFERED');
    assert.ok(connection.bufferedAmount < 1_300_000);
    peer.socket.resume();
    await end();
  });

  describe('with compression', () => {
    /** An extension that records the encoded messages: once for all connections, or for each. */
    function counting(shares: boolean): { extension: Extension; encoded: number[]; end: () => void } {
      const encoded: number[] = [];
      const waiting: (() => void)[] = [];
      const encode = (part: Uint8Array, done: (error: Error | null, bytes: Uint8Array) => void): void => {
        encoded.push(part.byteLength);
        const finish = (): void => done(null, Buffer.from(part).reverse());
        if (part.byteLength < 1000) finish();
        else waiting.push(finish);
      };
      const encoder = { encode };
      const extension: Extension = {
        name: 'x-reverse',
        offers: () => ['x-reverse'],
        conclude: () => () => codec(),
        accept: () => ({ answer: 'x-reverse', codec }),
      };
      const codec = (): ReturnType<ReturnType<Extension['conclude']>> => ({
        ...(shares ? { encoder } : {}),
        encodes: () => true,
        encode: (part, _isLast, done) => encode(part, done),
        decode: (part, _isLast, piece, done) => {
          piece(Buffer.from(part).reverse());
          done(null);
        },
        stopDecoding() {},
        close() {},
      });
      return {
        extension,
        encoded,
        end: () => {
          for (const finish of waiting.splice(0)) finish();
        },
      };
    }

    for (const shares of [true, false]) {
      it(`are encoded ${shares ? 'once' : 'for each connection, where the codec says nothing'}`, async () => {
        const { extension, encoded, end } = counting(shares);
        const server = await listenHere({ extensions: [extension], backend: 'portable' });
        const clients: Connection[] = [];
        for (let index = 0; index < 4; index++)
          clients.push(
            await connect(`ws://127.0.0.1:${portOf(server)}/`, {
              extensions: [counting(false).extension],
              backend: 'portable',
            }),
          );
        const readers = clients.map((client) => client.messages());
        const short = prepare('short');
        const long = prepare(Buffer.alloc(5000, 'long '));
        const [gone] = server.connections;
        for (const connection of server.connections) {
          void connection.send(short);
          void connection.send(long);
          void connection.send('after it');
          void connection.send(short);
        }
        await tick();
        // One connection ends while the others wait for the same bytes.
        gone!.terminate();
        await gone!.closed;
        for (let turn = 0; turn < 10; turn++) {
          end();
          await tick();
        }
        for (const reader of readers.slice(0, 3)) {
          assert.equal((await reader.next()).value, 'short');
          assert.equal(
            Buffer.from((await reader.next()).value as Uint8Array).toString(),
            'long '.repeat(1000),
          );
          assert.equal((await reader.next()).value, 'after it');
          assert.equal((await reader.next()).value, 'short');
        }
        assert.equal(encoded.filter((length) => length === 5000).length, shares ? 1 : 4);
        assert.equal(encoded.filter((length) => length === 5).length, shares ? 1 : 7);
        for (const client of clients) client.terminate();
        await server.close();
      });
    }

    it('fails only the connection whose encoder fails', async () => {
      const { extension } = counting(false);
      const failing: Extension = {
        ...extension,
        accept: (parameters) => ({
          ...extension.accept(parameters)!,
          codec: () => ({
            ...extension.accept(parameters)!.codec(),
            encoder: {
              encode: () => {
                throw new Error('no memory');
              },
            },
          }),
        }),
      };
      const server = await listenHere({ extensions: [failing], backend: 'portable' });
      const url = `ws://127.0.0.1:${portOf(server)}/`;
      const plain = await connect(url);
      const coded = await connect(url, { extensions: [counting(false).extension], backend: 'portable' });
      const message = prepare('text');
      for (const connection of server.connections) void connection.send(message);
      assert.equal((await plain.messages().next()).value, 'text');
      assert.equal((await coded.closed).code, 1011);
      plain.terminate();
      await server.close();
    });

    const MESSAGES = [
      '',
      'short',
      JSON.stringify(Array.from({ length: 40 }, (_, index) => ({ index, name: `name ${index}` }))),
      Buffer.alloc(16 * 1024, 'abc'),
      Buffer.alloc(300_000, 'abcdefg'),
    ];
    const CLIENTS: readonly ClientOptions['perMessageDeflate'][] = [
      false,
      { serverNoContextTakeover: true },
      { serverNoContextTakeover: true },
      { serverNoContextTakeover: true, serverMaxWindowBits: 9 },
      {},
    ];

    it('reach peers of all parameters, and each peer of ws decodes them', async () => {
      const server = await listenHere({ perMessageDeflate: { threshold: 0 }, backend: 'portable' });
      const sockets: WsWebSocket[] = [];
      for (const perMessageDeflate of CLIENTS) {
        const socket = new WsWebSocket(`ws://127.0.0.1:${portOf(server)}/`, { perMessageDeflate });
        await once(socket, 'open');
        sockets.push(socket);
      }
      const all = sockets.map((socket) => on(socket, 'message'));
      const messages = MESSAGES.map((data) => prepare(data));
      for (let round = 0; round < 2; round++) {
        for (const connection of server.connections) {
          for (const message of messages) void connection.send(message);
          void connection.send('an ordinary one');
        }
        for (const events of all) {
          for (const data of [...MESSAGES, 'an ordinary one']) {
            const [got, isBinary] = (await events.next()).value as [Buffer, boolean];
            assert.equal(isBinary, typeof data !== 'string');
            assert.ok(got.equals(Buffer.from(data as string)));
          }
        }
      }
      const ratios = server.connections.map(({ counters }) => counters.compressionRatio);
      assert.ok(ratios.filter((ratio) => ratio !== undefined && ratio > 3).length === 4, String(ratios));
      for (const socket of sockets) socket.terminate();
      await server.close();
    });

    it('are not compressed where the program does not want it, nor below the threshold', async () => {
      const options = { serverNoContextTakeover: true };
      const { client, server, end } = await openEnds(
        { perMessageDeflate: options, backend: 'portable' },
        { perMessageDeflate: options, backend: 'portable' },
      );
      void server.send(prepare('a'.repeat(5000), { compress: false }));
      void server.send(prepare('a'.repeat(500)));
      assert.equal((await client.messages().next()).value, 'a'.repeat(5000));
      assert.equal((await client.messages().next()).value, 'a'.repeat(500));
      assert.equal(server.counters.compressionRatio, undefined);
      await end();
    });
  });
});
