import { strict as assert } from 'node:assert';
import { CloseEvent, WebSocket } from '../../lib/index.js';
import { cases, makeTools } from './cases.js';
import { startPeer } from './peer.js';
import type { Peer } from './peer.js';

describe('the WebSocket of the web platform, case by case', () => {
  let peer: Peer;
  before(async () => {
    peer = await startPeer();
    Object.assign(globalThis, { location: new URL(`http://127.0.0.1:${peer.port}/page`) });
  });
  after(async () => {
    delete (globalThis as { location?: unknown }).location;
    await peer.close();
  });

  for (const { name, run, expected } of cases) {
    it(name, async () => {
      const log: unknown[] = [];
      await run(makeTools(WebSocket, CloseEvent, `ws://127.0.0.1:${peer.port}`, log));
      assert.deepEqual(log, expected);
    });
  }
});
