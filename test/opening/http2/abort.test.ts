import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttp2Server } from 'node:http2';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connectHttp2, listenHttp2 } from '../../../lib/index.js';
import type { Connection } from '../../../lib/index.js';
import { leavesNothing } from '../../support/leaks.js';

/** More turns of the event loop than an opening takes on loopback. */
const MOST_TURNS = 25;

interface Peer {
  readonly port: number;
  close(): Promise<void>;
}

/** A server of TCP that says nothing. */
async function silent(): Promise<Peer> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    sockets.add(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, close };
}

/** A server of node:http2 that announces extended CONNECT and never answers one. */
async function unanswering(): Promise<Peer> {
  const server = createHttp2Server({ settings: { enableConnectProtocol: true } });
  server.on('stream', (stream) => stream.on('error', () => undefined));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = async (): Promise<void> => {
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, close };
}

const port = (server: { address(): AddressInfo | string | null }): number =>
  (server.address() as AddressInfo).port;

describe('an opening over HTTP/2 that is given up after any number of turns', () => {
  leavesNothing();

  async function giveUp(to: number, turns: number, expectsOpen: boolean): Promise<void> {
    const controller = new AbortController();
    const opening = connectHttp2(`ws://127.0.0.1:${to}/`, { signal: controller.signal });
    const result = opening.then(
      (connection) => connection,
      (error: unknown) => error,
    );
    for (let turn = 0; turn < turns; turn++) await nextTurn();
    const reason = new Error(`after ${turns}`);
    controller.abort(reason);
    const got = await result;
    if (got === reason) return;
    assert.ok(expectsOpen, String(got));
    const connection = got as Connection;
    connection.terminate();
    await connection.closed;
  }

  for (const [name, make] of [
    ['a silent server', silent],
    ['a server that never answers', unanswering],
  ] as const)
    it(`rejects with the reason of the signal: ${name}`, async () => {
      const peer = await make();
      for (let turns = 0; turns < MOST_TURNS; turns++) await giveUp(peer.port, turns, false);
      await peer.close();
    });

  it('opens, or rejects with the reason of the signal, and leaves nothing on the server', async () => {
    const server = await listenHttp2({ host: '127.0.0.1', port: 0 });
    for (let turns = 0; turns < MOST_TURNS; turns++) await giveUp(port(server), turns, true);
    await server.close();
    assert.equal(server.size, 0);
  });

  it('runs no handler for a client that left while it was verified', async () => {
    let handled = 0;
    let asked = (): void => undefined;
    let answer!: (isAllowed: boolean) => void;
    const verifyClient = (): Promise<boolean> => {
      asked();
      return new Promise((resolve) => (answer = resolve));
    };
    const server = await listenHttp2({ host: '127.0.0.1', port: 0, verifyClient }, () => {
      handled++;
    });
    const controller = new AbortController();
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const opening = connectHttp2(`ws://127.0.0.1:${port(server)}/`, { signal: controller.signal });
    await isAsked;
    controller.abort();
    await assert.rejects(opening, { name: 'AbortError' });
    // The server has to hear of the end before it gets the answer.
    for (let turn = 0; turn < MOST_TURNS; turn++) await nextTurn();
    answer(true);
    await server.close();
    assert.equal(handled, 0);
  });
});
