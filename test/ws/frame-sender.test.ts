/** `_sender.sendFrame`: frames that a program has made itself, with the drop-in and with `ws`. */
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { attempt, LIBRARIES, runPair, runRaw, same, tell } from './as-ws.js';
import type { Library, Log, WebSocket, WebSocketServer } from './as-ws.js';

type Part = Uint8Array | string | number | null;
type Callback = (error?: Error | null) => void;
type Send = (list: readonly Part[], callback?: Callback | null) => void;

const senderOf = (socket: WebSocket): { sendFrame: Send } | null =>
  (socket as unknown as { _sender: { sendFrame: Send } | null })._sender;
const sendFrame = (socket: WebSocket, list: readonly Part[], callback?: Callback | null): void =>
  senderOf(socket)!.sendFrame(list, callback);

const frameOf = (library: Library, data: Buffer, options: object = {}): Buffer[] =>
  (library as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } }).Sender.frame(data, {
    fin: true,
    opcode: 2,
    mask: false,
    readOnly: true,
    rsv1: false,
    ...options,
  });

const REQUEST =
  'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

/** Runs a test with a socket of a server, and logs the bytes that the peer gets until the end. */
function wire(library: Library, test: (server: WebSocket, log: Log) => Promise<void> | void): Promise<Log> {
  return runRaw(library, {}, async (peer, wss, log) => {
    const arrived = once(wss, 'connection') as Promise<[WebSocket]>;
    const chunks: Buffer[] = [];
    peer.on('data', (chunk: Buffer) => chunks.push(chunk));
    peer.write(REQUEST);
    const [server] = await arrived;
    await test(server, log);
    await new Promise<void>((resolve) => {
      // A frame of the server's own is the last one.
      server.send('end', () => server.terminate());
      peer.once('close', () => resolve());
    });
    const bytes = Buffer.concat(chunks);
    const frames = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
    log.push(['bytes', frames.length, createHash('sha256').update(frames).digest('hex')]);
    log.push(tell(frames));
  });
}

const SIZES = [0, 1, 125, 126, 1000, 4095, 4096, 8192, 65_535, 65_536, 200_000];

describe('_sender.sendFrame', () => {
  for (const joined of [false, true]) {
    same(`writes the bytes of a list of ${joined ? 'one' : 'two'}`, (library) =>
      wire(library, async (server, log) => {
        for (const size of SIZES) {
          const list = frameOf(library, Buffer.alloc(size, `${size} `));
          const called = new Promise<void>((resolve) => {
            sendFrame(server, joined ? [Buffer.concat(list)] : list, (error) => {
              log.push([size, 'written', tell(error ?? null), server.readyState, server.bufferedAmount]);
              resolve();
            });
          });
          log.push(server.readyState);
          await called;
        }
      }),
    );
  }

  same('keeps the order of frames and messages of one tick', (library) =>
    wire(library, (server, log) => {
      for (const size of SIZES) {
        server.send(`before ${size}`, () => log.push(['sent', size]));
        sendFrame(server, frameOf(library, Buffer.alloc(size, 'a')), () => log.push(['framed', size]));
        sendFrame(server, frameOf(library, Buffer.alloc(size, 'b')));
        server.ping('', false, () => log.push(['pinged', size]));
      }
    }),
  );

  same('writes parts that are text, other views, or shared memory', (library) =>
    wire(library, (server) => {
      const [header] = frameOf(library, Buffer.alloc(12));
      sendFrame(server, [header!, 'zwölf Bytes']);
      sendFrame(server, ['\x81\x04text']);
      sendFrame(server, [header!, new Uint16Array([1, 2, 3, 4, 5, 6]) as unknown as Uint8Array]);
      sendFrame(server, [header!, new DataView(new ArrayBuffer(12)) as unknown as Uint8Array]);
    }),
  );

  same('does not look at the frame', (library) =>
    wire(library, (server) => {
      sendFrame(server, [Buffer.from('no frame at all')]);
      sendFrame(server, frameOf(library, Buffer.from('x'), { rsv1: true, fin: false, opcode: 0 }));
      server.send('in parts', { fin: false });
      sendFrame(server, frameOf(library, Buffer.from('between')));
      server.send('of a message');
    }),
  );

  same('takes small data as it is at the call', (library) =>
    wire(library, (server) => {
      const list = frameOf(library, Buffer.from('first'));
      sendFrame(server, list);
      // Buffers of ws are written at once, so a program may use them again.
      list[1] = Buffer.from('other');
      sendFrame(server, list);
      list[1] = Buffer.alloc(5, 'x');
      sendFrame(server, list);
    }),
  );

  same('passes the parts on that a large list has at the call', (library) =>
    wire(library, (server) => {
      const list = frameOf(library, Buffer.alloc(50_000, 'a'));
      for (const fill of ['a', 'b', 'b', 'c']) {
        list[1] = Buffer.alloc(50_000, fill);
        sendFrame(server, list);
        sendFrame(server, list);
      }
    }),
  );

  same('throws for what is no part, and goes on', (library) =>
    wire(library, (server, log) => {
      for (const list of [[], [undefined as unknown as null], [null], [5], [{} as Uint8Array]])
        attempt(log, () => sendFrame(server, list));
      attempt(log, () => sendFrame(server, undefined as unknown as []));
    }),
  );

  same('goes on without a callback that is a function', (library) =>
    wire(library, (server, log) => {
      attempt(log, () => sendFrame(server, frameOf(library, Buffer.from('null')), null));
      attempt(log, () => sendFrame(server, frameOf(library, Buffer.from('none')), undefined));
    }),
  );

  same('reaches the other side as a message, from both sides', (library) =>
    runPair(library, {}, async ({ client, server, log }) => {
      sendFrame(server, frameOf(library, Buffer.from('to the client'), { opcode: 1 }));
      await once(client, 'message');
      sendFrame(client, frameOf(library, Buffer.from('to the server'), { mask: true }));
      await once(server, 'message');
      log.push([client.bufferedAmount, server.bufferedAmount]);
      client.close(1000);
    }),
  );

  same('does not wait for a message that is being compressed', (library) =>
    runPair(
      library,
      { client: { perMessageDeflate: true }, server: { perMessageDeflate: { threshold: 0 } } },
      async ({ client, server, log }) => {
        const sent = new Promise<void>((resolve) =>
          server.send('x'.repeat(2_000_000), () => {
            log.push('the message is written');
            resolve();
          }),
        );
        sendFrame(server, frameOf(library, Buffer.from('first')), () => log.push('the frame is written'));
        await once(client, 'message');
        await sent;
        if (client.readyState === 1) client.close();
      },
    ),
  );

  same('has no sender before the socket is open, and tells of an error after its end', (library) =>
    runPair(library, {}, async ({ client, server, log, wss }) => {
      const { port } = wss.address() as AddressInfo;
      const early = new library.WebSocket(`ws://127.0.0.1:${port}`);
      log.push(['early', senderOf(early), early.readyState]);
      await once(early, 'open');
      early.terminate();
      client.close();
      await Promise.all([once(client, 'close'), once(server, 'close')]);
      for (const socket of [client, server]) {
        let isLater = false;
        const error = new Promise((resolve) => {
          sendFrame(socket, frameOf(library, Buffer.from('late')), (failure) => {
            resolve([isLater, failure instanceof Error]);
          });
        });
        isLater = true;
        log.push([await error, socket.readyState]);
        attempt(log, () => sendFrame(socket, frameOf(library, Buffer.from('late, and nobody asks'))));
      }
    }),
  );

  it('writes nothing after a close frame, and calls back with an error', async () => {
    const library = LIBRARIES['ours']!;
    await runPair(library, {}, async ({ client, server, log }) => {
      server.close(1000);
      const error = await new Promise<unknown>((resolve) => {
        sendFrame(server, frameOf(library, Buffer.from('late')), resolve);
      });
      assert.match(String(error), /readyState 2 \(CLOSING\)/);
      await once(client, 'close');
      assert.ok(!log.some((entry) => (entry as unknown[])[1] === 'message'));
    });
  });

  it('sends nothing of a frame with a bad part', async () => {
    const library = LIBRARIES['ours']!;
    await runPair(library, {}, async ({ client, server }) => {
      const [header] = frameOf(library, Buffer.alloc(5));
      assert.throws(() => sendFrame(server, [header!, 5]), { code: 'ERR_INVALID_ARG_TYPE' });
      server.send('good');
      const [data] = (await once(client, 'message')) as [Buffer];
      assert.equal(data.toString(), 'good');
      client.close();
    });
  });

  it('sends each part that a large list has at the call', async () => {
    const library = LIBRARIES['ours']!;
    const messages: string[] = [];
    await runPair(library, {}, async ({ client, server }) => {
      client.on('message', (data: Buffer) => messages.push(`${data.toString().slice(0, 9)} ${data.length}`));
      const list = frameOf(library, Buffer.alloc(50_000, 'a'));
      // The list grows after the first call, and again after the calls that share one memory.
      for (const repetitions of [1, 3, 2]) {
        for (let count = 0; count < repetitions; count++) sendFrame(server, list);
        list.push(...frameOf(library, Buffer.from(`after ${repetitions}`)));
      }
      list.length = 2;
      sendFrame(server, list);
      server.close();
      await once(client, 'close');
    });
    const [large, one, three] = [`${'a'.repeat(9)} 50000`, 'after 1 7', 'after 3 7'];
    const grown = [large, one];
    assert.deepEqual(messages, [
      large,
      ...grown,
      ...grown,
      ...grown,
      ...grown,
      three,
      ...grown,
      three,
      large,
    ]);
  });

  it('keeps one copy of a frame for all sockets whose peers do not read', async () => {
    const library = LIBRARIES['ours']!;
    const [peers, frames, size] = [10, 300, 65_536];
    const wss: WebSocketServer = new library.WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(wss, 'listening');
    const sockets: WebSocket[] = [];
    wss.on('connection', (socket) => sockets.push(socket));
    const silent: Socket[] = [];
    for (let index = 0; index < peers; index++) {
      const arrived = once(wss, 'connection');
      const peer = connect((wss.address() as AddressInfo).port, '127.0.0.1');
      silent.push(peer.pause());
      peer.write(REQUEST);
      await arrived;
    }
    const before = process.memoryUsage().arrayBuffers;
    for (let index = 0; index < frames; index++) {
      const list = frameOf(library, Buffer.alloc(size, 'message'));
      for (const socket of sockets) sendFrame(socket, list);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const waiting = sockets.reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0);
    const held = process.memoryUsage().arrayBuffers - before;
    for (const socket of sockets) socket.terminate();
    for (const peer of silent) peer.destroy();
    wss.close();
    await once(wss, 'close');
    assert.ok(waiting > 4 * frames * size, `${waiting} bytes wait`);
    // Each frame: the bytes of the program, and the one copy with the header before them.
    assert.ok(held < 3 * frames * size, `${held} bytes are held`);
  });
});
