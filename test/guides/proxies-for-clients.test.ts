import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { listen } from '../../lib/index.js';
import type { Server } from '../../lib/index.js';
import { debian, itWith } from '../interop/programs.js';
import { makeCertificate } from '../support/certificate.js';
import type { Certificate } from '../support/certificate.js';
import { portOf } from '../support/open.js';
import { describeGuide } from '../support/page-programs.js';
import { freePort } from '../support/ports.js';
import type { Program } from '../support/program.js';

const TINYPROXY = debian('/usr/bin/tinyproxy', 'tinyproxy-bin');
const MICROSOCKS = debian('/usr/bin/microsocks', 'microsocks');

/** Resolves when a program listens on a port. */
async function listens(program: Program, port: number): Promise<void> {
  for (;;) {
    const socket = net.connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    if (program.hasEnded) throw new Error(`it ended: ${program.output}${program.errors}`);
    await delay(20);
  }
}

describeGuide('proxies-for-clients', [], (guide) => {
  let certificate: Certificate;
  let servers: Server[];
  let [plain, secure, trust] = ['', '', {}];

  before(async () => {
    certificate = await makeCertificate();
    const file = path.join(guide.folder, 'ca.pem');
    writeFileSync(file, certificate.cert);
    trust = { NODE_EXTRA_CA_CERTS: file };
    servers = await Promise.all(
      [{}, { tls: certificate }].map((options) =>
        listen({ host: '127.0.0.1', ...options }, async (connection) => {
          for await (const message of connection) await connection.send(message);
        }),
      ),
    );
    plain = `localhost:${portOf(servers[0]!)}`;
    secure = `localhost:${portOf(servers[1]!)}`;
  });
  after(async () => {
    for (const server of servers) await server.close();
  });

  async function startHttpProxy(command: string): Promise<{ proxy: Program; at: string }> {
    const port = await freePort();
    const file = path.join(guide.folder, 'tinyproxy.conf');
    const lines = [`Port ${port}`, 'Listen 127.0.0.1', 'MaxClients 20', 'BasicAuth user pass.word', ''];
    writeFileSync(file, lines.join('\n'));
    const proxy = guide.startCommand(command, ['-d', '-c', file]);
    await listens(proxy, port);
    return { proxy, at: `127.0.0.1:${port}` };
  }

  for (const name of ['http.mjs', 'tunnel.mjs']) {
    itWith(TINYPROXY, `${name} goes through an HTTP proxy, with and without TLS`, async (command) => {
      const { proxy, at } = await startHttpProxy(command);
      for (const [scheme, host] of [
        ['ws', plain],
        ['wss', secure],
      ] as const) {
        const args = [`${scheme}://${host}/`, `http://user:pass%2Eword@${at}`];
        assert.equal(await guide.run(name, { args, env: trust }), 'Hello\n');
        await proxy.prints(new RegExp(`CONNECT ${host}`));
      }
    });
  }

  itWith(TINYPROXY, 'a proxy that wants a password is told by its status', async (command) => {
    const { at } = await startHttpProxy(command);
    for (const [name, credentials, expected] of [
      ['http.mjs', '', /ERR_UNEXPECTED_RESPONSE[^]*statusCode: 407/],
      ['http.mjs', 'user:wrong@', /ERR_UNEXPECTED_RESPONSE[^]*statusCode: 401/],
      ['tunnel.mjs', 'user:wrong@', /ERR_CONNECT_FAILED[^]*the proxy answered 401/],
    ] as const) {
      const program = guide.start(name, { args: [`ws://${plain}/`, `http://${credentials}${at}`] });
      assert.equal(await program.ended(), 1);
      assert.match(program.errors, expected);
    }
  });

  it('a proxy that is not there is the cause of the error', async () => {
    const port = await freePort();
    const program = guide.start('http.mjs', { args: [`ws://${plain}/`, `http://127.0.0.1:${port}`] });
    assert.equal(await program.ended(), 1);
    assert.match(program.errors, new RegExp(`ERR_CONNECT_FAILED[^]*ECONNREFUSED[^]*port: ${port}`));
  });

  itWith(TINYPROXY, 'environment.mjs obeys the variables', async (command) => {
    const { proxy, at } = await startHttpProxy(command);
    const env = { ...trust, https_proxy: `http://user:pass%2Eword@${at}` };
    assert.equal(await guide.run('environment.mjs', { args: [`wss://${secure}/`], env }), 'Hello\n');
    await proxy.prints(new RegExp(`CONNECT ${secure}`));
    const tunnels = proxy.output.length;
    const direct = { ...env, no_proxy: 'localhost' };
    assert.equal(await guide.run('environment.mjs', { args: [`wss://${secure}/`], env: direct }), 'Hello\n');
    assert.equal(proxy.output.length, tunnels);
  });

  itWith(MICROSOCKS, 'socks.mjs goes through a SOCKS proxy', async (command) => {
    const port = await freePort();
    const proxy = guide.startCommand(command, ['-i', '127.0.0.1', '-p', String(port), '-u', 'u', '-P', 'p']);
    await listens(proxy, port);
    for (const [scheme, host] of [
      ['ws', plain],
      ['wss', secure],
    ] as const) {
      const args = [`${scheme}://${host}/`, `socks5h://u:p@127.0.0.1:${port}`];
      assert.equal(await guide.run('socks.mjs', { args, env: trust }), 'Hello\n');
      await proxy.tells(new RegExp(`connected to ${host}`));
    }
  });
});
