/** One contender for one row of the engine table. Measures a round whenever it is told to. */
import { createHash } from 'node:crypto';
import { frameOf, payloadOf, streamOf } from '../frames.mjs';
import { answerWith, given, processorTime } from '../processes.mjs';

const { contender: name, row } = given();
const { parser, sender } = await import(`./engine/${name}.mjs`);

const CHUNK = 64 * 1024;

/** Bytes of a stream: enough to measure the time, few enough for the caches. */
const volume = Math.max(1024 * 1024, Math.min(4 * row.size, 32 * 1024 * 1024));

async function parseCase() {
  const { chunks, messages, payloads } = streamOf(row, { bytes: volume, chunkSize: CHUNK });
  // Contenders unmask in place, so every pass gets a new copy of the stream, outside of the timed part.
  const memory = chunks.map((chunk) => Buffer.allocUnsafeSlow(chunk.length));
  const seen = { bytes: 0, messages: 0, check: null };
  const { write, isFloor } = (await parser(row, seen)) ?? {};
  if (write === undefined) return null;
  const pass = () => {
    for (let index = 0; index < chunks.length; index++) chunks[index].copy(memory[index]);
    seen.bytes = 0;
    seen.messages = 0;
    const before = processorTime();
    for (let index = 0; index < memory.length; index++) write(memory[index]);
    return processorTime(before);
  };
  const check = () => {
    if (isFloor) return;
    const actual = createHash('sha256');
    seen.check = (bytes) => actual.update(bytes);
    pass();
    seen.check = null;
    const expected = createHash('sha256');
    for (let index = 0; index < messages; index++) expected.update(payloads[index % payloads.length]);
    if (seen.messages !== messages) throw new Error(`${seen.messages} messages of ${messages}`);
    if (seen.bytes !== messages * row.size) throw new Error(`${seen.bytes} bytes`);
    if (actual.digest('hex') !== expected.digest('hex')) throw new Error('the payloads differ');
  };
  return { pass, check, messages };
}

function sendCase() {
  const messages = Math.max(1, Math.floor(volume / row.size));
  const batch = Math.max(1, Math.floor(CHUNK / row.size));
  const payloads = Array.from({ length: Math.min(messages, 16) }, (_, index) =>
    payloadOf(row.content, row.size, index + 1),
  );
  let collected = null;
  let bytes = 0;
  const write = (chunk) => {
    bytes += chunk.length;
    if (collected !== null) collected.push(Buffer.from(chunk));
    return true;
  };
  const contender = sender(row, write);
  if (contender === null) return null;
  const pass = () => {
    bytes = 0;
    const before = processorTime();
    for (let index = 0; index < messages;) {
      const end = Math.min(messages, index + batch);
      for (; index < end; index++) contender.send(payloads[index % payloads.length]);
      contender.flush();
    }
    return processorTime(before);
  };
  const check = () => {
    if (contender.isFloor) return;
    collected = [];
    pass();
    const output = Buffer.concat(collected);
    collected = null;
    let at = 0;
    for (let index = 0; index < messages; index++) {
      const header =
        frameOf(0x82, payloads[index % payloads.length], 0).length - row.size + (row.masked ? 4 : 0);
      const key = row.masked ? output.readInt32LE(at + header - 4) : 0;
      const expected = frameOf(0x82, payloads[index % payloads.length], 0).subarray(
        header - (row.masked ? 4 : 0),
      );
      for (let byte = 0; byte < row.size; byte++) {
        const value = output[at + header + byte] ^ (row.masked ? (key >>> ((byte & 3) * 8)) & 0xff : 0);
        if (value !== expected[byte]) throw new Error(`message ${index} differs at ${byte}`);
      }
      at += header + row.size;
    }
    if (at !== output.length || at !== bytes) throw new Error('the output is longer than its messages');
  };
  return { pass, check, messages };
}

const run = row.kind === 'parse' ? await parseCase() : sendCase();

/**
 * Nanoseconds of processor time per message, over as many passes as fit into the time. Garbage collection is
 * included.
 */
function round(milliseconds) {
  let spent = 0;
  let passes = 0;
  const end = performance.now() + milliseconds;
  do {
    spent += run.pass();
    passes++;
  } while (performance.now() < end);
  return (spent * 1000) / (passes * run.messages);
}

answerWith(
  { check: () => run.check(), round: ({ milliseconds }) => ({ cost: round(milliseconds) }) },
  { absent: run === null },
);
