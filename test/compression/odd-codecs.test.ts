import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from '../../lib/index.js';
import type { Connection, Extension, MessageCodec } from '../../lib/index.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere } from '../support/open.js';

type Codec = Record<
  'encodes' | 'encode' | 'decode' | 'stopDecoding' | 'close',
  (...args: never[]) => unknown
>;
type Done = (error?: unknown, bytes?: unknown) => void;
type Piece = (bytes: unknown) => void;

/** A codec that changes nothing, without the compiler's checks, as in JavaScript. */
const plain: Codec = {
  encodes: () => true,
  encode: (part: Uint8Array, _: boolean, done: Done) => done(null, part),
  decode: (part: Uint8Array, _: boolean, piece: Piece, done: Done) => {
    piece(part);
    done(null);
  },
  stopDecoding: () => undefined,
  close: () => undefined,
};

function extension(codec: Codec): Extension {
  const make = (): MessageCodec => codec as unknown as MessageCodec;
  return {
    name: 'x-plain',
    offers: () => ['x-plain'],
    conclude: () => make,
    accept: () => ({ answer: 'x-plain', codec: make }),
  };
}

/** What is thrown, or given in place of an error or of bytes. */
const MALICE = 'größe €€€ 日本語 '.repeat(20);
const thrown = (value: unknown) => (): never => {
  throw value;
};
const textless: unknown = Object.create(null);

const broken: readonly (readonly [name: string, change: Partial<Codec>, code: string])[] = [
  ...[null, undefined, 'text', 5, textless, new Error(MALICE)].flatMap(
    (value, index) =>
      [
        [`encodes throws (${index})`, { encodes: thrown(value) }, 'ERR_COMPRESSION_FAILED'],
        [`encode throws (${index})`, { encode: thrown(value) }, 'ERR_COMPRESSION_FAILED'],
        [`decode throws (${index})`, { decode: thrown(value) }, 'ERR_INVALID_COMPRESSION'],
        [
          `encode rejects (${index})`,
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- likewise
          { encode: () => Promise.reject(value) },
          'ERR_COMPRESSION_FAILED',
        ],
        [
          `decode rejects (${index})`,
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- likewise
          { decode: () => Promise.reject(value) },
          'ERR_INVALID_COMPRESSION',
        ],
      ] as const,
  ),
  ...['text', MALICE, 5, textless].flatMap(
    (value, index) =>
      [
        [
          `encode gives an odd error (${index})`,
          { encode: (_: Uint8Array, __: boolean, done: Done) => done(value) },
          'ERR_COMPRESSION_FAILED',
        ],
        [
          `decode gives an odd error (${index})`,
          { decode: (_: Uint8Array, __: boolean, ___: Piece, done: Done) => void setImmediate(done, value) },
          'ERR_INVALID_COMPRESSION',
        ],
      ] as const,
  ),
  ...[undefined, null, 'text', 5].flatMap(
    (value, index) =>
      [
        [
          `encode gives no bytes (${index})`,
          { encode: (_: Uint8Array, __: boolean, done: Done) => void setImmediate(done, null, value) },
          'ERR_COMPRESSION_FAILED',
        ],
        [
          `decode gives no bytes (${index})`,
          { decode: (_: Uint8Array, __: boolean, piece: Piece) => void setImmediate(piece, value) },
          'ERR_INVALID_COMPRESSION',
        ],
      ] as const,
  ),
];

describe('codecs that are broken', () => {
  leavesNothing();

  async function open(change: Partial<Codec>): Promise<{
    client: Connection;
    server: Connection;
    end: () => Promise<void>;
  }> {
    const listener = await listenHere({ extensions: [extension(plain)], backend: 'portable' });
    const arrival = once(listener, 'connection') as Promise<[Connection]>;
    const client = await connect(listener.url, {
      extensions: [extension({ ...plain, ...change })],
      backend: 'portable',
    });
    const [server] = await arrival;
    const end = async (): Promise<void> => {
      client.terminate();
      await listener.close();
    };
    return { client, server, end };
  }

  for (const [name, change, code] of broken) {
    it(`${name}: its connection fails, and the peer can read why`, async () => {
      const { client, server, end } = await open(change);
      let got = 0;
      client.on('message', () => got++);
      if (code === 'ERR_COMPRESSION_FAILED') void client.send('a');
      else void server.send('a');
      const [{ error }, info] = await Promise.all([client.closed, server.closed]);
      assert.equal(error?.code, code);
      assert.equal(got, 0);
      // A reason that is not UTF-8 would be a failure of the server.
      assert.equal(info.error, undefined);
      assert.equal(info.code, error.closeCode);
      assert.ok(error.message.startsWith(info.reason));
      assert.ok(Buffer.byteLength(info.reason) > Math.min(123, Buffer.byteLength(error.message)) - 4);
      await end();
    });
  }

  it('may end without an argument, as usual in Node', async () => {
    const { client, server, end } = await open({
      encode: (part: Uint8Array, _: boolean, done: Done) => done(undefined, part),
      decode: (part: Uint8Array, _: boolean, piece: Piece, done: Done) => {
        piece(part);
        done();
      },
    });
    server.on('message', (message) => void server.send(message));
    await client.send('a');
    assert.equal((await client.messages().next()).value, 'a');
    await end();
  });

  it('cannot add to the next message after their end', async () => {
    const { client, server, end } = await open({
      decode: (part: Uint8Array, _: boolean, piece: Piece, done: Done) => {
        piece(part);
        done(null);
        piece(part);
      },
    });
    const messages = client.messages();
    void server.send('a');
    assert.equal((await messages.next()).value, 'a');
    void server.send('b');
    assert.equal((await messages.next()).value, 'b');
    await end();
  });
});
