// A client that comes back. It repeats what the server has not answered: `node examples/reconnect/client.mjs URL`.
import { connections, ConnectionError } from 'websocket-protocol-component';

const loop = connections(process.argv[2] ?? 'ws://127.0.0.1:8080/', { firstDelay: 100, maxDelay: 5000 });
loop.on('wait', ({ delay, error }) => console.log('again in', delay, 'ms:', error?.message ?? 'closed'));
process.once('SIGINT', () => process.exit());

const waiting = ['one', 'two', 'three'];

for await (const connection of loop) {
  console.log('open');
  try {
    for (const text of waiting) void connection.send(text);
    for await (const answer of connection) {
      // The server of examples/echo answers with the same text.
      const index = waiting.indexOf(answer);
      if (index >= 0) waiting.splice(index, 1);
      console.log('answered', answer);
      if (waiting.length === 0) break;
    }
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
  }
  if (waiting.length !== 0) continue;
  await connection.close();
  break;
}
console.log('all answered');
