// Receives files of any size, part by part, and answers with their SHA-256.
import { createHash } from 'node:crypto';
import { listen } from 'websocket-protocol-component';

const server = await listen(
  { host: '127.0.0.1', port: Number(process.env.PORT ?? 8080) },
  async (connection) => {
    for await (const message of connection.messageStreams()) {
      const hash = createHash('sha256');
      let length = 0;
      for await (const part of message) {
        hash.update(part);
        length += part.length;
      }
      await connection.send(`${length} bytes, ${hash.digest('hex')}`);
    }
  },
);
console.log('listening on', server.url);
