import { listen } from 'websocket-protocol-component';

const server = await listen({ host: '127.0.0.1', port: Number(process.env.PORT ?? 8080) });
console.log('listening on', server.url);

for await (const connection of server) echo(connection).catch(console.error);

async function echo(connection) {
  for await (const message of connection) await connection.send(message);
}
