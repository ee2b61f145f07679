import { describe, it, before, after } from 'mocha';
import { listen } from '../../lib/index.js';
import type { Server } from '../../lib/index.js';
import { PEER_CASES } from './cases.js';
import { rawClient } from '../support/raw-peer.js';
import { runCase } from './run-case.js';

describe('an echo server and a hand-made client', () => {
  let server: Server;
  before(async () => {
    server = await listen({ host: '127.0.0.1', port: 0, maxPayload: 64 << 20, maxFragments: 1 << 20 });
    server.on('connection', (connection) => {
      void (async () => {
        try {
          for await (const message of connection) await connection.send(message);
        } catch {
          // Most cases end with an error. The test checks the frames that the peer gets.
        }
      })();
    });
  });
  after(() => server.close());

  for (const peerCase of PEER_CASES) {
    it(peerCase.name, async () => {
      const { port } = server.address() as { port: number };
      await runCase(await rawClient(port, { endsByItself: true }), peerCase);
    });
  }
});
