// Sends each worker's messages to all workers, on any machine. It takes the place of Redis, NATS and the like.
import { listen } from 'websocket-protocol-component';

const broker = await listen({
  host: process.env.HOST ?? '127.0.0.1',
  port: Number(process.env.PORT ?? 9000),
});
broker.on('connection', (worker) => {
  worker.on('message', (message) => {
    for (const each of broker.connections) each.send(message);
  });
});
console.log('listening on', broker.address().port);
