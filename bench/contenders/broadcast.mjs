/**
 * A server of one contender that broadcasts: when asked to run, it sends
 * one message after the other, each when all readers have the one before. It reports its processor time per delivery.
 */
import { createServer } from 'node:http';
import net from 'node:net';
import { frameOf } from '../frames.mjs';
import { peer, published } from '../peers.mjs';
import { answerWith, given, processorTime } from '../processes.mjs';
import { CONSTANT_ANSWER } from './frame-reader.mjs';
import { LOOPBACK, portOf } from './loopback.mjs';

const { contender: name, row } = given();
/** Each connection subscribes to one of these, in turn. A run sends to all of them, so each connection gets one message. */
const TOPICS = Array.from({ length: row.topics ?? 1 }, (_, index) => `topic ${index}`);
let subscribed = 0;
const nextTopic = () => TOPICS[subscribed++ % TOPICS.length];

/** Typical JSON of a program, or bytes. */
const text = JSON.stringify(
  Array.from({ length: 200 }, (_, index) => ({
    id: index * 7919,
    name: `item ${index}`,
    price: (index * 37) % 1000,
  })),
).slice(0, row.size);
const message = row.compressed ? text : Buffer.alloc(row.size, 'message');

const DEFLATE = row.compressed
  ? { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 }
  : false;

async function listenOurs() {
  const { listen } = published('.');
  const server = await listen({
    host: LOOPBACK,
    backlog: 4096,
    perMessageDeflate: DEFLATE,
    keepAlive: false,
  });
  server.on('connection', (connection) => {
    connection.on('message', () => {});
    connection.subscribe(nextTopic());
  });
  return server;
}

/** A server of `ws`, or of the drop-in, that sends to each client. */
async function sendInLoop({ WebSocketServer }) {
  const http = createServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: DEFLATE });
  return {
    port: await portOf(http),
    send() {
      for (const socket of server.clients) socket.send(message);
    },
  };
}

const contenders = {
  async 'ours, send'() {
    const server = await listenOurs();
    return {
      port: server.address().port,
      send() {
        for (const connection of server.connections) void connection.send(message);
      },
    };
  },

  async 'ours, prepared'() {
    const { prepare } = published('.');
    const server = await listenOurs();
    return {
      port: server.address().port,
      send() {
        const prepared = prepare(message);
        for (const connection of server.connections) void connection.send(prepared);
      },
    };
  },

  async 'ours, broadcast'() {
    const server = await listenOurs();
    return { port: server.address().port, send: () => void server.broadcast(message) };
  },

  async 'ours, publish'() {
    const server = await listenOurs();
    return {
      port: server.address().port,
      send() {
        for (const topic of TOPICS) server.publish(topic, message);
      },
    };
  },

  ws: () => sendInLoop(peer('ws')),

  'drop-in': () => sendInLoop(published('./ws')),

  async uwebsockets() {
    if (row.compressed) return null;
    const uws = peer('uwebsockets');
    const app = uws.App().ws('/*', {
      maxBackpressure: 64 * 1024 * 1024,
      idleTimeout: 0,
      open: (socket) => socket.subscribe(nextTopic()),
      message() {},
    });
    return new Promise((resolve) => {
      app.listen(LOOPBACK, 0, (token) =>
        resolve({
          port: uws.us_socket_local_port(token),
          send() {
            for (const topic of TOPICS) app.publish(topic, message, true);
          },
        }),
      );
    });
  },

  /** The floor: one piece of memory written to each socket. */
  async net() {
    if (row.compressed) return null;
    const sockets = [];
    const server = net.createServer((socket) => {
      socket.setNoDelay(true);
      socket.once('data', () => {
        socket.write(CONSTANT_ANSWER);
        sockets.push(socket);
      });
      socket.on('error', () => socket.destroy());
    });
    return {
      port: await portOf(server),
      send() {
        const frame = frameOf(0x82, message, 0);
        for (const socket of sockets) socket.write(frame);
      },
    };
  },
};

let heard = () => {};
const control = net.createServer((socket) => {
  socket.setNoDelay(true);
  socket.on('data', () => heard());
});
const controlPort = await portOf(control);
const contender = await contenders[name]();

async function run({ milliseconds }) {
  const before = processorTime();
  const begin = performance.now();
  let messages = 0;
  while (performance.now() - begin < milliseconds) {
    const done = new Promise((resolve) => (heard = resolve));
    contender.send();
    messages++;
    await done;
  }
  return { cost: (processorTime(before) * 1000) / (messages * row.connections) };
}

answerWith({ run }, contender === null ? { absent: true } : { port: contender.port, controlPort });
