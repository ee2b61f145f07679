import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect as connectSession } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { accept, attach } from '../../lib/index.js';
import type { Connection, HandshakeError, Server } from '../../lib/index.js';
import { EXTENDED_CONNECT } from '../support/extended-connect.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere, portOf } from '../support/open.js';
import { frame, rawRequest, REQUEST_HEADERS, requestText } from '../support/raw-peer.js';
import { TRANSPORTS } from '../support/transports.js';
import type { Asker } from '../support/transports.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A check that the test decides. */
class Check {
  readonly asked: Promise<void>;
  #onAsked!: () => void;
  decide!: (verdict: unknown) => void;

  constructor() {
    this.asked = new Promise((resolve) => (this.#onAsked = resolve));
  }

  readonly verifyClient = (): Promise<boolean> => {
    this.#onAsked();
    return new Promise((resolve) => (this.decide = resolve as (verdict: unknown) => void));
  };
}

const WAYS_TO_GO: readonly (readonly [what: string, go: (asker: Asker) => void])[] = [
  ['ends its output', (asker) => asker.end()],
  [
    'ends its output behind frames',
    (asker) => {
      asker.write(frame(1, 'early'));
      asker.end();
    },
  ],
  ['resets the transport', (asker) => asker.reset()],
];

for (const transport of TRANSPORTS) {
  describe(`clients over ${transport.name} that wait for a decision`, () => {
    leavesNothing();

    for (const [what, go] of WAYS_TO_GO) {
      it(`never become connections when one ${what}`, async () => {
        const check = new Check();
        let handled = 0;
        const server = await transport.listen({ verifyClient: check.verifyClient, maxConnections: 1 }, () => {
          handled++;
        });
        const refused = once(server, 'refused') as Promise<[HandshakeError]>;
        const asker = transport.ask(server);
        await check.asked;
        go(asker);
        assert.equal((await refused)[0].code, 'ERR_CONNECT_FAILED');
        check.decide(true);
        assert.equal((await asker.answer).status, 0);
        assert.deepEqual([handled, server.size], [0, 0]);
        // The place is free again.
        const next = transport.ask(server);
        const arrival = once(server, 'connection');
        while (handled === 0) {
          check.decide(true);
          await turn();
        }
        await arrival;
        assert.equal((await next.answer).status, transport.open);
        await server.close();
      });
    }

    it('keep the frames that they send before the answer', async () => {
      const check = new Check();
      const server = await transport.listen({ verifyClient: check.verifyClient });
      const arrival = once(server, 'connection') as Promise<[Connection]>;
      const asker = transport.ask(server);
      await check.asked;
      asker.write(frame(1, 'first'));
      asker.write(frame(1, 'second'));
      for (let index = 0; index < 50; index++) await turn();
      check.decide(true);
      const [connection] = await arrival;
      const messages = connection.messages();
      assert.deepEqual([(await messages.next()).value, (await messages.next()).value], ['first', 'second']);
      await asker.answer;
      await server.close();
    });

    it('are refused if nobody decides in time, and not later', async () => {
      const check = new Check();
      let handled = 0;
      const server = await transport.listen(
        { verifyClient: check.verifyClient, handshakeTimeout: 30 },
        () => {
          handled++;
        },
      );
      const refused = once(server, 'refused') as Promise<[HandshakeError]>;
      assert.equal((await transport.ask(server).answer).status, 503);
      const [error] = await refused;
      assert.deepEqual([error.code, error.statusCode], ['ERR_HANDSHAKE_TIMEOUT', 503]);
      check.decide(true);
      await turn();
      assert.equal(handled, 0);
      await server.close();
    });

    it('count for maxConnections', async () => {
      const check = new Check();
      const server = await transport.listen({ verifyClient: check.verifyClient, maxConnections: 1 });
      const first = transport.ask(server);
      await check.asked;
      assert.equal((await transport.ask(server).answer).status, 503);
      check.decide(true);
      assert.equal((await first.answer).status, transport.open);
      await server.close();
    });

    it('get 503 when the server closes, whatever the later decision', async () => {
      const check = new Check();
      let handled = 0;
      const server = await transport.listen({ verifyClient: check.verifyClient }, () => {
        handled++;
      });
      const asker = transport.ask(server);
      await check.asked;
      const closing = server.close();
      assert.equal((await asker.answer).status, 503);
      await closing;
      assert.equal(server.isClosed, true);
      check.decide(true);
      await turn();
      assert.equal(handled, 0);
    });
  });
}

describe('a request on a stream of HTTP/2 that has ended already', () => {
  leavesNothing();

  it('never becomes a connection', async () => {
    let handled = 0;
    const server = await TRANSPORTS[1]!.listen({}, () => {
      handled++;
    });
    const session = connectSession(`http://127.0.0.1:${portOf(server)}`);
    await once(session, 'remoteSettings');
    const refused = once(server, 'refused') as Promise<[HandshakeError]>;
    const stream = session.request(EXTENDED_CONNECT, { endStream: true });
    stream.on('error', () => undefined);
    assert.equal((await refused)[0].code, 'ERR_CONNECT_FAILED');
    if (!stream.closed) await once(stream, 'close');
    assert.deepEqual([handled, server.size], [0, 0]);
    session.close();
    await server.close();
  });
});

/** An http server whose upgrades are accepted after a while. */
async function acceptingLater(
  go: (socket: Socket, onServer: Duplex) => Promise<void>,
): Promise<HandshakeError> {
  const http = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  const upgrade = once(http, 'upgrade');
  const client = connectSocket((http.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined);
  client.write(requestText());
  const [request, socket, head] = (await upgrade) as Parameters<typeof accept>;
  socket.on('error', () => undefined);
  await go(client, socket);
  const error = await accept(request, socket, head).then(
    () => assert.fail('accepted'),
    (reason: unknown) => reason as HandshakeError,
  );
  assert.equal(socket.destroyed, true);
  client.destroy();
  http.close();
  await once(http, 'close');
  return error;
}

describe('accept after an await', () => {
  leavesNothing();

  it('refuses a client that has ended', async () => {
    const error = await acceptingLater(async (client, socket) => {
      client.end();
      await once(socket, 'end');
    });
    assert.equal(error.code, 'ERR_CONNECT_FAILED');
  });

  it('refuses a client that has ended after its frames', async () => {
    const error = await acceptingLater(async (client, socket) => {
      client.end(frame(1, 'early'));
      // Nobody reads: the end comes after bytes that wait.
      const { _readableState: state } = socket as unknown as { _readableState: { ended: boolean } };
      while (!state.ended) await turn();
    });
    assert.equal(error.code, 'ERR_CONNECT_FAILED');
  });

  it('refuses a client that has reset the transport, with the cause', async () => {
    const failures: (Error | null)[] = [];
    const error = await acceptingLater(async (client, socket) => {
      // A socket that nobody reads does not always notice this. In Wine a reset is an end without an error.
      socket.resume();
      client.resetAndDestroy();
      await new Promise((resolve) => socket.once('close', resolve).once('end', resolve));
      failures.push(socket.errored);
    });
    assert.equal(error.code, 'ERR_CONNECT_FAILED');
    assert.equal(error.cause, failures[0] ?? undefined);
  });
});

describe('requests that node:http did not make', () => {
  leavesNothing();

  /**
   * A request as fastify's injectWS makes it: without rawHeaders, host and socket, and with a number for the version.
   */
  function inject(server: Server, onAnswer: (text: string) => void): void {
    const socket = new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _, done) {
        onAnswer(chunk.toString('latin1'));
        done();
      },
    });
    const request = {
      method: 'GET',
      headers: {
        connection: 'upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': 13,
        'sec-websocket-key': REQUEST_HEADERS['Sec-WebSocket-Key'],
        'sec-websocket-protocol': ['b', 'chat'],
      },
      httpVersion: '1.1',
      url: '/inject',
    };
    server.httpServer.emit('upgrade', request as never, socket, Buffer.alloc(0));
  }

  it('are treated like other requests', async () => {
    const http = createServer();
    const seen: unknown[] = [];
    const server = attach(http, {
      path: '/inject',
      protocols: ['chat'],
      verifyClient: (request) => seen.push(request.url) === 1,
    });
    const arrival = once(server, 'connection') as Promise<[Connection]>;
    let answer = '';
    inject(server, (text) => (answer += text));
    const [connection] = await arrival;
    assert.deepEqual([connection.url, connection.protocol, seen], ['/inject', 'chat', ['/inject']]);
    assert.match(answer, /^HTTP\/1\.1 101 .*Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/s);
    connection.terminate();
    await server.close();
  });

  it('may have an absolute target', async () => {
    const server = await listenHere({ path: '/chat' });
    for (const target of ['http://a.example/chat?b', 'ws://u:p@a.example:80/chat?b']) {
      const arrival = once(server, 'connection') as Promise<[Connection]>;
      const answer = rawRequest(portOf(server), requestText(target));
      const [connection] = await arrival;
      assert.equal(connection.url, '/chat?b');
      for (const each of server.connections) each.terminate();
      assert.match(await answer, /^HTTP\/1\.1 101 /);
    }
    assert.match(await rawRequest(portOf(server), requestText('http://a.example')), /^HTTP\/1\.1 404 /);
    assert.match(await rawRequest(portOf(server), requestText('*')), /^HTTP\/1\.1 40[04] /);
    await server.close();
  });
});
