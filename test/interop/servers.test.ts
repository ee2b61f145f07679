import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { WebSocketServer } from 'ws';

import { Program } from '../support/program.js';
import { assertReport, SUBPROTOCOL } from './exchange.js';
import { ourSides } from './our-sides.js';
import { itWith, PYTHON_PEER, pythonWebsockets } from './programs.js';

for (const side of ourSides) {
  describe(`our client (${side.name})`, function () {
    this.timeout(60_000);

    it("talks with the ws package's server", async () => {
      const server = await wsServer();
      try {
        const { port } = server.address() as AddressInfo;
        assertReport(await side.exchange(`ws://127.0.0.1:${port}`), ['pong', 'fragments']);
      } finally {
        server.close();
      }
    });

    itWith(pythonWebsockets(), "talks with a server of Python's websockets", async (python) => {
      const server = new Program(python, [PYTHON_PEER, 'server']);
      try {
        const [, port] = await server.prints(/port (\d+)/);
        assertReport(await side.exchange(`ws://127.0.0.1:${port}`), ['pong', 'fragments']);
      } finally {
        await server.stop();
      }
    });
  });
}

async function wsServer(): Promise<WebSocketServer> {
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    handleProtocols: (offered) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
  });
  server.on('connection', (socket, request) => {
    if (request.url === '/goodbye') {
      socket.send('goodbye');
      socket.close(4002, 'go away');
    } else if (request.url === '/ping') {
      socket.once('pong', () => {
        socket.send('ponged');
        socket.close(1000);
      });
      socket.ping('payload');
    } else {
      socket.on('message', (data, binary) => socket.send(data, { binary }));
    }
  });
  await once(server, 'listening');
  return server;
}
