// A page and a WebSocket endpoint on one http server. Each message goes to all visitors.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { attach } from 'websocket-protocol-component';

const page = await readFile(new URL('index.html', import.meta.url));
const http = createServer((request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
  response.end(page);
});

const chat = attach(http, { path: '/chat', protocols: ['chat'], maxPayload: 4096 }, async (connection) => {
  for await (const message of connection) {
    // Nobody waits for slow visitors: maxBufferedBytes closes a connection that is 64 MiB behind.
    for (const other of chat.connections) other.send(message);
  }
});

http.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () =>
  console.log('listening on', http.address().port),
);
process.once('SIGTERM', async () => {
  await chat.close({ reason: 'the server is going down' });
  http.close();
});
