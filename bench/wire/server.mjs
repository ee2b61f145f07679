/** An echo server of one contender: `node server.mjs NAME`. It sends its port, and its memory when asked. */
import { createServer } from 'node:http';
import net from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ours, peer } from '../peers.mjs';

const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const ANSWER = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`;
const LOOPBACK = '127.0.0.1';

const portOf = (server) =>
  new Promise((resolve) => server.listen(0, LOOPBACK, 4096, () => resolve(server.address().port)));

function bareHttp(busyNanoseconds) {
  const server = createServer();
  server.on('upgrade', (request, socket) => {
    const end = process.hrtime.bigint() + busyNanoseconds;
    while (process.hrtime.bigint() < end);
    socket.write(ANSWER);
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('error', () => socket.destroy());
  });
  return portOf(server);
}

const servers = {
  async ours() {
    const { listen } = ours('index.js');
    const server = await listen({ host: LOOPBACK, backlog: 4096, maxPayload: 0 });
    server.on('connection', (connection) => {
      connection.on('message', (message) => {
        void connection.send(message);
      });
    });
    return server.address().port;
  },

  /** Sends the parts of a message back as they come, without assembling it. */
  async 'ours-stream'() {
    const { listen } = ours('index.js');
    const server = await listen({ host: LOOPBACK, backlog: 4096, maxPayload: 0 });
    const echo = async (connection) => {
      for await (const message of connection.messageStreams()) await connection.send(message);
    };
    // The load resets its connections after the measurement.
    server.on('connection', (connection) => void echo(connection).catch(() => undefined));
    return server.address().port;
  },

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

  ws() {
    const { WebSocketServer } = peer('ws');
    const server = createServer();
    new WebSocketServer({ server, maxPayload: 0 }).on('connection', (socket) => {
      socket.on('message', (message, isBinary) => socket.send(message, { binary: isBinary }));
    });
    return portOf(server);
  },

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
    return new Promise((resolve) => {
      uws
        .App()
        .ws('/*', {
          maxPayloadLength: 64 * 1024 * 1024,
          maxBackpressure: 64 * 1024 * 1024,
          idleTimeout: 0,
          message: (socket, message, isBinary) => socket.send(message, isBinary),
        })
        .listen(LOOPBACK, 0, (token) => resolve(uws.us_socket_local_port(token)));
    });
  },

  /** The floor: sends bytes back unchanged, after an answer to the upgrade. */
  net() {
    const server = net.createServer((socket) => {
      socket.setNoDelay(true);
      socket.once('data', () => {
        socket.write(ANSWER);
        socket.on('data', (chunk) => socket.write(chunk));
      });
      socket.on('error', () => socket.destroy());
    });
    return portOf(server);
  },

  /** The floor of a handshake on node:http. */
  http: () => bareHttp(0n),
  /** The same with some work before the answer, to show how much time a handshake may take at a given rate. */
  'http+6µs': () => bareHttp(6000n),
  'http+9µs': () => bareHttp(9000n),
};

const port = await servers[process.argv[2]]();
let delay = null;

process.on('message', async (question) => {
  if (question === 'memory') {
    for (let turn = 0; turn < 5; turn++) {
      globalThis.gc();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { rss, heapUsed } = process.memoryUsage();
    process.send({ rss, heapUsed });
  } else if (question === 'delay') {
    delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    process.send({});
  } else if (question === 'delayed') {
    delay.disable();
    process.send({ p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 });
  } else if (question === 'cpu') {
    process.send(process.cpuUsage());
  }
});
process.on('disconnect', () => process.exit());
process.send({ port });
