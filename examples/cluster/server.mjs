// A chat with rooms in one process per core, on any number of machines. All processes share one port, and Redis carries
// the rooms between them. The path of the URL is the room: ws://127.0.0.1:8080/kitchen
import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { createClient } from 'redis';
import { listen } from 'websocket-protocol-component';
import { redis, relay } from 'websocket-protocol-component/topics';

if (cluster.isPrimary) {
  const workers = Number(process.env.WORKERS ?? availableParallelism());
  for (let count = 0; count < workers; count++) cluster.fork();
  let listening = 0;
  cluster.on('listening', (_, { port }) => {
    if (++listening === workers) console.log('listening on', port);
  });
  process.once('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) worker.kill('SIGTERM');
  });
} else {
  const client = createClient({ url: process.env.REDIS ?? 'redis://127.0.0.1:6379' });
  client.on('error', (error) => console.error('Redis:', error.message));
  await client.connect();

  const server = await listen({
    host: '127.0.0.1',
    port: Number(process.env.PORT ?? 8080),
    // A path longer than a topic may be is no room.
    verifyClient: ({ url }) => url.length <= 256 || { status: 414 },
  });
  server.on('connection', (connection) => {
    const room = connection.url;
    connection.subscribe(room);
    connection.on('message', (message) => server.publish(room, `${process.pid}: ${message}`));
  });
  const joint = relay(server, redis(client));
  joint.on('down', () => console.error('Redis is away: messages stay in this process'));
  joint.on('lost', ({ topic, count }) => console.error('missed', count, 'messages to', topic));

  process.once('SIGTERM', async () => {
    await server.close({ reason: 'this worker is going down' });
    client.destroy();
    process.exit();
  });
}
