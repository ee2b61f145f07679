import { strict as assert } from 'node:assert';
import { WebSocketError, WebSocketStream } from '../../lib/index.js';
import { startPeer } from './peer.js';
import type { Peer } from './peer.js';
import { makeStreamTools, streamCases } from './stream-cases.js';

describe('WebSocketStream, case by case', () => {
  let peer: Peer;
  before(async () => {
    peer = await startPeer();
    Object.assign(globalThis, { location: new URL(`http://127.0.0.1:${peer.port}/page`) });
  });
  after(async () => {
    delete (globalThis as { location?: unknown }).location;
    await peer.close();
  });

  for (const { name, run, expected } of streamCases) {
    it(name, async () => {
      const log: unknown[] = [];
      await run(makeStreamTools(WebSocketStream, WebSocketError, `ws://127.0.0.1:${peer.port}`, log));
      assert.deepEqual(log, expected);
    });
  }
});
