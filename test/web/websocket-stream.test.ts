import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { WebSocketError, WebSocketStream } from '../../lib/index.js';
import { leavesNothing } from '../support/leaks.js';
import { openHere } from './websocket-stream-server.js';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const thrown = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('WebSocketStream', () => {
  leavesNothing();

  it('is a stream of messages in both directions', async () => {
    const { url, peer, end } = await openHere();
    const stream = new WebSocketStream(url, { protocols: ['chat', 'other'] });
    assert.equal(stream.url, url);
    const { readable, writable, protocol, extensions } = await stream.opened;
    assert.equal(protocol, 'chat');
    assert.equal(extensions, '');
    const socket = await peer();
    const [reader, writer] = [readable.getReader(), writable.getWriter()];
    socket.send('text');
    socket.send(Buffer.from('bytes'));
    assert.equal((await reader.read()).value, 'text');
    assert.deepEqual(Buffer.from((await reader.read()).value as Uint8Array), Buffer.from('bytes'));
    const got: [string, boolean][] = [];
    socket.on('message', (data: Buffer, isBinary: boolean) => got.push([data.toString(), isBinary]));
    await writer.write('one');
    await writer.write(new Uint16Array([0x4241]));
    await writer.write(new Uint8Array([0x43]).buffer);
    await writer.write(5);
    while (got.length < 4) await tick();
    assert.deepEqual(got, [
      ['one', false],
      ['AB', true],
      ['C', true],
      ['5', false],
    ]);
    stream.close({ closeCode: 4001, reason: 'enough' });
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
    assert.deepEqual([code, reason.toString()], [4001, 'enough']);
    assert.deepEqual(await stream.closed, { closeCode: 4001, reason: 'enough' });
    assert.equal((await reader.read()).done, true);
    await assert.rejects(writer.write('late'), { name: 'InvalidStateError' });
    stream.close();
    await end();
  });

  it('tells the close of the peer, behind the messages before it', async () => {
    const { url, peer, end } = await openHere();
    const stream = new WebSocketStream(url);
    const { readable } = await stream.opened;
    const socket = await peer();
    socket.send('last');
    socket.close(3000, 'over');
    assert.deepEqual(await stream.closed, { closeCode: 3000, reason: 'over' });
    const reader = readable.getReader();
    assert.equal((await reader.read()).value, 'last');
    assert.equal((await reader.read()).done, true);
    await end();
  });

  it('tells a failure with the same error to a write that comes before the transport has ended', async () => {
    const { url, peer, end } = await openHere();
    const stream = new WebSocketStream(url);
    const { readable, writable } = await stream.opened;
    const [reader, writer] = [readable.getReader(), writable.getWriter()];
    const { _socket: transport } = (await peer()) as unknown as { _socket: Socket };
    const told = [reader.read(), stream.closed, writer.closed].map(thrown);
    transport.removeAllListeners('data');
    transport.write(Buffer.from([0x83, 0])); // Reserved opcode.
    const [answer] = (await once(transport, 'data')) as [Buffer];
    assert.equal(answer[0], 0x88);
    const write = thrown(writer.write('late'));
    transport.end();
    const [first, ...others] = await Promise.all([...told, write]);
    assert.ok(first instanceof WebSocketError);
    assert.equal(first.closeCode, 1006);
    for (const other of others) assert.equal(other, first);
    await end();
  });

  it('gives each binary message memory that can be transferred, also if it fills a chunk', async () => {
    const { url, peer, end } = await openHere();
    const stream = new WebSocketStream(url);
    const reader = (await stream.opened).readable.getReader();
    const { _socket: transport } = (await peer()) as unknown as { _socket: Socket };
    for (const length of [1000, 60_000, 70_000]) {
      const header = Buffer.alloc(length < 65_536 ? 4 : 10);
      header[0] = 0x82;
      header[1] = header.length === 4 ? 126 : 127;
      header.writeUIntBE(length, header.length === 4 ? 2 : 6, header.length === 4 ? 2 : 4);
      // The text has been read before the payload is written, so that the payload has chunks of its own.
      transport.write(Buffer.concat([Buffer.from([0x81, 1, 0x61]), header]));
      assert.equal((await reader.read()).value, 'a');
      transport.write(Buffer.alloc(length, 7));
      const value = (await reader.read()).value as Uint8Array;
      assert.equal(value.byteLength, length);
      assert.equal(structuredClone(value, { transfer: [value.buffer as ArrayBuffer] }).byteLength, length);
      assert.equal(value.byteLength, 0, 'the memory has been transferred');
    }
    stream.close();
    await end();
  });

  it('tells the loss of the connection with a WebSocketError on all its promises', async () => {
    const { url, peer, end } = await openHere();
    const stream = new WebSocketStream(url);
    const { readable, writable } = await stream.opened;
    const [reader, writer] = [readable.getReader(), writable.getWriter()];
    const read = reader.read();
    const errors = Promise.allSettled([read, stream.closed, writer.closed]);
    (await peer()).terminate();
    for (const each of await errors) {
      assert.equal(each.status, 'rejected');
      assert.ok(each.reason instanceof WebSocketError && each.reason instanceof DOMException);
      assert.equal(each.reason.closeCode, 1006);
      assert.equal(each.reason.reason, '');
    }
    await end();
  });

  for (const [name, act, code, reason] of [
    ['close of the writer', (_: ReadableStream, writable: WritableStream) => writable.close(), 1005, ''],
    ['abort', (_: ReadableStream, writable: WritableStream) => writable.abort('why'), 1005, ''],
    [
      'abort with a WebSocketError',
      (_: ReadableStream, writable: WritableStream) =>
        writable.abort(new WebSocketError('', { closeCode: 3456, reason: 'why' })),
      3456,
      'why',
    ],
    [
      'cancel with a WebSocketError that has a reason alone',
      (readable: ReadableStream) => readable.cancel(new WebSocketError('', { reason: 'why' })),
      1000,
      'why',
    ],
    ['cancel', (readable: ReadableStream) => readable.cancel(), 1005, ''],
  ] as const) {
    it(`closes the connection by ${name}`, async () => {
      const { url, peer, end } = await openHere();
      const stream = new WebSocketStream(url);
      const { readable, writable } = await stream.opened;
      const socket = await peer();
      const closed = once(socket, 'close');
      await act(readable, writable);
      const [gotCode, gotReason] = (await closed) as [number, Buffer];
      assert.deepEqual([gotCode, gotReason.toString()], [code, reason]);
      assert.deepEqual(await stream.closed, { closeCode: code, reason });
      await end();
    });
  }

  it('holds the writer while the peer does not read, and the peer while nobody reads', async () => {
    const { url, peer, end } = await openHere();
    const stream = new WebSocketStream(url);
    const { readable, writable } = await stream.opened;
    const socket = await peer();
    socket.pause();
    const writer = writable.getWriter();
    const chunk = new Uint8Array(1 << 20);
    let written = 0;
    let isDone = false;
    const writing = (async () => {
      while (!isDone) {
        await writer.write(chunk);
        written++;
      }
    })();
    let last = -1;
    for (let quiet = 0; quiet < 50; quiet++) {
      if (written !== last) quiet = 0;
      last = written;
      await tick();
    }
    isDone = true;
    socket.resume();
    await writing;
    let isHeld = false;
    for (let index = 0; index < 200 && !isHeld; index++) {
      socket.send(chunk);
      for (let turn = 0; turn < 10; turn++) await tick();
      isHeld = socket.bufferedAmount > 1 << 20;
    }
    assert.ok(isHeld, 'the peer is never held');
    const reader = readable.getReader();
    while (socket.bufferedAmount !== 0) await reader.read();
    socket.terminate();
    await stream.closed.catch(() => undefined);
    await reader.cancel().catch(() => undefined);
    await end();
  });

  it('rejects both promises where it cannot open, is stopped, or is closed before', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', verifyClient: () => false });
    await once(server, 'listening');
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const refused = new WebSocketStream(url);
    await assert.rejects(refused.opened, { name: 'WebSocketError' });
    await assert.rejects(refused.closed, { name: 'WebSocketError' });
    const closed = new WebSocketStream(url);
    closed.close();
    await assert.rejects(closed.opened, { name: 'WebSocketError', closeCode: null });
    const reason = new Error('no time');
    for (const isEarly of [true, false]) {
      const controller = new AbortController();
      if (isEarly) controller.abort(reason);
      const stopped = new WebSocketStream(url, { signal: controller.signal });
      controller.abort(reason);
      await assert.rejects(stopped.opened, (error) => error === reason);
      await assert.rejects(stopped.closed, (error) => error === reason);
    }
    await assert.rejects(new WebSocketStream('ws://127.0.0.1:25/').opened, (error: Error) =>
      String(error.cause).includes('blocked'),
    );
    await new Promise((resolve) => server.close(resolve));
  });

  it('refuses bad arguments as the standard does', async () => {
    for (const url of ['', 'ftp://localhost/', 'ws://localhost/#fragment', 'ws://'])
      assert.throws(() => new WebSocketStream(url), { name: 'SyntaxError' });
    const construct = (options: unknown): unknown =>
      new WebSocketStream('ws://127.0.0.1:1/', options as never);
    assert.throws(() => construct({ protocols: ['a', 'a'] }), { name: 'SyntaxError' });
    assert.throws(() => construct({ protocols: ['a b'] }), { name: 'SyntaxError' });
    assert.throws(() => construct({ protocols: 5 }), TypeError);
    assert.throws(() => construct({ protocols: 'chat' }), TypeError);
    assert.throws(() => construct({ signal: 5 }), TypeError);
    assert.throws(() => construct(5), TypeError);
    assert.throws(() => construct(new AbortController().signal), /give it as \{ signal \}/);
    assert.throws(() => construct(new Map([['protocols', 'a']])), /not a list, a Map or a Set/);
    assert.throws(() => construct(Promise.resolve({})), /await it first/);
    const stream = new WebSocketStream('ws://127.0.0.1:1/');
    assert.throws(() => stream.close({ closeCode: 1001 }), { name: 'InvalidAccessError' });
    assert.throws(() => stream.close({ closeCode: 70_000 }), TypeError);
    assert.throws(() => stream.close({ closeCode: 'x' as never }), TypeError);
    assert.throws(() => stream.close({ reason: 'ä'.repeat(62) }), { name: 'SyntaxError' });
    assert.throws(() => new WebSocketError('', { closeCode: 999 }), { name: 'InvalidAccessError' });
    const error = new WebSocketError('text', { reason: 'why' });
    assert.deepEqual([error.message, error.closeCode, error.reason], ['text', 1000, 'why']);
    assert.equal(new WebSocketError().closeCode, null);
    await assert.rejects(stream.opened, { name: 'WebSocketError' });
  });
});
