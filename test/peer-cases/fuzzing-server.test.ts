import type { AddressInfo } from 'node:net';
import { describe, it } from 'mocha';
import { connect } from '../../lib/index.js';
import { PEER_CASES } from './cases.js';
import { listenRaw } from './raw-peer.js';
import { runCase } from './run-case.js';

describe('an echo client and a hand-made server', () => {
  for (const peerCase of PEER_CASES) {
    it(peerCase.name, async () => {
      let judge!: Promise<void>;
      const server = await listenRaw((peer) => {
        judge = runCase(peer, peerCase);
      });
      const { port } = server.address() as AddressInfo;
      const connection = await connect(`ws://127.0.0.1:${port}/`, {
        maxPayload: 64 << 20,
        maxFragments: 1 << 20,
      });
      try {
        for await (const message of connection) await connection.send(message);
      } catch {
        // Most cases end with an error; what the peer gets to see is judged.
      }
      await connection.closed;
      await judge;
      server.close();
    });
  }
});
