/** "zlib alone": inflates and deflates the messages of a row, connection by connection, without socket and WebSocket. */
import { messagesOf } from '../frames.mjs';
import { answerWith, given, processorTime } from '../processes.mjs';
import { ZlibPair } from './zlib-pair.mjs';

const { row } = given();
const nextMessage = messagesOf(row);
const connections = Array.from({ length: row.connections }, () => ({
  pair: new ZlibPair(),
  pack: ZlibPair.packer(),
  unpack: ZlibPair.unpacker(),
}));
/** Turns over all connections whose input is made beforehand: enough to measure, few enough for the memory. */
const TURNS = Math.max(1, Math.ceil((1 << 22) / (row.connections * row.depth * row.size)));

/**
 * Each connection has as many messages at a time as a chunk from its socket would have. `use` gets each packed reply, and
 * the message and the connection that it is for.
 */
function pass(use) {
  const input = [];
  for (let turn = 0; turn < TURNS; turn++) {
    for (const connection of connections) {
      for (let index = 0; index < row.depth; index++) {
        const message = Buffer.from(nextMessage());
        input.push({ connection, message, packed: connection.pack(message) });
      }
    }
  }
  const before = processorTime();
  for (let index = 0; index < input.length; index++) {
    const each = input[index];
    each.connection.pair.echo(each.packed, (reply) => use?.(reply, each));
  }
  return { spent: processorTime(before), messages: input.length };
}

answerWith({
  /** Comes first and once, since the replies of `run` are not unpacked. */
  check() {
    pass((reply, { connection, message }) => {
      if (!connection.unpack(reply).equals(message)) throw new Error('a reply differs');
    });
  },

  run({ milliseconds }) {
    const end = performance.now() + milliseconds;
    const sum = { spent: 0, messages: 0 };
    do {
      const { spent, messages: some } = pass();
      sum.spent += spent;
      sum.messages += some;
    } while (performance.now() < end);
    return sum;
  },
});
