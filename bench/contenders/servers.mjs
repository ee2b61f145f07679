/**
 * The echo server of one contender, in a process of its own. `row.tls` are the files of a certificate, `row.deflate` asks
 * for compression, both with the defaults of the contender.
 */
import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate } from 'node:timers';
import tls from 'node:tls';
import { payloadOf, frameOf, headOf, jsonOf } from '../frames.mjs';
import { ours, peer, published } from '../peers.mjs';
import { answer, answerWith, given, processorTime } from '../processes.mjs';
import { answerTo, CONSTANT_ANSWER, FrameReader } from './frame-reader.mjs';
import { LOOPBACK, portOf } from './loopback.mjs';
import { ZlibPair } from './zlib-pair.mjs';

const { contender, row } = given();
const certificate = row.tls && { key: readFileSync(row.tls.key), cert: readFileSync(row.tls.cert) };

const httpServer = () => (row.tls ? https.createServer(certificate) : createServer());

/** A server on bare sockets. `open(socket)` returns what is done with each chunk. */
function bareServer(open) {
  const listener = (socket) => {
    socket.setNoDelay(true);
    socket.once('data', (request) => {
      const onChunk = open(socket, request);
      socket.on('data', onChunk);
    });
    socket.on('error', () => socket.destroy());
  };
  return portOf(row.tls ? tls.createServer(certificate, listener) : net.createServer(listener));
}

/**
 * A bare socket that echoes messages of one length without reading them: it counts bytes, and writes frames that were
 * made beforehand. `write` gets the frames that are due after a chunk.
 */
function bareFrames(write) {
  const payload = row.content === 'json' ? Buffer.from(jsonOf(row.size, 0)) : payloadOf('bytes', row.size, 1);
  const frame = frameOf(row.content === 'json' ? 0x81 : 0x82, payload, 0);
  const most = row.depth * 2;
  const frames = Buffer.concat(Array.from({ length: most }, () => frame));
  return bareServer((socket, request) => {
    socket.write(answerTo(request));
    let received = 0;
    return (chunk) => {
      received += chunk.length;
      // A frame of a client has four bytes more: its mask.
      const due = Math.min(most, Math.floor(received / (frame.length + 4)));
      received -= due * (frame.length + 4);
      if (due !== 0) write(socket, frames, frame.length, due);
    };
  });
}

function bareHttp(busyNanoseconds) {
  const server = createServer();
  server.on('upgrade', (request, socket) => {
    const end = process.hrtime.bigint() + busyNanoseconds;
    while (process.hrtime.bigint() < end);
    socket.write(CONSTANT_ANSWER);
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('error', () => socket.destroy());
  });
  return portOf(server);
}

/** A server of ws, or of the drop-in. */
function likeWs({ WebSocketServer }) {
  const server = httpServer();
  new WebSocketServer({ server, maxPayload: 0, perMessageDeflate: row.deflate === true }).on(
    'connection',
    (socket) => {
      socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }));
    },
  );
  return portOf(server);
}

const OUR_OPTIONS = {
  host: LOOPBACK,
  backlog: 4096,
  maxPayload: 0,
  perMessageDeflate: row.deflate === true,
  ...(row.tls && { tls: certificate }),
};

async function listenOurs(echo, listen = published('.').listen) {
  const server = await listen(OUR_OPTIONS);
  server.on('connection', echo);
  return server.address().port;
}

function echoMessages(connection) {
  connection.on('message', (message) => {
    void connection.send(message);
  });
}

/** The workers of a cluster, each with a server. They answer for their processor time. */
async function clusterOf(count) {
  cluster.setupPrimary({ args: ['ours', JSON.stringify(row)] });
  const workers = Array.from({ length: count }, () => cluster.fork());
  const [{ port }] = await Promise.all(workers.map((worker) => answer(worker.process)));
  process.once('disconnect', () => workers.forEach((worker) => worker.kill()));
  answers.processor = async () => {
    for (const worker of workers) worker.send({ question: 'processor' });
    const spent = await Promise.all(workers.map((worker) => answer(worker.process)));
    return { spent: spent.reduce((sum, each) => sum + each.spent, processorTime()) };
  };
  pids = workers.map((worker) => worker.process.pid);
  return port;
}

const servers = {
  ours: () => listenOurs(echoMessages),

  /** With a smaller window of zlib, which both sides then have to stay within. */
  'ours, 12 bits': () =>
    listenOurs(echoMessages, (options) =>
      published('.').listen({ ...options, perMessageDeflate: { serverMaxWindowBits: 12 } }),
    ),

  /** Sends the parts of a message back as they come, without assembling it. */
  'ours-stream': () =>
    listenOurs((connection) => {
      const echo = async () => {
        for await (const message of connection.messageStreams()) await connection.send(message);
      };
      // The load resets its connections after the measurement.
      void echo().catch(() => undefined);
    }),

  /** The session alone, on the socket of node:http. The difference to `ours` is the cost of a connection. */
  async 'ours-session'() {
    const { portable } = ours('component/portable/index.js');
    const { openSession } = ours('session/index.js');
    const server = createServer();
    server.on('upgrade', (request, socket) => {
      const handle = portable.createServerHandle();
      const headers = handle.beginServerHandshake({
        requestHeaders: request.rawHeaders.flatMap((name, at, all) =>
          at % 2 === 0 ? [{ name, value: all[at + 1] }] : [],
        ),
      });
      handle.endServerHandshake();
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\n${headers.map((each) => `${each.name}: ${each.value}\r\n`).join('')}\r\n`,
      );
      const session = openSession(handle);
      const sink = {
        data(type, bytes, start, end) {
          session.send(type, bytes.subarray(start, end));
        },
        pong() {},
        close() {},
      };
      socket.on('data', (chunk) => {
        session.receive(chunk, sink);
        if (session.outputLength === 0) return;
        const chunks = session.takeOutput();
        if (chunks.length !== 1) socket.cork();
        for (const each of chunks) socket.write(each);
        if (chunks.length !== 1) socket.uncork();
      });
      socket.on('error', () => socket.destroy());
    });
    return portOf(server);
  },

  'ours, http2': () => listenOurs(echoMessages, published('.').listenHttp2),

  'ours, 2 processes': () => clusterOf(2),

  'drop-in': () => likeWs(published('./ws')),

  ws: () => likeWs(peer('ws')),

  'websocket-driver'() {
    const websocket = peer('websocket-driver');
    const server = createServer();
    server.on('upgrade', (request, socket, head) => {
      const driver = websocket.http(request, { maxLength: 2 ** 31 - 1 });
      driver.io.write(head);
      socket.pipe(driver.io).pipe(socket);
      driver.messages.on('data', (message) => driver.messages.write(message));
      driver.on('close', () => socket.end());
      socket.on('error', () => socket.destroy());
      driver.start();
    });
    return portOf(server);
  },

  uwebsockets() {
    const uws = peer('uwebsockets');
    const app = row.tls
      ? uws.SSLApp({ key_file_name: row.tls.key, cert_file_name: row.tls.cert })
      : uws.App();
    return new Promise((resolve) => {
      app
        .ws('/*', {
          maxPayloadLength: 64 * 1024 * 1024,
          maxBackpressure: 64 * 1024 * 1024,
          idleTimeout: 0,
          compression: row.deflate ? uws.DEDICATED_COMPRESSOR | uws.DEDICATED_DECOMPRESSOR : uws.DISABLED,
          message: (socket, message, isBinary) => socket.send(message, isBinary, row.deflate === true),
        })
        .listen(LOOPBACK, 0, (token) => resolve(uws.us_socket_local_port(token)));
    });
  },

  /** The floor: sends bytes back unchanged, after an answer to the upgrade. */
  net: () =>
    bareServer((socket) => {
      socket.write(CONSTANT_ANSWER);
      return (chunk) => socket.write(chunk);
    }),

  /** The floor over TLS: one write for the messages of a turn of the event loop, as ours does. */
  'floor: a write a turn'() {
    const owed = new Map();
    return bareFrames((socket, frames, length, due) => {
      if (owed.size === 0)
        setImmediate(() => {
          for (const [each, count] of owed) each.write(frames.subarray(0, length * count));
          owed.clear();
        });
      owed.set(socket, (owed.get(socket) ?? 0) + due);
    });
  },

  /** The floor over TLS: one write for the messages of a chunk. */
  'floor: a write a chunk': () =>
    bareFrames((socket, frames, length, due) => socket.write(frames.subarray(0, length * due))),

  /** The floor over TLS of a server that writes each message. */
  'floor: a write a message': () =>
    bareFrames((socket, frames, length, due) => {
      for (let index = 0; index < due; index++) socket.write(frames.subarray(0, length));
    }),

  /** zlib on a bare socket: reads frames, inflates and deflates each, and writes once for a chunk. */
  'zlib + net': () =>
    bareServer((socket, request) => {
      socket.write(answerTo(request, 'permessage-deflate'));
      const zlib = new ZlibPair();
      let output = [];
      const reader = new FrameReader((firstByte, payload) => {
        zlib.echo(payload, (packed) => output.push(headOf(firstByte, packed.length), Buffer.from(packed)));
      });
      return (chunk) => {
        reader.read(chunk);
        if (output.length === 0) return;
        socket.write(Buffer.concat(output));
        output = [];
      };
    }),

  /** The floor over HTTP/2: a stream that sends bytes back as they are. */
  'http2 stream'() {
    const server = http2.createServer({ settings: { enableConnectProtocol: true } });
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200 });
      stream.on('data', (chunk) => stream.write(chunk));
      stream.on('error', () => stream.destroy());
    });
    return portOf(server);
  },

  /** The floor of a handshake on node:http. */
  http: () => bareHttp(0n),
  /** The same with some work before the answer, to show how much time a handshake may take at a given rate. */
  'http+3µs': () => bareHttp(3000n),
  'http+6µs': () => bareHttp(6000n),
};

let delay = null;

/** The processes that do the work, if they are others than this one. */
let pids;

const answers = {
  processor: () => ({ spent: processorTime() }),

  async memory() {
    for (let turn = 0; turn < 5; turn++) {
      globalThis.gc();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { rss, heapUsed } = process.memoryUsage();
    return { rss, heapUsed };
  },

  delay() {
    delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
  },

  delayed() {
    delay.disable();
    return { p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, most: delay.max / 1e6 };
  },
};

const port = await servers[contender]();
answerWith(answers, { port, pids });
