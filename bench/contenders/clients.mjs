/**
 * The client of one contender, in a process of its own: it keeps `row.depth` messages under way on each of
 * `row.connections` connections to an echo server. It is what the client benches measure, and the load of others.
 */
import http2 from 'node:http2';
import { messagesOf } from '../frames.mjs';
import { peer, published } from '../peers.mjs';
import { answerWith, given, processorTime } from '../processes.mjs';

const { contender, row } = given();
const { port } = row;
const url = `${row.tls ? 'wss' : 'ws'}://127.0.0.1:${port}/`;
const tls = { rejectUnauthorized: false };
const nextMessage = messagesOf(row);

/** A WebSocket with the interface of browsers. */
function likeWeb(socket) {
  socket.binaryType = 'arraybuffer';
  return new Promise((resolve, reject) => {
    socket.onerror = () => reject(new Error('the connection could not be opened'));
    socket.onopen = () =>
      resolve({
        send: (message) => socket.send(message),
        listen(use) {
          socket.onmessage = (event) => use(event.data);
        },
      });
  });
}

/** A WebSocket of ws, or of the drop-in. */
function likeWs({ WebSocket }) {
  const socket = new WebSocket(url, { ...tls, perMessageDeflate: row.deflate === true });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('open', () =>
      resolve({
        send: (message) => socket.send(message),
        listen(use) {
          socket.removeAllListeners('message');
          socket.on('message', use);
        },
        /** Bytes from the wire, where they show whether the peer compresses. */
        received: () => socket._socket.bytesRead,
      }),
    );
  });
}

const likeOurs = (connection) => ({
  send: (message) => void connection.send(message),
  listen(use) {
    connection.removeAllListeners('message');
    connection.on('message', use);
  },
});

/** The one session of all streams over HTTP/2. */
let session = null;
const sharedSession = () => (session ??= http2.connect(`http://127.0.0.1:${port}`));

const clients = {
  ws: () => likeWs(peer('ws')),

  'drop-in': () => likeWs(published('./ws')),

  ours: async () => likeOurs(await published('.').connect(url)),

  'ours, web': () => likeWeb(new (published('.').WebSocket)(url)),

  undici: () => likeWeb(new (peer('undici').WebSocket)(url)),

  'ours, http2': async () => likeOurs(await published('.').connectHttp2(url, { session: sharedSession() })),

  /** The floor over HTTP/2: a stream, messages of one length, counted by their bytes, written once for a chunk. */
  async 'http2 stream'() {
    const open = sharedSession();
    if (open.remoteSettings?.enableConnectProtocol !== true)
      await new Promise((resolve) => open.once('remoteSettings', resolve));
    const stream = open.request(
      { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/', ':scheme': 'http', ':authority': 'a' },
      { endStream: false },
    );
    await new Promise((resolve, reject) => stream.once('response', resolve).once('error', reject));
    let output = [];
    let isReading = false;
    const write = () => {
      if (output.length !== 0) stream.write(output.length === 1 ? output[0] : Buffer.concat(output));
      output = [];
    };
    return {
      send(message) {
        output.push(message);
        if (!isReading) write();
      },
      listen(use) {
        let rest = Buffer.alloc(0);
        stream.removeAllListeners('data');
        stream.on('data', (chunk) => {
          isReading = true;
          const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
          let at = 0;
          for (; bytes.length - at >= row.size; at += row.size) use(bytes.subarray(at, at + row.size));
          rest = bytes.subarray(at);
          isReading = false;
          write();
        });
      },
    };
  },
};

const connections = [];
for (let index = 0; index < row.connections; index++) connections.push(await clients[contender]());

const bytesOf = (data) => Buffer.from(data);

/** Sends some messages one after the other, and compares each reply. */
function compare({ send, listen, received }) {
  const COUNT = 8;
  const before = received?.() ?? 0;
  let count = 0;
  let message = nextMessage();
  return new Promise((resolve, reject) => {
    listen((data) => {
      const [reply, sent] = [bytesOf(data), bytesOf(message)];
      // A floor of TLS sends back the same bytes, whatever has come.
      if (row.constantReply ? reply.length !== row.size : !reply.equals(sent))
        reject(new Error(`${contender}: a reply differs`));
      message = nextMessage();
      if (++count < COUNT) send(message);
      else if (row.deflate === true && received() - before >= COUNT * row.size)
        reject(new Error(`${contender}: the replies are not compressed`));
      else resolve();
    });
    send(message);
  });
}

/** Keeps messages under way for some time, then waits until all of them are back. */
function run({ milliseconds }) {
  return new Promise((resolve) => {
    const before = processorTime();
    const begin = performance.now();
    let isOver = false;
    let count = 0;
    let underWay = row.connections * row.depth;
    const ready = () =>
      resolve({
        spent: processorTime(before),
        messages: count,
        seconds: (performance.now() - begin) / 1000,
      });
    setTimeout(() => (isOver = true), milliseconds);
    for (const { send, listen } of connections) {
      listen(() => {
        count++;
        if (!isOver) send(nextMessage());
        else if (--underWay === 0) ready();
      });
      for (let index = 0; index < row.depth; index++) send(nextMessage());
    }
  });
}

answerWith({ check: () => Promise.all(connections.map(compare)).then(() => undefined), run });
