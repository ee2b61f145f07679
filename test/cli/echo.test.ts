import { strict as assert } from 'node:assert';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import path from 'node:path';

import { listenForEcho } from '../../lib/cli/echo.js';
import type { EchoServer } from '../../lib/cli/echo.js';
import { backends } from '../support/backends.js';
import { PEER_CASES } from '../peer-cases/cases.js';
import { runCase } from '../peer-cases/run-case.js';
import { Program } from '../support/program.js';
import { rawClient, rawServer } from '../support/raw-peer.js';

const WSPC = path.resolve(__dirname, '../../lib/cli/wspc.js');

/** Close frames that RFC 6455 forbids, and the status that answers them. */
const WRONG_CLOSES = [
  ...[1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535].map((code) => ({
    name: `the code ${code}`,
    code,
    reason: '',
    status: 1002,
  })),
  { name: 'a reason that is not UTF-8', code: 1000, reason: Buffer.from('ceba80', 'hex'), status: 1007 },
];

for (const component of backends) {
  describe(`the echo server of the command line, ${component.backend} backend`, () => {
    let server: EchoServer;
    before(async () => {
      server = await listenForEcho(component, { host: '127.0.0.1', port: 0 });
    });
    after(() => server.close());

    for (const peerCase of PEER_CASES.filter(({ name }) => /^[1-7]/.test(name))) {
      it(`does what an echo server must: ${peerCase.name}`, async () => {
        const peer = await rawClient(server.port, { endsByItself: true });
        await runCase(peer, peerCase, { echoesPieces: true, knowsText: component.backend === 'portable' });
      });
    }

    for (const { name, code, reason, status } of WRONG_CLOSES) {
      it(`answers a close frame with ${name} with ${status}`, async () => {
        const peer = await rawClient(server.port, { endsByItself: true });
        peer.sendClose(code, reason);
        assert.equal(await peer.nextClose(), status);
        await peer.closed;
      });
    }
  });
}

describe('wspc connect', () => {
  it('answers a wrong frame with 1002, and fails', async () => {
    const server = await rawServer({ endsByItself: true });
    const client = new Program(process.execPath, [WSPC, 'connect', `ws://127.0.0.1:${server.port}/`]);
    try {
      const peer = await server.next();
      peer.send(1, 'x', { rsv: 1 });
      assert.equal(await peer.nextClose(), 1002);
      assert.equal(await client.ended(), 1);
    } finally {
      await client.stop();
      await server.close();
    }
  });

  for (const { name, code, reason, status } of WRONG_CLOSES) {
    it(`answers a close frame with ${name} with ${status}, and fails`, async () => {
      const server = await rawServer({ endsByItself: true });
      const client = new Program(process.execPath, [WSPC, 'connect', `ws://127.0.0.1:${server.port}/`]);
      try {
        const peer = await server.next();
        peer.sendClose(code, reason);
        assert.equal(await peer.nextClose(), status);
        assert.equal(await client.ended(), 1);
        assert.match(client.errors, /^error: /);
      } finally {
        await client.stop();
        await server.close();
      }
    });
  }
});

describe('wspc serve', () => {
  it('ends on a signal, even if its peers do not', async function () {
    // Windows has no signals: it ends the process.
    if (process.platform === 'win32') this.skip();
    const server = new Program(process.execPath, [WSPC, 'serve']);
    const [, port] = await server.prints(/listening on ws:\S+:(\d+)\//);
    const plain = (bytes: string): Promise<Socket> =>
      new Promise((resolve) => {
        const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes, () => resolve(socket)));
        socket.on('error', () => {});
      });
    const sockets: Socket[] = [];
    try {
      sockets.push(await plain(''), await plain('GET / HTTP/1.1\r\nHost: x\r\nUpgr'));
      const silent = await rawClient(Number(port));
      const deaf = await rawClient(Number(port));
      deaf.socket.pause();
      sockets.push(silent.socket, deaf.socket);
      // The echo of this fills every buffer on the way.
      const filling = deaf.pour(deaf.frame(2, Buffer.alloc(32 << 20)), 1 << 20);
      await server.prints(/server 2 +opened/);
      server.signal('SIGINT');
      assert.equal(await silent.nextClose(), 1001);
      assert.equal(await server.ended(), 0);
      deaf.socket.destroy();
      await filling;
    } finally {
      for (const socket of sockets) socket.destroy();
      await server.stop();
    }
  });
});
