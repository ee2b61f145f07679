/** A server that sends to many readers of `load.c`. The figure is nanoseconds of its processor time for a delivery. */
import { once } from 'node:events';
import readline from 'node:readline';
import { inflateRawSync } from 'node:zlib';
import { startProcess } from '../processes.mjs';
import { startLoad } from './load.mjs';

const END_OF_MESSAGE = Buffer.from([0, 0, 0xff, 0xff]);
const RSV1 = 0x40;

/** Checks the first message of the readers: the first byte of its frame, and its payload. */
function check([firstByte, ...payload], row) {
  const isCompressed = (firstByte & RSV1) !== 0;
  if (isCompressed !== row.compressed) throw new Error('the compression is not as agreed');
  const bytes = Buffer.from(payload);
  const { length } = isCompressed
    ? inflateRawSync(Buffer.concat([bytes, END_OF_MESSAGE]), { finishFlush: 2 })
    : bytes;
  if (length !== row.size) throw new Error(`a message of ${length} bytes has come`);
}

export async function start(contender, row, { execArgv } = {}) {
  const server = await startProcess('contenders/broadcast.mjs', contender, row, { execArgv });
  const { absent, port, controlPort } = server.ready;
  if (absent) {
    server.stop();
    return null;
  }
  const mode = row.compressed ? 'inflating-readers' : 'readers';
  const readers = startLoad(mode, port, controlPort, row.connections);
  const lines = readline.createInterface({ input: readers.stdout });
  const stop = () => {
    readers.kill();
    server.stop();
  };
  const ended = once(readers, 'exit').then(([code]) => {
    throw new Error(`the readers ended with ${code}`);
  });
  ended.catch(() => {});
  const line = async () => (await Promise.race([once(lines, 'line'), ended]))[0];
  const round = (milliseconds) => Promise.race([server.ask('run', { milliseconds }), ended]);
  try {
    await line();
  } catch (error) {
    stop();
    throw error;
  }
  return {
    measured: server,
    round,
    stop,
    async warmUp(milliseconds) {
      const first = line();
      await round(milliseconds);
      check(Buffer.from(await first, 'hex'), row);
    },
  };
}
