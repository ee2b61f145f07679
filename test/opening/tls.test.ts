import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { attach, connect } from '../../lib/opening/index.js';
import { leavesNothing } from '../support/leaks.js';
import { listenHere, portOf } from '../support/open.js';
import { makeCertificate } from '../support/certificate.js';
import type { Certificate } from '../support/certificate.js';
import { WAYS } from '../support/ways.js';

describe('over TLS', () => {
  leavesNothing();
  let certificate: Certificate;
  before(async () => {
    certificate = await makeCertificate();
  });

  for (const { name, component, driver } of WAYS) {
    it(`messages go both ways, and the connection closes: ${name}`, async () => {
      const server = await listenHere({ tls: certificate, component, driver }, async (connection) => {
        for await (const message of connection) await connection.send(message);
      });
      const connection = await connect(`wss://localhost:${portOf(server)}/`, {
        tls: { ca: certificate.cert, host: '127.0.0.1' },
        component,
        driver,
      });
      void connection.send('secret');
      void connection.send(Buffer.alloc(1 << 20, 'x'));
      const messages = connection.messages();
      assert.equal((await messages.next()).value, 'secret');
      assert.equal((await messages.next()).value!.length, 1 << 20);
      assert.deepEqual(await connection.close(), { code: 1000, reason: '', wasClean: true });
      await server.close();
    });
  }

  it('an untrusted certificate is refused', async () => {
    const server = await listenHere({ tls: certificate });
    await assert.rejects(
      connect(`wss://127.0.0.1:${portOf(server)}/`),
      (error: Error & { code: string; cause: NodeJS.ErrnoException }) => {
        assert.equal(error.code, 'ERR_CONNECT_FAILED');
        assert.match(error.cause.code!, /SELF_SIGNED/);
        return true;
      },
    );
    await server.close();
  });

  it('redirects do not lead from wss: to ws:', async () => {
    const https = createServer(certificate, (_, response) => {
      response.writeHead(302, { Location: 'ws://127.0.0.1:1/' }).end();
    });
    https.listen(0, '127.0.0.1');
    await once(https, 'listening');
    const { port } = https.address() as AddressInfo;
    await assert.rejects(
      connect(`wss://127.0.0.1:${port}/`, { tls: { ca: certificate.cert }, followRedirects: true }),
      { code: 'ERR_UNSAFE_REDIRECT' },
    );
    https.close();
    https.closeAllConnections();
    await once(https, 'close');
  });

  it('an endpoint may be attached to an https server', async () => {
    const https = createServer(certificate, (_, response) => response.end('a page'));
    const server = attach(https, { path: '/ws' });
    https.listen(0, '127.0.0.1');
    await once(https, 'listening');
    const { port } = https.address() as AddressInfo;
    const connection = await connect(`wss://127.0.0.1:${port}/ws`, { tls: { ca: certificate.cert } });
    await connection.close();
    await server.close();
    https.close();
    await once(https, 'close');
  });
});
