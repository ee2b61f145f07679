/** Our portable engine through its bulk driver. */
import { ours } from '../../peers.mjs';

const { portable } = ours('component/portable/index.js');
const { openSession } = ours('session/index.js');
const { BufferType } = ours('component/contract.js');
const { Connection } = ours('connection/index.js');

function handles() {
  const server = portable.createServerHandle();
  const client = portable.createClientHandle();
  const request = client.beginClientHandshake();
  client.endClientHandshake(
    server.beginServerHandshake({ requestHeaders: [{ name: 'Host', value: 'a' }, ...request] }),
  );
  server.endServerHandshake();
  return { server, client };
}

function session(masked, options) {
  const { server, client } = handles();
  return openSession(masked ? server : client, options);
}

const NOTHING = () => undefined;
const { latin1Slice, utf8Slice } = Buffer.prototype;

/** Sinks of different kinds. Each kind has its own functions, so that no kind makes another slower. */
const SINKS = {
  /** Reads positions only, and makes no object for a message. */
  index: (seen) => ({
    data(type, bytes, start, end, remaining) {
      seen.bytes += end - start;
      if (remaining === 0) seen.messages++;
      if (seen.check !== null) seen.check(bytes.subarray(start, end));
    },
    pong: NOTHING,
    close: NOTHING,
  }),
  /** A Buffer for each part. */
  buffer: (seen) => {
    // Asking a Uint8Array for its memory costs more than making a view of it.
    let chunk = null;
    let memory = null;
    let offset = 0;
    const FastBuffer = Buffer[Symbol.species] ?? Buffer;
    return {
      data(type, bytes, start, end, remaining) {
        if (bytes !== chunk) {
          chunk = bytes;
          memory = bytes.buffer;
          offset = bytes.byteOffset;
        }
        const part = new FastBuffer(memory, offset + start, end - start);
        seen.bytes += part.length;
        if (remaining === 0) seen.messages++;
        if (seen.check !== null) seen.check(part);
      },
      pong: NOTHING,
      close: NOTHING,
    };
  },
  /** A string for each message. The messages of these cases come whole, or as the connection would assemble them. */
  string: (seen) => ({
    data(type, bytes, start, end, remaining, compressed, ascii) {
      const text = ascii ? latin1Slice.call(bytes, start, end) : utf8Slice.call(bytes, start, end);
      seen.bytes += end - start;
      if (remaining === 0) seen.messages++;
      if (seen.check !== null) seen.check(Buffer.from(bytes.subarray(start, end)), text);
    },
    pong: NOTHING,
    close: NOTHING,
  }),
};

/** A connection on a transport in memory. It gives whole messages, as an application gets them. */
async function connection(masked, seen) {
  const { Duplex } = await import('node:stream');
  const { server, client } = handles();
  const socket = new Duplex({ read: NOTHING, write: (chunk, encoding, done) => done() });
  const open = new Connection(socket, masked ? server : client, {
    maxPayload: 0,
    maxFragments: 0,
    keepAlive: false,
  });
  open.on('message', (message) => {
    seen.bytes += message.length;
    seen.messages++;
    if (seen.check !== null) seen.check(Buffer.from(message));
  });
  return { write: (chunk) => socket.emit('data', chunk) };
}

export async function parser(row, seen) {
  if (row.deliver === 'message') return connection(row.masked, seen);
  const driver = session(row.masked, row.driver === 'action-loop' ? { driver: 'action-loop' } : undefined);
  const sink = SINKS[row.deliver](seen);
  return { write: (chunk) => driver.receive(chunk, sink) };
}

export function sender(row, write) {
  const driver = session(!row.masked, undefined);
  const type = row.content === 'bytes' ? BufferType.BinaryMessage : BufferType.Utf8Message;
  return {
    send: (payload) => driver.send(type, payload),
    flush() {
      const chunks = driver.takeOutput();
      for (let index = 0; index < chunks.length; index++) write(chunks[index]);
    },
  };
}
