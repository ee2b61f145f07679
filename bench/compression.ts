/**
 * Memory and ratio of permessage-deflate: `node --expose-gc dist/bench/compression.js`. It prints the figures for
 * `docs/compression.md` and asserts nothing.
 */
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

const encode = (codec: DeflateCodec, message: Uint8Array): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    codec.encode(message, true, (error, bytes) => (error === null ? resolve(bytes) : reject(error)));
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

const cases: readonly (readonly [string, number, boolean, number])[] = [
  ['as agreed on by default', 15, false, 8],
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
  globalThis.gc?.();
  const used = (process.memoryUsage.rss() - before) / CONNECTIONS / 1024;
  for (const pair of codecs) for (const codec of pair) codec.close();
  return `${used.toFixed(1)} KiB | ${(plain / coded).toFixed(2)} | ${micros.toFixed(1)} µs`;
}

/** What a level and a memLevel buy: processor time to compress a message, and the ratio. */
async function measureLevel(level: number, memLevel: number, records: number): Promise<string> {
  const agreed: DeflateParameters = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: 15,
    clientMaxWindowBits: 15,
  };
  const options = { zlibDeflateOptions: { level, memLevel } };
  const count = 4000;
  const messages = Array.from({ length: count }, (_, index) =>
    Buffer.concat(Array.from({ length: records }, (_, place) => record(index * records + place))),
  );
  let best = Infinity;
  let ratio = 0;
  for (let round = 0; round < 5; round++) {
    const codec = new DeflateCodec('server', agreed, options);
    let plain = 0;
    let coded = 0;
    const before = process.cpuUsage();
    for (const message of messages) {
      plain += message.byteLength;
      coded += (await encode(codec, message)).byteLength;
    }
    const { user, system } = process.cpuUsage(before);
    codec.close();
    best = Math.min(best, (user + system) / count);
    ratio = plain / coded;
  }
  return `${best.toFixed(1)} µs | ${ratio.toFixed(2)}`;
}

async function levels(): Promise<void> {
  console.log('\n| level, memLevel | 0.1 KiB, time | ratio | 1 KiB, time | ratio |');
  console.log('|---|---|---|---|---|');
  for (const [level, memLevel] of [
    [6, 8],
    [6, 9],
    [4, 8],
    [3, 8],
    [1, 8],
    [6, 4],
    [3, 4],
  ] as const)
    console.log(
      `| ${level}, ${memLevel} | ${await measureLevel(level, memLevel, 1)} | ${await measureLevel(level, memLevel, 8)} |`,
    );
}

async function main(): Promise<void> {
  // Each case runs in a process of its own. Otherwise the memory of one case would count for the next.
  const chosen = process.argv[2];
  if (chosen === undefined) {
    const { spawnSync } = await import('node:child_process');
    console.log(
      '| | resident memory, sender and receiver of one direction | bytes before : after | time, both ends |',
    );
    console.log('|---|---|---|---|');
    for (const index of cases.keys())
      spawnSync(process.execPath, ['--expose-gc', __filename, String(index)], { stdio: 'inherit' });
    await levels();
    return;
  }
  const [name, bits, forgets, memLevel] = cases[Number(chosen)]!;
  console.log(`| ${name} | ${await measure(bits, forgets, memLevel)} |`);
}

void main();
