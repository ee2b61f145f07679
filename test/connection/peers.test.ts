import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import WebSocket, { WebSocketServer } from 'ws';
import type { RawData } from 'ws';
import { connect } from '../../lib/opening/index.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere, portOf } from '../support/open.js';
import { WAYS } from '../support/ways.js';

const big = Buffer.alloc(300_000, 'äöü');

describe('the ws package', () => {
  leavesNothing();
  for (const { name, component, driver } of WAYS) {
    it(`as the client of our server: ${name}`, async () => {
      const server = await listenHere({ component, driver, protocols: ['chat'] }, async (connection) => {
        for await (const message of connection) await connection.send(message);
      });
      const client = new WebSocket(`ws://127.0.0.1:${portOf(server)}/`, ['chat']);
      await once(client, 'open');
      assert.equal(client.protocol, 'chat');
      client.send('Grüße');
      client.send(big);
      client.send('a', { fin: false });
      client.send('b', { fin: true });
      const received: (string | Buffer)[] = [];
      client.on('message', (data: RawData, isBinary) => {
        received.push(isBinary ? (data as Buffer) : (data as Buffer).toString());
      });
      client.ping('are you there');
      const [payload] = (await once(client, 'pong')) as [Buffer];
      assert.equal(payload.toString(), 'are you there');
      while (received.length < 3) await once(client, 'message');
      assert.deepEqual(received, ['Grüße', big, 'ab']);
      client.close(4000, 'fertig');
      const [code, reason] = (await once(client, 'close')) as [number, Buffer];
      assert.deepEqual([code, reason.toString()], [4000, 'fertig']);
      await server.close();
    });

    it(`as the server of our client: ${name}`, async () => {
      const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'chat' });
      server.on('connection', (socket) => {
        socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
      });
      await once(server, 'listening');
      const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const client = await connect(url, { component, driver, protocols: ['other', 'chat'] });
      assert.equal(client.protocol, 'chat');
      void client.send('Grüße');
      void client.send(big);
      void client.send(['a', 'b', 'c']);
      const received: (string | Buffer)[] = [];
      for await (const message of client) {
        received.push(typeof message === 'string' ? message : Buffer.from(message));
        if (received.length === 3) break;
      }
      assert.deepEqual(received, ['Grüße', big, 'abc']);
      assert.ok((await client.ping()) > 0);
      assert.deepEqual(await client.close(4001, 'bye'), { code: 4001, reason: 'bye', wasClean: true });
      server.close();
      await once(server, 'close');
    });
  }
});
