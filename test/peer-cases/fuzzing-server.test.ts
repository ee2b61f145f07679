import { describe, it } from 'mocha';
import { connect } from '../../lib/index.js';
import { PEER_CASES } from './cases.js';
import { rawServer } from '../support/raw-peer.js';
import { runCase } from './run-case.js';

describe('an echo client and a hand-made server', () => {
  for (const peerCase of PEER_CASES) {
    it(peerCase.name, async () => {
      const server = await rawServer({ endsByItself: true });
      const judge = server.next().then((peer) => runCase(peer, peerCase));
      const connection = await connect(`ws://127.0.0.1:${server.port}/`, {
        maxPayload: 64 << 20,
        maxFragments: 1 << 20,
      });
      try {
        for await (const message of connection) await connection.send(message);
      } catch {
        // Most cases end with an error. The test checks the frames that the peer gets.
      }
      await connection.closed;
      await judge;
      await server.close();
    });
  }
});
