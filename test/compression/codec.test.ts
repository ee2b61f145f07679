import { strict as assert } from 'node:assert';
import { deflateRawSync, constants } from 'node:zlib';
import { DeflateCodec } from '../../lib/connection/codec/deflate/codec.js';
import { TAIL } from '../../lib/connection/codec/deflate/flow.js';
import type {
  DeflateParameters,
  PerMessageDeflateOptions,
} from '../../lib/connection/codec/deflate/index.js';

const FULL: DeflateParameters = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};

const encode = (codec: DeflateCodec, part: Uint8Array, isLast: boolean): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    codec.encode(part, isLast, (error, bytes) =>
      error === null ? resolve(Buffer.from(bytes)) : reject(error),
    );
  });

const decode = (codec: DeflateCodec, part: Uint8Array, isLast: boolean): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const pieces: Uint8Array[] = [];
    codec.decode(
      part,
      isLast,
      (bytes) => pieces.push(bytes),
      (error) => (error === null ? resolve(Buffer.concat(pieces)) : reject(error)),
    );
  });

async function withPair(
  agreed: DeflateParameters,
  options: PerMessageDeflateOptions,
  test: (server: DeflateCodec, client: DeflateCodec) => Promise<void>,
): Promise<void> {
  const server = new DeflateCodec('server', agreed, options);
  const client = new DeflateCodec('client', agreed, options);
  try {
    await test(server, client);
  } finally {
    server.close();
    client.close();
  }
}

/** Text that repeats its distant beginning. */
function sample(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0, value = 1; at < length; at++) {
    value = (value * 1103515245 + 12345) & 0x7fffffff;
    bytes[at] = at % 700 < 300 ? 97 + (at % 26) : value >>> 23;
  }
  return bytes;
}

describe('the codec of permessage-deflate', () => {
  for (const bits of [8, 9, 10, 12, 15]) {
    for (const forgets of [false, true]) {
      it(`decodes messages of all sizes: ${bits} bits, ${forgets ? 'without' : 'with'} context`, async () => {
        const agreed = {
          serverNoContextTakeover: forgets,
          clientNoContextTakeover: forgets,
          serverMaxWindowBits: bits,
          clientMaxWindowBits: bits,
        };
        await withPair(agreed, {}, async (server, client) => {
          for (const length of [0, 1, 5, 300, 5000, 8192, 40_000, 16_384, 400_000, 3, 2_000_000, 77]) {
            const message = sample(length);
            assert.ok((await decode(client, await encode(server, message, true), true)).equals(message));
            assert.ok((await decode(server, await encode(client, message, true), true)).equals(message));
          }
        });
      });
    }
  }

  it('knows the examples of RFC 7692, section 7.2.3', async () => {
    await withPair(FULL, {}, async (server, client) => {
      assert.equal((await encode(server, Buffer.from('Hello'), true)).toString('hex'), 'f248cdc9c90700');
      assert.equal((await encode(server, Buffer.from('Hello'), true)).toString('hex'), 'f200110000');
      assert.equal((await encode(server, Buffer.alloc(0), true)).toString('hex'), '00');
      for (const hex of ['f248cdc9c90700', 'f200110000', 'f348cdc9c9070000', 'f24805000000ffffcac9c90700'])
        if (!hex.startsWith('f2480500'))
          assert.equal((await decode(client, Buffer.from(hex, 'hex'), true)).toString(), 'Hello');
      const stored = Buffer.from('000500faff48656c6c6f00', 'hex');
      assert.equal((await decode(client, stored, true)).toString(), 'Hello');
    });
    await withPair(FULL, {}, async (_, client) => {
      const twoBlocks = Buffer.from('f24805000000ffffcac9c90700', 'hex');
      assert.equal((await decode(client, twoBlocks, true)).toString(), 'Hello');
    });
  });

  it('reads a message cut anywhere, and a final block in the thread pool, too', async () => {
    await withPair(FULL, {}, async (server, client) => {
      const message = sample(3000);
      const bytes = await encode(server, message, true);
      for (let cut = 0; cut <= bytes.byteLength; cut += 97) {
        await withPair(FULL, {}, async (_, reader) => {
          const parts = [
            await decode(reader, bytes.subarray(0, cut), false),
            await decode(reader, bytes.subarray(cut), true),
          ];
          assert.ok(Buffer.concat(parts).equals(message));
        });
      }
      const long = sample(200_000);
      const final = deflateRawSync(long, { finishFlush: constants.Z_FINISH });
      assert.ok((await decode(client, final, true)).equals(long));
      assert.equal((await decode(client, Buffer.from('f348cdc9c9070000', 'hex'), true)).toString(), 'Hello');
    });
  });

  it('flushes each encoded part of a message', async () => {
    await withPair(FULL, {}, async (server, client) => {
      for (const parts of [
        ['a', 'b', ''],
        ['x'.repeat(50_000), 'y'],
        ['', '', ''],
      ]) {
        for (const [index, part] of parts.entries()) {
          const bytes = await encode(server, Buffer.from(part), index === parts.length - 1);
          assert.equal((await decode(client, bytes, index === parts.length - 1)).toString(), part);
        }
      }
    });
  });

  for (const length of [100, 20_000]) {
    it(`refuses ${length} bytes that are no deflate stream`, async () => {
      await withPair(FULL, {}, async (server) => {
        await assert.rejects(decode(server, Buffer.alloc(length, 0xff), true), { code: 'Z_DATA_ERROR' });
      });
    });
  }

  it('sends short messages uncompressed if there is no context takeover, and only then', () => {
    const forgetting = new DeflateCodec('server', { ...FULL, serverNoContextTakeover: true }, {});
    assert.equal(forgetting.encodes(1023, true), false);
    assert.equal(forgetting.encodes(1024, true), true);
    const remembering = new DeflateCodec('server', { ...FULL, clientNoContextTakeover: true }, {});
    assert.equal(remembering.encodes(1, true), true);
    assert.equal(remembering.encodes(0, true), false);
    assert.equal(
      new DeflateCodec('client', { ...FULL, clientNoContextTakeover: true }, { threshold: 5 }).encodes(
        4,
        true,
      ),
      false,
    );
  });

  it('calls nothing after close', async () => {
    const codec = new DeflateCodec('server', FULL, {});
    let calls = 0;
    codec.encode(sample(500_000), true, () => calls++);
    codec.decode(
      sample(500_000),
      true,
      () => calls++,
      () => calls++,
    );
    codec.close();
    await withPair(FULL, {}, async (server) => {
      await encode(server, sample(500_000), true);
    });
    assert.equal(calls, 0);
  });

  it('decompresses much output in the thread pool, after the first pieces', async () => {
    await withPair(FULL, {}, async (server, client) => {
      for (const message of [Buffer.alloc(20_000_000, 'a bomb '), sample(4000)]) {
        const bytes = await encode(server, message, true);
        assert.ok(bytes.byteLength < 64 * 1024, 'short enough to begin on this thread');
        const pieces: Uint8Array[] = [];
        const isLong = message.byteLength > 1_000_000;
        let isDone = false;
        const result = new Promise<void>((resolve, reject) => {
          client.decode(
            bytes,
            true,
            (piece) => pieces.push(piece),
            (error) => {
              isDone = true;
              if (error === null) resolve();
              else reject(error);
            },
          );
        });
        const soon = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
        assert.equal(isDone, !isLong);
        assert.ok(soon > 0 && soon <= 512 * 1024, `${soon} bytes at once`);
        await result;
        assert.ok(Buffer.concat(pieces).equals(message));
      }
    });
  });

  it('refuses wrong bytes after much output', async () => {
    await withPair(FULL, {}, async (server, client) => {
      const bytes = await encode(server, Buffer.alloc(2_000_000, 'a bomb '), true);
      const wrong = Buffer.concat([bytes, TAIL, Buffer.alloc(4, 0xff)]);
      await assert.rejects(decode(client, wrong, true), { code: 'Z_DATA_ERROR' });
    });
  });

  it('keeps to the limit of calls in the thread pool, and ends', async () => {
    const codecs = Array.from({ length: 8 }, () => new DeflateCodec('server', FULL, { concurrencyLimit: 1 }));
    const order: number[] = [];
    await Promise.all(
      codecs.map(async (codec, index) => {
        await encode(codec, sample(100_000), true);
        order.push(index);
        codec.close();
      }),
    );
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7]);
  });
});
