import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import net from 'node:net';

import { WebSocket } from 'ws';

import { connect } from '../../lib/index.js';
import { describeGuide, printedPort } from '../support/page-programs.js';
import type { PagePrograms } from '../support/page-programs.js';

async function startServer(guide: PagePrograms): Promise<string> {
  guide.file('peer.mjs');
  return printedPort(guide.start('server.mjs'));
}

describeGuide('sans-io', [], (guide) => {
  it('prints what goes over the channel as on the page', async () => {
    guide.file('peer.mjs');
    assert.equal(await guide.run('channel.mjs'), guide.fragment(/It prints:/));
  });

  it('the server answers, pongs and closes', async () => {
    const connection = await connect(`ws://localhost:${await startServer(guide)}/`);
    const long = 'ü'.repeat(100_000);
    assert.ok((await connection.ping()) > 0);
    void connection.send('hello');
    void connection.send(long);
    const messages: unknown[] = [];
    for await (const message of connection) {
      messages.push(message);
      if (messages.length === 2) await connection.close(3001, 'done');
    }
    assert.deepEqual(messages, ['hello', long]);
    const { code, wasClean } = await connection.closed;
    assert.deepEqual({ code, wasClean }, { code: 3001, wasClean: true });
  });

  it('the server answers a close frame without a status', async () => {
    const connection = await connect(`ws://localhost:${await startServer(guide)}/`);
    await connection.close(1005);
    const { code, wasClean } = await connection.closed;
    assert.deepEqual({ code, wasClean }, { code: 1000, wasClean: true });
  });

  it('the server answers the package ws', async () => {
    const socket = new WebSocket(`ws://localhost:${await startServer(guide)}/`);
    await once(socket, 'open');
    socket.send('hello');
    const [data] = (await once(socket, 'message')) as [Buffer];
    assert.equal(data.toString(), 'hello');
    socket.close(1000);
    assert.deepEqual((await once(socket, 'close'))[0], 1000);
  });

  it('the server tells a client that breaks the protocol, and serves the next', async () => {
    const port = await startServer(guide);
    const socket = net.connect(Number(port), 'localhost');
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n');
    socket.write('Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');
    // A frame without a mask.
    socket.write(Buffer.from([0x81, 0x01, 0x61]));
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    assert.deepEqual([...Buffer.concat(chunks).subarray(-4)], [0x88, 0x02, 0x03, 0xea]);
    const connection = await connect(`ws://localhost:${port}/`);
    await connection.close();
  });

  it('the server refuses a request that is no handshake', async () => {
    const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '12' };
    const { createConnection } = net;
    const socket = createConnection(Number(await startServer(guide)), 'localhost');
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\n${lines.join('')}\r\n`);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 400 Bad Request/);
  });
});
