// Sends a file as one message, no faster than the server reads it.
import { createReadStream } from 'node:fs';
import { connect } from 'websocket-protocol-component';

const [file, url = 'ws://127.0.0.1:8080/'] = process.argv.slice(2);
const connection = await connect(url);
await connection.send(createReadStream(file));
for await (const answer of connection) {
  console.log(answer);
  await connection.close();
}
