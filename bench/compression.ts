/**
 * Memory and ratio of permessage-deflate: `node --expose-gc dist/bench/compression.js`. It prints the figures for
 * `docs/compression.md` and asserts nothing.
 */
import type { ZlibOptions } from 'node:zlib';
import { DeflateCodec } from '../lib/connection/codec/deflate/codec.js';
import type { DeflateParameters } from '../lib/connection/codec/deflate/index.js';

const CONNECTIONS = 500;

/** A typical message of a program: JSON that resembles the JSON before it. */
function record(index: number): Buffer {
  return Buffer.from(
    JSON.stringify({
      type: 'quote',
      id: index,
      symbol: ['MSFT', 'AAPL', 'SIE', 'SAP'][index % 4],
      price: Math.round(Math.abs(Math.sin(index)) * 100_000) / 100,
      volume: (index * 7919) % 10_007,
      time: new Date(1_700_000_000_000 + index * 137).toISOString(),
    }),
  );
}

const encode = (codec: DeflateCodec, message: Uint8Array, isLast = true): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    codec.encode(message, isLast, (error, bytes) => (error === null ? resolve(bytes) : reject(error)));
  });

const decode = (codec: DeflateCodec, message: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    codec.decode(
      message,
      true,
      () => {},
      (error) => (error === null ? resolve() : reject(error)),
    );
  });

/** A message of so many records, which differ from those of the messages before it. */
const messageOf = (records: number, index: number): Buffer =>
  Buffer.concat(Array.from({ length: records }, (_, place) => record(index * records + place)));

/** Name, bits of the windows, whether they are forgotten, memLevel. */
const cases: readonly (readonly [string, number, boolean, number])[] = [
  ['as agreed on by default', 15, false, 8],
  ['windows of 12 bits', 12, false, 8],
  ['windows of 10 bits', 10, false, 8],
  ['windows of 10 bits, memLevel 4', 10, false, 4],
  ['windows of 9 bits, memLevel 1', 9, false, 1],
  ['windows forgotten after each message', 15, true, 8],
];

async function measure(bits: number, forgets: boolean, memLevel: number): Promise<string> {
  const agreed: DeflateParameters = {
    serverNoContextTakeover: forgets,
    clientNoContextTakeover: forgets,
    serverMaxWindowBits: bits,
    clientMaxWindowBits: bits,
  };
  const options = { zlibDeflateOptions: { memLevel }, threshold: 0 };
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const codecs = Array.from({ length: CONNECTIONS }, () => [
    new DeflateCodec('server', agreed, options),
    new DeflateCodec('client', agreed, options),
  ]);
  let plain = 0;
  let coded = 0;
  let messages = 0;
  const start = process.hrtime.bigint();
  for (const [server, client] of codecs) {
    for (let index = 0; index < 50; index++) {
      const message = record(index);
      const bytes = await encode(server!, message);
      await decode(client!, bytes);
      plain += message.byteLength;
      coded += bytes.byteLength;
      messages++;
    }
  }
  const micros = Number(process.hrtime.bigint() - start) / 1000 / messages;
  const used = usedSince(before);
  for (const pair of codecs) for (const codec of pair) codec.close();
  return `${used} | ${(plain / coded).toFixed(2)} | ${micros.toFixed(1)} µs`;
}

function usedSince(before: number): string {
  globalThis.gc?.();
  return `${((process.memoryUsage.rss() - before) / CONNECTIONS / 1024).toFixed(0)} KiB`;
}

/** The memory of senders alone: zlib has memory that only long messages touch. */
async function measureSenders(bits: number, memLevel: number): Promise<string> {
  const agreed: DeflateParameters = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: bits,
    clientMaxWindowBits: bits,
  };
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const senders = Array.from(
    { length: CONNECTIONS },
    () => new DeflateCodec('server', agreed, { zlibDeflateOptions: { memLevel } }),
  );
  for (const sender of senders) for (let index = 0; index < 50; index++) await encode(sender, record(index));
  const small = usedSince(before);
  // A message in parts, because parts of this length are compressed on this thread.
  const parts = Array.from({ length: 7 }, (_, index) => messageOf(140, index));
  for (const sender of senders)
    for (const [index, part] of parts.entries()) await encode(sender, part, index === parts.length - 1);
  const long = usedSince(before);
  for (const sender of senders) sender.close();
  return `${small} | ${long}`;
}

/** Processor time to compress a message of so many records, and the ratio. */
async function measureEncoding(
  zlibDeflateOptions: ZlibOptions,
  forgets: boolean,
  records: number,
): Promise<{ time: number; plain: number; ratio: number }> {
  const agreed: DeflateParameters = {
    serverNoContextTakeover: forgets,
    clientNoContextTakeover: false,
    serverMaxWindowBits: 15,
    clientMaxWindowBits: 15,
  };
  const count = Math.min(4000, Math.ceil(16_000 / records));
  const messages = Array.from({ length: count }, (_, index) => messageOf(records, index));
  let time = Infinity;
  let plain = 0;
  let coded = 0;
  for (let round = 0; round < 5; round++) {
    const codec = new DeflateCodec('server', agreed, { zlibDeflateOptions, threshold: 0 });
    plain = coded = 0;
    const before = process.cpuUsage();
    for (const message of messages) {
      plain += message.byteLength;
      coded += (await encode(codec, message)).byteLength;
    }
    const { user, system } = process.cpuUsage(before);
    codec.close();
    time = Math.min(time, (user + system) / count);
  }
  return { time, plain: plain / count, ratio: plain / coded };
}

/** What a level and a memLevel buy a connection that keeps its window. */
async function levels(): Promise<void> {
  console.log('\n| level, memLevel | 0.1 KiB, time | ratio | 1 KiB, time | ratio | 64 KiB, time | ratio |');
  console.log('|---|---|---|---|---|---|---|');
  for (const [level, memLevel] of [
    [6, 8],
    [6, 9],
    [4, 8],
    [3, 8],
    [1, 8],
    [6, 4],
    [3, 4],
  ] as const) {
    const cells: string[] = [];
    for (const records of [1, 8, 555]) {
      const { time, ratio } = await measureEncoding({ level, memLevel }, false, records);
      cells.push(`${time.toFixed(time < 100 ? 1 : 0)} µs | ${ratio.toFixed(2)}`);
    }
    console.log(`| ${level}, ${memLevel} | ${cells.join(' | ')} |`);
  }
}

/**
 * What smaller windows buy a server with many connections, which send in turn: less memory, of which more stays in the
 * caches.
 */
async function windows(): Promise<void> {
  console.log('\n| window bits | 0.1 KiB, time | ratio | 1 KiB, time | ratio | 16 KiB, time | ratio |');
  console.log('|---|---|---|---|---|---|---|');
  for (const bits of [15, 14, 13, 12, 11, 10, 9]) {
    const cells: string[] = [];
    for (const records of [1, 10, 155]) {
      const agreed: DeflateParameters = {
        serverNoContextTakeover: false,
        clientNoContextTakeover: false,
        serverMaxWindowBits: bits,
        clientMaxWindowBits: bits,
      };
      const senders = Array.from({ length: 64 }, () => new DeflateCodec('server', agreed, {}));
      const count = Math.ceil(160 / records) * senders.length;
      let time = Infinity;
      let plain = 0;
      let coded = 0;
      for (let round = 0; round < 8; round++) {
        const messages = Array.from({ length: count }, (_, turn) => messageOf(records, round * count + turn));
        const before = process.cpuUsage();
        for (const [turn, message] of messages.entries()) {
          plain += message.byteLength;
          coded += (await encode(senders[turn % senders.length]!, message)).byteLength;
        }
        const { user, system } = process.cpuUsage(before);
        time = Math.min(time, (user + system) / count);
      }
      for (const sender of senders) sender.close();
      cells.push(`${time.toFixed(1)} µs | ${(plain / coded).toFixed(2)}`);
    }
    console.log(`| ${bits} | ${cells.join(' | ')} |`);
  }
}

/** From which length on a message gets smaller without a window: what `threshold` is about. */
async function lengths(): Promise<void> {
  console.log('\n| message | bytes | without a window, time | ratio | with a window, time | ratio |');
  console.log('|---|---|---|---|---|---|');
  for (const records of [1, 2, 3, 4, 8, 16, 32]) {
    const alone = await measureEncoding({}, true, records);
    const kept = await measureEncoding({}, false, records);
    const cells = [alone, kept].map(({ time, ratio }) => `${time.toFixed(1)} µs | ${ratio.toFixed(2)}`);
    const name = records === 1 ? '1 record' : `${records} records`;
    console.log(`| ${name} | ${alone.plain.toFixed(0)} | ${cells.join(' | ')} |`);
  }
}

/** Bits of the window, and memLevel. */
const senders = [
  [15, 8],
  [15, 4],
  [12, 8],
  [12, 4],
  [10, 8],
  [10, 4],
] as const;

async function main(): Promise<void> {
  // Each case runs in a process of its own. Otherwise the memory of one case would count for the next.
  const [kind, chosen] = process.argv.slice(2);
  if (kind === undefined) {
    const { spawnSync } = await import('node:child_process');
    const each = (name: string, count: number): void => {
      for (let index = 0; index < count; index++)
        spawnSync(process.execPath, ['--expose-gc', __filename, name, String(index)], { stdio: 'inherit' });
    };
    console.log(
      '| | resident memory, sender and receiver of one direction | bytes before : after | time, both ends |',
    );
    console.log('|---|---|---|---|');
    each('pair', cases.length);
    console.log('\n| window bits, memLevel | a sender of short messages | after a message of 100 KB |');
    console.log('|---|---|---|');
    each('sender', senders.length);
    await windows();
    await levels();
    await lengths();
  } else if (kind === 'pair') {
    const [name, bits, forgets, memLevel] = cases[Number(chosen)]!;
    console.log(`| ${name} | ${await measure(bits, forgets, memLevel)} |`);
  } else {
    const [bits, memLevel] = senders[Number(chosen)]!;
    console.log(`| ${bits}, ${memLevel} | ${await measureSenders(bits, memLevel)} |`);
  }
}

void main();
