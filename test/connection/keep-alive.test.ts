import assert from 'node:assert/strict';
import { leavesNothing } from '../support/leaks.js';
import { openEnds, openHalfRaw, SIDES } from '../support/open.js';
import { WAYS } from '../support/ways.js';

const way = WAYS[0]!;

describe('keep-alive', () => {
  leavesNothing();
  for (const side of SIDES) {
    it(`a silent ${side} pings, and goes on after an answer`, async () => {
      const { connection, peer, end } = await openHalfRaw(side, way, {
        keepAlive: { interval: 10, timeout: 2000 },
      });
      for (let count = 0; count < 3; count++) {
        const ping = (await peer.next())!;
        assert.equal(ping.opcode, 9);
        peer.send(10, ping.payload);
      }
      assert.equal(connection.state, 'open');
      assert.ok(connection.counters.roundTrip! > 0);
      await end();
    });

    it(`a ${side} gives up a peer that does not answer`, async () => {
      const { connection, peer, end } = await openHalfRaw(side, way, {
        keepAlive: { interval: 10, timeout: 10 },
      });
      const { code, wasClean, error } = await connection.closed;
      assert.deepEqual({ code, wasClean }, { code: 1006, wasClean: false });
      assert.equal(error!.code, 'ERR_KEEP_ALIVE');
      assert.equal((await peer.next())!.opcode, 9);
      await end();
    });
  }

  it('any data counts as a sign of life', async () => {
    const keepAlive = { interval: 10, timeout: 500 };
    const { connection, peer, end } = await openHalfRaw('server', way, { keepAlive });
    for (let pings = 0; pings < 5; pings++) {
      assert.equal((await peer.next())!.opcode, 9);
      peer.send(1, 'not a pong');
    }
    assert.equal(connection.state, 'open');
    assert.equal(connection.counters.roundTrip, undefined);
    await end();
  });

  it('a connection that its own reader has paused is not given up', async () => {
    const { client, server, end } = await openEnds({ keepAlive: 5 }, { keepAlive: false });
    server.pause();
    const deadline = performance.now() + 60;
    while (performance.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(server.state, 'open');
    assert.equal(client.state, 'open');
    await end();
  });

  it('has one timer for all connections of a server, and none without connections', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const { client, server, end } = await openEnds({}, { keepAlive: false });
    const { interval } = { interval: timers() };
    client.terminate();
    await Promise.all([client.closed, server.closed]);
    assert.ok(timers() <= interval);
    await end();
  });
});
