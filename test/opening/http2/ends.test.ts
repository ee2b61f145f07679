import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectSession } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream, ServerHttp2Stream } from 'node:http2';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { connectHttp2, listenHttp2 } from '../../../lib/index.js';
import type { Http2ListenOptions } from '../../../lib/index.js';
import { EXTENDED_CONNECT } from '../../support/extended-connect.js';
import { leavesNothing } from '../../support/leaks.js';
import { portOf } from '../../support/open.js';

const HERE = { host: '127.0.0.1' };
async function sessionTo(port: number): Promise<ClientHttp2Session> {
  const session = connectSession(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  await once(session, 'remoteSettings');
  return session;
}

function request(session: ClientHttp2Session): ClientHttp2Stream {
  const stream = session.request(EXTENDED_CONNECT, { endStream: false });
  stream.on('error', () => undefined);
  return stream;
}

describe('ends over HTTP/2', () => {
  leavesNothing();

  /** Reads what programs write into their logs. */
  const addressOf = ({ socket }: { socket: unknown }): string | undefined =>
    (socket as { remoteAddress?: string }).remoteAddress;

  it('the address in the event close is undefined after a client that dropped its session', async () => {
    const server = await listenHttp2(HERE);
    const session = await sessionTo(portOf(server));
    const arrived = once(server, 'connection');
    request(session);
    const [connection, incoming] = await arrived;
    assert.equal(addressOf(incoming), '127.0.0.1');
    const told = new Promise((resolve) => connection.on('close', () => resolve(addressOf(incoming))));
    session.destroy();
    assert.equal(await told, undefined);
    assert.equal(incoming.socket instanceof Duplex, true);
    assert.equal(incoming.socket.destroyed, true);
    assert.deepEqual(incoming.socket.address(), {});
    assert.equal((incoming.socket as TLSSocket).getPeerCertificate(), null);
    await server.close();
  });

  it('the address in the event refused is undefined after a client that dropped its session', async () => {
    let verifying!: () => void;
    const asked = new Promise<void>((resolve) => (verifying = resolve));
    const options: Http2ListenOptions = {
      ...HERE,
      verifyClient: () => (verifying(), new Promise(() => undefined)),
    };
    const server = await listenHttp2(options);
    const session = await sessionTo(portOf(server));
    const refused = new Promise((resolve) =>
      server.on('refused', (error, incoming) => resolve([error.code, addressOf(incoming)])),
    );
    request(session);
    await asked;
    session.destroy();
    assert.deepEqual(await refused, ['ERR_CONNECT_FAILED', undefined]);
    await server.close();
  });

  it('verifyClient can destroy the socket of one request, and the other streams stay', async () => {
    const server = await listenHttp2({
      ...HERE,
      verifyClient: ({ url, socket }) => {
        if (url === '/bad') socket.destroy();
        return true;
      },
    });
    const session = await sessionTo(portOf(server));
    const good = await connectHttp2(server.url, { session });
    await assert.rejects(connectHttp2(`${server.url}bad`, { session }), { code: 'ERR_CONNECT_FAILED' });
    assert.equal((await good.close()).wasClean, true);
    session.close();
    await server.close();
  });

  it('a server that closes takes no request on an open session, and its connections end as usual', async () => {
    const server = await listenHttp2(HERE);
    const session = await sessionTo(portOf(server));
    const arrived = once(server, 'connection');
    const client = await connectHttp2(server.url, { session });
    await arrived;
    const goneAway = once(session, 'goaway');
    const { url } = server;
    const closed = server.close();
    const [code] = (await goneAway) as [number];
    assert.equal(code, 0);
    await assert.rejects(connectHttp2(url, { session }), { code: 'ERR_CONNECT_FAILED', message: /closed/ });
    assert.deepEqual(await client.closed, { code: 1001, reason: '', wasClean: true });
    await closed;
  });

  it('a server cannot push to a client that nobody reads from', async () => {
    const server = await listenHttp2(HERE);
    const arrived = once(server, 'connection');
    const client = await connectHttp2(server.url);
    const [, incoming] = await arrived;
    assert.equal((incoming as unknown as { stream: ServerHttp2Stream }).stream.pushAllowed, false);
    await client.close();
    await server.close();
  });

  it('a transport that cannot be made is ERR_CONNECT_FAILED', async () => {
    const createConnection = (): never => {
      throw new Error('no way there');
    };
    await assert.rejects(connectHttp2('ws://127.0.0.1/', { tls: { createConnection } }), {
      code: 'ERR_CONNECT_FAILED',
      message: /no way there/,
    });
    const throwNull = (): never => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw null;
    };
    await assert.rejects(connectHttp2('ws://127.0.0.1/', { tls: { createConnection: throwNull } }), {
      code: 'ERR_CONNECT_FAILED',
    });
  });

  it('the message says which URL belongs to a server with TLS, and which to one without', async () => {
    const server = await listenHttp2(HERE);
    await assert.rejects(connectHttp2(server.url.replace('ws:', 'wss:')), {
      code: 'ERR_CONNECT_FAILED',
      message: /begins with ws:$/,
    });
    await server.close();
    const silent = createTcpServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    await assert.rejects(connectHttp2(`ws://127.0.0.1:${port}`), {
      code: 'ERR_CONNECT_FAILED',
      message: /before the server's settings came; .* begins with wss:$/,
    });
    silent.close();
    await once(silent, 'close');
  });
});
