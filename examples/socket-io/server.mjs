// socket.io on any number of machines, joined by its Redis adapter. The drop-in for ws carries its WebSockets.
import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { createClient } from 'redis';
import { Server } from 'socket.io';
import { WebSocketServer } from 'websocket-protocol-component/ws';

const publisher = createClient({ url: process.env.REDIS ?? 'redis://127.0.0.1:6379' });
const subscriber = publisher.duplicate();
for (const client of [publisher, subscriber]) {
  client.on('error', (error) => console.error('Redis:', error.message));
  await client.connect();
}

const http = createServer();
const io = new Server(http, {
  wsEngine: WebSocketServer,
  adapter: createAdapter(publisher, subscriber),
  // Without compression a broadcast is framed once for all clients of a process.
  perMessageDeflate: false,
});

io.on('connection', (socket) => {
  const { room = 'lobby', name = 'somebody' } = socket.handshake.auth;
  socket.join(room);
  socket.on('say', (text, done) => {
    io.to(room).emit('said', name, text);
    done?.();
  });
  io.emit('joined', name, room);
});

http.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log('listening on', http.address().port);
});

process.once('SIGTERM', async () => {
  await io.close();
  // Not `destroy`, which would reject the commands that the adapter still waits for.
  await Promise.all([publisher.close(), subscriber.close()]);
});
