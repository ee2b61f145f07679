// Starts one process per core; all share one port. Each message goes through the broker to the clients of all
// processes, on this machine and on others.
import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';
import { connect, listen } from 'websocket-protocol-component';

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
  const broker = await connect(process.env.BROKER ?? 'ws://127.0.0.1:9000/');
  const server = await listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 8080) });
  server.on('connection', (connection) => {
    connection.on('message', (message) => broker.send(`${process.pid}: ${message}`));
  });
  broker.on('message', (message) => {
    for (const connection of server.connections) connection.send(message);
  });
  process.once('SIGTERM', async () => {
    await server.close({ reason: 'this worker is going down' });
    await broker.close();
    process.exit();
  });
}
