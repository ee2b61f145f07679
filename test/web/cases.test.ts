import { strict as assert } from 'node:assert';
import { CloseEvent, WebSocket } from '../../lib/index.js';
import { makeCertificate } from '../support/certificate.js';
import { cases, makeTools } from './cases.js';
import { startPeer } from './peer.js';
import type { Peer } from './peer.js';

for (const scheme of ['ws', 'wss']) {
  describe(`the WebSocket of the web platform, case by case (${scheme})`, () => {
    let peer: Peer;
    let Class = WebSocket;
    before(async () => {
      const certificate = await makeCertificate();
      peer = await startPeer(scheme === 'wss' ? certificate : undefined);
      Object.assign(globalThis, { location: new URL(`http://127.0.0.1:${peer.port}/page`) });
      if (scheme === 'ws') return;
      Class = class extends WebSocket {
        constructor(...[url, protocols]: ConstructorParameters<typeof WebSocket>) {
          super(url, protocols, { tls: { ca: certificate.cert } });
        }
      };
    });
    after(async () => {
      delete (globalThis as { location?: unknown }).location;
      await peer.close();
    });

    for (const { name, run, expected, isOfClass } of cases) {
      // The class that trusts the certificate is not the platform's own.
      if (scheme === 'wss' && isOfClass === true) continue;
      it(name, async () => {
        const log: unknown[] = [];
        await run(makeTools(Class, CloseEvent, `${scheme}://127.0.0.1:${peer.port}`, log));
        assert.deepEqual(log, expected);
      });
    }
  });
}
