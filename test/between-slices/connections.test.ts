/**
 * Connections work on a component that hands out a pong between two slices of a frame (Q-P3, H-3), with a peer that
 * pings between any two writes.
 */
import { strict as assert } from 'node:assert';
import { Readable } from 'node:stream';

import { Endpoint } from '../../lib/cli/endpoint.js';
import { BufferType } from '../../lib/component/index.js';
import { Connection } from '../../lib/connection/index.js';
import { openSession } from '../../lib/session/index.js';
import { leavesNothing } from '../support/leaks.js';
import { openPair } from '../support/open-pair.js';
import { PACES, PingingPeer } from '../support/pinging-peer.js';
import { pongsGoBetweenSlices } from '../support/pongs-between-slices.js';
import { WAYS } from '../support/ways.js';
import type { Way } from '../support/ways.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const LENGTHS = [0, 1, 20, 125, 126, 1000, 4096, 20_000, 70_000];
const textOf = (length: number): string => 'größer, '.repeat(length).slice(0, length);
const bytesOf = (length: number): Buffer => Buffer.alloc(length, 'payload ');

async function* slowly<T>(parts: readonly T[]): AsyncGenerator<T> {
  for (const part of parts) {
    await turn();
    yield part;
  }
}

type Sent = readonly (string | Buffer)[];

/** Sends messages like a program. Returns the messages that must arrive. */
const PROGRAMS: Readonly<Record<string, (connection: Connection, peer: PingingPeer) => Promise<Sent>>> = {
  async 'all messages in one tick'(connection) {
    const all = LENGTHS.flatMap((length) => [textOf(length), bytesOf(length)]);
    await Promise.all(all.map((message) => connection.send(message)));
    return all;
  },
  async 'one message after the other'(connection) {
    const all = LENGTHS.flatMap((length) => [textOf(length), bytesOf(length)]);
    for (const message of all) await connection.send(message);
    return all;
  },
  async 'messages of parts that span ticks'(connection) {
    const parts = [textOf(3000), textOf(0), textOf(50), textOf(30_000)];
    const more = [bytesOf(1), bytesOf(40_000), bytesOf(3)];
    await Promise.all([
      connection.send(slowly(parts)),
      connection.send(bytesOf(500)),
      connection.send(slowly(more)),
    ]);
    return [parts.join(''), bytesOf(500), Buffer.concat(more)];
  },
  async 'streams of Node, and a Blob'(connection) {
    const bytes = bytesOf(200_000);
    await connection.send(Readable.from([bytes.subarray(0, 70_000), bytes.subarray(70_000)]));
    await connection.send(new Blob([bytes]));
    return [bytes, bytes];
  },
  async 'the web stream'(connection) {
    const writer = connection.writable.getWriter();
    const all = LENGTHS.map(bytesOf);
    for (const message of all) await writer.write(message);
    writer.releaseLock();
    return all;
  },
  async 'an echo by stream, while pings arrive inside of the message'(connection, peer) {
    const parts = [bytesOf(10), bytesOf(9000), bytesOf(0), bytesOf(70_000)];
    const echo = (async () => {
      for await (const message of connection.messageStreams()) {
        await connection.send(message);
        break;
      }
    })();
    for (const [index, part] of parts.entries()) {
      peer.send(index === 0 ? 2 : 0, part, index === parts.length - 1);
      await turn();
    }
    await echo;
    return [Buffer.concat(parts)];
  },
  async 'messages of event listeners'(connection, peer) {
    const all = [textOf(5000), textOf(50)];
    connection.on('message', (message) => void connection.send(message));
    for (const text of all) peer.send(1, text);
    while (peer.messages.length < all.length) await turn();
    return all;
  },
};

/** Checks that each pong answers a ping, in order, and that none came twice. */
function checkPongs({ pongs, pings }: PingingPeer): void {
  const numbers = pongs.map((pong) => Number(/^ping (\d+)$/.exec(pong)?.[1]));
  numbers.forEach((number, index) =>
    assert.ok(number > (numbers[index - 1] ?? 0) && number <= pings, pongs.join()),
  );
  assert.ok(pongs.length > 0, 'pings were answered');
}

/** All ways, and the native backend by the action loop. */
const ALL_WAYS: readonly Way[] = [
  ...WAYS,
  ...WAYS.filter(({ name }) => name === 'native').map((way): Way => ({
    ...way,
    name: 'native by the action loop',
    driver: 'action-loop',
  })),
];

for (const { name, component, driver } of ALL_WAYS) {
  describe(`a connection with pongs between slices (${name})`, () => {
    pongsGoBetweenSlices();
    leavesNothing();

    for (const side of ['client', 'server'] as const) {
      for (const pace of PACES) {
        for (const [what, program] of Object.entries(PROGRAMS)) {
          it(`writes whole frames: ${what}, ${side}, writes are done ${pace}`, async () => {
            for (const sendBufferSize of [16, 4096]) {
              const handle = openPair(component, { sendBufferSize })[side];
              const peer = new PingingPeer({ side, pace });
              const connection = new Connection(
                peer,
                handle,
                {},
                { side, session: openSession(handle, { driver }) },
              );
              const sent = await program(connection, peer);
              const info = await connection.close(4000, 'done');
              assert.deepEqual([info.code, info.wasClean], [4000, true]);
              assert.deepEqual(peer.messages, sent);
              assert.equal(peer.frames.at(-1)!.opcode, 8);
              checkPongs(peer);
            }
          });
        }
      }
    }
  });

  describe(`the endpoint of the command line with pongs between slices (${name})`, () => {
    pongsGoBetweenSlices();

    for (const pace of PACES) {
      it(`writes whole frames: writes are done ${pace}`, async () => {
        for (const sendBufferSize of [16, 4096]) {
          const { client } = openPair(component, { sendBufferSize });
          const peer = new PingingPeer({ side: 'client', pace });
          const endpoint = new Endpoint(client, peer);
          void endpoint.receive().catch(() => undefined);
          const all = LENGTHS.filter((length) => length <= 4096).map(textOf);
          const sends = all.map((text) => endpoint.send(BufferType.Utf8Message, Buffer.from(text)));
          await Promise.all(sends);
          await endpoint.send(BufferType.BinaryMessage, bytesOf(1000));
          await turn();
          assert.deepEqual(peer.messages, [...all, bytesOf(1000)]);
          checkPongs(peer);
          endpoint.destroy();
          await endpoint.closed;
        }
      });
    }
  });
}
