// A source publishes prices to all servers over NATS, and each server to its clients. Start one or more servers, then
// `node examples/fan-out/server.mjs source`. A client subscribes by sending the name of a price.
import { connect } from '@nats-io/transport-node';
import { clearInterval, setInterval } from 'node:timers';
import { listen } from 'websocket-protocol-component';
import { nats, relay } from 'websocket-protocol-component/topics';

const connection = await connect({
  servers: process.env.NATS ?? '127.0.0.1:4222',
  maxReconnectAttempts: -1,
});
const server = await listen({
  host: '127.0.0.1',
  port: Number(process.env.PORT ?? 0),
  maxPayload: 64,
  // A price is of no use later.
  slowSubscribers: 'drop',
});
server.on('connection', (client) => {
  client.on('message', (name) => {
    if (typeof name !== 'string' || name === '' || client.topics.size === 100) void client.close(1008);
    else client.subscribe(name);
  });
});
await relay(server, nats(connection)).ready;
console.log('listening on', server.url);

if (process.argv[2] === 'source') {
  const timer = setInterval(() => {
    for (const name of ['tea', 'coffee'])
      server.publish(name, JSON.stringify({ name, price: Math.round(Math.random() * 1000) / 100 }));
  }, 100);
  process.once('SIGTERM', () => clearInterval(timer));
}
process.once('SIGTERM', async () => {
  await server.close();
  await connection.close();
});
