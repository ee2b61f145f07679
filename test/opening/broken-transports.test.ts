import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { connect as connectSocket, Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { accept, attach, connect, HandshakeError } from '../../lib/index.js';
import type { AttachOptions, Server } from '../../lib/index.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere, portOf } from '../support/open.js';
import { REQUEST_HEADERS, requestText } from '../support/raw-peer.js';

/** An http server whose upgrades the test handles, and one upgrade of a real client. */
async function upgrade(httpServer: HttpServer): Promise<{
  client: Socket;
  request: IncomingMessage;
  socket: Duplex;
}> {
  httpServer.listen(0, '127.0.0.1');
  await once(httpServer, 'listening');
  const client = connectSocket((httpServer.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined).resume();
  client.write(requestText());
  const [request, socket] = (await once(httpServer, 'upgrade')) as [IncomingMessage, Duplex];
  return { client, request, socket };
}

/** Each call throws a new error, as transports do. */
function breakMethod(socket: Duplex, method: 'write' | 'end' | 'on' | 'once' | 'resume'): void {
  socket[method] = () => {
    throw new Error(`${method} broke`);
  };
}

describe('transports of a server that throw', () => {
  leavesNothing();

  for (const method of ['write', 'end', 'on', 'once', 'resume'] as const) {
    for (const verdict of [true, false]) {
      it(`fail alone if ${method} throws and the verdict is ${verdict}`, async () => {
        const httpServer = createServer();
        const { client, request, socket } = await upgrade(httpServer);
        breakMethod(socket, method);
        const answer = accept(request, socket, Buffer.alloc(0), {
          verifyClient: () => verdict,
          closeTimeout: 20,
        });
        const [code, error] = await answer.then(
          async (connection) => [(await connection.close()).code, null] as const,
          (reason: unknown) => [undefined, reason] as const,
        );
        if (code === undefined) assert.ok(error instanceof HandshakeError, String(error));
        else assert.equal(code, 1006);
        socket.destroy();
        client.destroy();
        httpServer.close();
        await once(httpServer, 'close');
      });
    }
  }

  it('are reported by the event refused while a check is under way', async () => {
    const httpServer = createServer();
    const server = attach(httpServer, { path: '/nowhere', verifyClient: () => Promise.resolve(true) });
    const { client, request, socket } = await upgrade(httpServer);
    breakMethod(socket, 'on');
    const refused = once(server, 'refused') as Promise<[HandshakeError]>;
    server.upgrade(request, socket, Buffer.alloc(0));
    const [error] = await refused;
    assert.equal(error.code, 'ERR_CONNECT_FAILED');
    assert.match(String(error.cause), /on broke/);
    await server.close();
    client.destroy();
    httpServer.close();
    await once(httpServer, 'close');
  });
});

describe('transports that never report their end', () => {
  leavesNothing();

  for (const verdict of [true, false]) {
    it(`do not keep a server from closing if the verdict is ${verdict}`, async () => {
      const httpServer = createServer();
      const server = attach(httpServer, { closeTimeout: 20, verifyClient: () => verdict });
      let isDestroyed = false;
      const mute = new Duplex({
        emitClose: false,
        read: () => undefined,
        // Never calls back, so the answer is never written.
        write: () => undefined,
        destroy(_, callback) {
          isDestroyed = true;
          callback(null);
        },
      });
      const request = { method: 'GET', url: '/', headers: REQUEST_HEADERS } as unknown as IncomingMessage;
      server.on('refused', () => undefined);
      server.upgrade(request, mute, Buffer.alloc(0));
      await server.close();
      assert.equal(server.isClosed, true);
      assert.equal(server.size, 0);
      assert.equal(isDestroyed, true);
    });
  }
});

describe('callbacks with side effects', () => {
  leavesNothing();

  const CALLBACKS: Record<string, (act: () => void) => AttachOptions> = {
    verifyClient: (act) => ({ verifyClient: () => (act(), true) }),
    handleProtocols: (act) => ({ handleProtocols: () => (act(), 'chat') }),
    headers: (act) => ({ headers: () => (act(), {}) }),
    origins: (act) => ({ origins: () => (act(), true) }),
  };
  const ASKING = { ...REQUEST_HEADERS, Origin: 'http://here.example', 'Sec-WebSocket-Protocol': 'chat' };

  for (const [name, make] of Object.entries(CALLBACKS)) {
    it(`refuse with 503 if ${name} closes the server`, async () => {
      let handled = 0;
      let closed: Promise<void> | undefined;
      const act = (): void => void (closed = server.close());
      const server: Server = await listenHere(make(act), () => handled++);
      const refused = once(server, 'refused') as Promise<[HandshakeError]>;
      const client = connectSocket(portOf(server), '127.0.0.1');
      client.write(requestText('/', ASKING));
      const [answer] = (await once(client, 'data')) as [Buffer];
      assert.match(answer.toString('latin1'), /^HTTP\/1\.1 503 /);
      assert.equal((await refused)[0].statusCode, 503);
      await closed;
      assert.equal(handled, 0);
      client.destroy();
    });

    it(`open nothing if ${name} destroys the transport`, async () => {
      let handled = 0;
      let transport: Socket | undefined;
      const act = (): void => void transport!.destroy();
      const server = await listenHere(make(act), () => handled++);
      server.httpServer.on('connection', (socket: Socket) => (transport = socket));
      const refused = once(server, 'refused') as Promise<[HandshakeError]>;
      const client = connectSocket(portOf(server), '127.0.0.1');
      client.on('error', () => undefined).resume();
      client.write(requestText('/', ASKING));
      assert.equal((await refused)[0].code, 'ERR_CONNECT_FAILED');
      assert.equal(handled, 0);
      await server.close();
      client.destroy();
    });
  }
});

describe('invalid results of createConnection', () => {
  leavesNothing();

  const MISTAKES: Record<string, () => Socket | Promise<Socket>> = {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- that is the mistake
    'a rejection without an error': () => Promise.reject(undefined),
    'a transport that has been destroyed': () => new Socket().destroy(),
    'a promise of one': () => Promise.resolve(new Socket().destroy()),
  };
  for (const [name, createConnection] of Object.entries(MISTAKES)) {
    it(`fails at once with ERR_CONNECT_FAILED: ${name}`, async () => {
      await assert.rejects(connect('ws://127.0.0.1:1/', { createConnection, handshakeTimeout: 0 }), {
        code: 'ERR_CONNECT_FAILED',
      });
    });
  }
});

describe('a transport of a client that fails with a value that is no error', () => {
  leavesNothing();
  for (const value of [null, undefined, 'text', Object.create(null) as unknown]) {
    for (const [how, fail] of [
      [
        'throws',
        (): never => {
          throw value;
        },
      ],
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- likewise
      ['rejects', (): Promise<never> => Promise.reject(value)],
    ] as const) {
      it(`createConnection ${how} ${typeof value}`, async () => {
        await assert.rejects(connect('ws://127.0.0.1:1/', { createConnection: fail }), {
          name: 'HandshakeError',
          code: 'ERR_CONNECT_FAILED',
        });
      });
    }
  }

  it('the event error of an open connection', async () => {
    const server = await listenHere({}, () => undefined);
    const client = await connect(server.url);
    client.socket.destroy('a text' as unknown as Error);
    const { error } = await client.closed;
    assert.equal(error?.code, 'ERR_CONNECTION_LOST');
    assert.equal(error.message, 'the transport failed: a text');
    await server.close();
  });
});

describe('a loop over the connections of a server', () => {
  leavesNothing();

  it('that was left ends its wait, and takes no connection from the next loop', async () => {
    const server = await listenHere();
    const left = server[Symbol.asyncIterator]();
    const waiting = left.next();
    await left.return!();
    assert.equal((await waiting).done, true);
    const client = await connect(`ws://127.0.0.1:${portOf(server)}/`);
    const { value } = await server[Symbol.asyncIterator]().next();
    assert.ok(value);
    client.terminate();
    await server.close();
  });

  it('throws at its start where a handler or a listener gets the connections', async () => {
    const refused = { name: 'TypeError', message: /no connection: a handler or a listener gets them/ };
    const handled = await listenHere({}, () => undefined);
    await assert.rejects(async () => {
      for await (const connection of handled) connection.terminate();
    }, refused);
    await handled.close();

    const heard = await listenHere();
    const listener = (): void => undefined;
    heard.on('connection', listener);
    assert.throws(() => heard[Symbol.asyncIterator](), refused);
    heard.off('connection', listener);
    const loop = heard[Symbol.asyncIterator]();
    await heard.close();
    assert.deepEqual(await loop.next(), { value: undefined, done: true });
  });
});
