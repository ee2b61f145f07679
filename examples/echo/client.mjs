import { connect } from 'websocket-protocol-component';

const connection = await connect(process.argv[2] ?? 'ws://127.0.0.1:8080/');
await connection.send('Hello');
for await (const message of connection) {
  console.log(message);
  await connection.close();
}
