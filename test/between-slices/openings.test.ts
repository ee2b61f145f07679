/**
 * All ways to open connections work on a component that hands out a pong between two slices of a frame (Q-P3, H-3):
 * over real sockets, with a server that pings between any two writes.
 */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createHttp2Server } from 'node:http2';
import type { Http2Server } from 'node:http2';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { component, connect, connectHttp2, WebSocket } from '../../lib/index.js';
import type { Component, Connection } from '../../lib/index.js';
import DropIn from '../../lib/ws/index.js';
import { PACES, PingingPeer } from '../support/pinging-peer.js';
import type { Pace } from '../support/pinging-peer.js';
import { pongsGoBetweenSlices } from '../support/pongs-between-slices.js';
import { likeNative } from '../support/ways.js';

/** Components without the bulk driver of the portable engine, which makes no slices. */
const COMPONENTS: readonly Component[] =
  component.backend === 'native' ? [likeNative, component] : [likeNative];

const LENGTHS = [0, 1, 125, 126, 4096, 20_000, 300_000];
const textOf = (length: number): string => 'größer, '.repeat(length).slice(0, length);
const bytesOf = (length: number): Buffer => Buffer.alloc(length, 'payload ');
const ALL = LENGTHS.flatMap((length) => [textOf(length), bytesOf(length)]);

interface Rig {
  /** The port of HTTP/1.1, and that of HTTP/2. */
  readonly ports: readonly [number, number];
  /** The peer of the connection that was opened last. */
  readonly peer: () => PingingPeer;
  readonly close: () => Promise<void>;
}

const portOf = (server: Server | Http2Server): number => (server.address() as AddressInfo).port;

/** Servers that ping, for HTTP/1.1 and for HTTP/2. */
async function startPinging(pace: Pace): Promise<Rig> {
  let peer: PingingPeer | undefined;
  const serve = (transport: Duplex, opens: boolean): void => {
    peer = new PingingPeer({ side: 'client', pace, opens });
    pipeline(transport, peer, transport).catch(() => undefined);
  };
  const http1 = createServer((socket) => serve(socket.setNoDelay(), true));
  const http2 = createHttp2Server({ settings: { enableConnectProtocol: true } });
  http2.on('stream', (stream) => {
    stream.respond({ ':status': 200 });
    serve(stream, false);
  });
  for (const server of [http1, http2]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  return {
    ports: [portOf(http1), portOf(http2)],
    peer: () => peer!,
    async close() {
      http1.close();
      http2.close();
      await Promise.all([once(http1, 'close'), once(http2, 'close')]);
    },
  };
}

async function send(connection: Connection): Promise<void> {
  await Promise.all(ALL.map((message) => connection.send(message)));
  assert.equal((await connection.close(4000)).wasClean, true);
}

/** Sends everything by one part of the package, and returns the messages that have to arrive. */
const PARTS: Readonly<
  Record<string, (component: Component, ports: readonly [number, number]) => Promise<unknown[]>>
> = {
  async connect(component, [port]) {
    await send(await connect(`ws://127.0.0.1:${port}/`, { component }));
    return ALL;
  },

  async 'connect by the action loop, with small slices'(component, [port]) {
    const options = { component, driver: 'action-loop', handle: { sendBufferSize: 16 } } as const;
    await send(await connect(`ws://127.0.0.1:${port}/`, options));
    return ALL;
  },

  async connectHttp2(component, [, port]) {
    await send(await connectHttp2(`ws://127.0.0.1:${port}/`, { component, handle: { sendBufferSize: 64 } }));
    return ALL;
  },

  async 'the web WebSocket'(component, [port]) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, [], { component });
    await once(socket, 'open');
    for (const message of ALL) socket.send(message);
    socket.send(new Blob([bytesOf(5000)]));
    socket.close(4000);
    const [{ wasClean }] = (await once(socket, 'close')) as [{ wasClean: boolean }];
    assert.equal(wasClean, true);
    return [...ALL, bytesOf(5000)];
  },

  async 'the drop-in for ws'(component, [port]) {
    const socket = new DropIn(`ws://127.0.0.1:${port}/`, { component, perMessageDeflate: false });
    await once(socket, 'open');
    for (const message of ALL) socket.send(message);
    socket.send('three ', { fin: false });
    socket.ping();
    socket.send(textOf(9000), { fin: false });
    await new Promise<void>((resolve) => socket.send(' parts', { fin: true }, () => resolve()));
    socket.send(bytesOf(50_000));
    socket.close(4000);
    const [code] = (await once(socket, 'close')) as [number];
    assert.equal(code, 4000);
    return [...ALL, `three ${textOf(9000)} parts`, bytesOf(50_000)];
  },

  async "the drop-in's stream"(component, [port]) {
    const socket = new DropIn(`ws://127.0.0.1:${port}/`, { component });
    const stream = DropIn.createWebSocketStream(socket).resume();
    const all = LENGTHS.map(bytesOf);
    for (const message of all) stream.write(message);
    stream.end();
    await once(stream, 'close');
    return all;
  },
};

for (const one of COMPONENTS) {
  describe(`what opens connections, with pongs between slices (${one === likeNative ? 'portable in the manner of native' : one.backend})`, () => {
    pongsGoBetweenSlices();

    for (const pace of PACES) {
      for (const [name, sendAll] of Object.entries(PARTS)) {
        it(`writes whole frames: ${name}, the server reads ${pace}`, async () => {
          const rig = await startPinging(pace);
          try {
            const expected = await sendAll(one, rig.ports);
            const peer = rig.peer();
            assert.equal(peer.messages.length, expected.length);
            peer.messages.forEach((message, index) =>
              assert.ok(Buffer.from(message).equals(Buffer.from(expected[index] as Buffer)), String(index)),
            );
            assert.ok(peer.pings > expected.length);
            assert.ok(peer.pongs.length > 0);
          } finally {
            await rig.close();
          }
        });
      }
    }
  });
}
