/** No client ends a server that a guide prints, whatever it sends and however it leaves. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { connect } from 'node:net';

import { missingPrograms, PagePrograms, printedPort } from '../support/page-programs.js';
import { frame, rawRequest, REQUEST_HEADERS, requestText } from '../support/raw-peer.js';

/** Servers that need no other program, with a path that they accept, and the packages that they import. */
const SERVERS: readonly (readonly [guide: string, file: string, path: string, ...needs: string[]])[] = [
  ['authentication', 'session.mjs', '/ws', 'express', 'express-session'],
  ['authentication', 'tokens.mjs', '/'],
  ['backpressure', 'proxy.mjs', '/'],
  ['backpressure', 'server.mjs', '/hasty'],
  ['broken-connections', 'server.mjs', '/'],
  ['echo', 'server.mjs', '/'],
  ['endpoints', 'beside-socket-io.mjs', '/plain', 'socket.io'],
  ['endpoints', 'own-routes.mjs', '/upper'],
  ['endpoints', 'server.mjs', '/rooms/blue?name=%ff'],
  ['files', 'server.mjs', '/up/a'],
  ['files', 'server.mjs', '/down/a'],
  ['frameworks', 'custom-server.mjs', '/ws'],
  ['frameworks', 'express.mjs', '/ws', 'express'],
  ['frameworks', 'fastify.mjs', '/ws', 'fastify'],
  ['frameworks', 'koa.mjs', '/ws', 'koa'],
  ['from-socket-io', 'server.mjs', '/'],
  ['from-ws', 'after.mjs', '/?user=a'],
  ['load-balancers', 'server.mjs', '/'],
  ['reconnecting', 'server.mjs', '/'],
  ['rooms', 'server.mjs', '/?name=%ff'],
  ['sans-io', 'server.mjs', '/'],
  ['shutdown', 'server.mjs', '/jobs'],
  ['shutdown', 'short.mjs', '/'],
  ['typed-messages', 'server.mts', '/'],
];

const LONG = 'x'.repeat(1000);
const PATHS = [
  '/',
  '//',
  '//:99999',
  '/%',
  `/${LONG}`,
  `/rooms/${LONG}`,
  `/up/${LONG}`,
  '/_next/x',
  '/toString',
];
const TEXTS = [
  '',
  'x',
  '{',
  'null',
  '7',
  '[]',
  '{"join":"a"}',
  '{"join":{}}',
  '{"say":1,"in":"a"}',
  'after x',
  'after 1',
];
const HEADERS = {
  ...REQUEST_HEADERS,
  Authorization: 'Bearer secret-of-ada',
  'Sec-WebSocket-Protocol': 'chat',
  Origin: 'x',
  Cookie: 'connect.sid=s%3Ax',
};
const MESSAGES = [
  ...TEXTS.map((text) => frame(1, text)),
  frame(2, Buffer.from([0xff, 0])),
  frame(1, Buffer.from([0xff])),
];

/** Sends bytes, and resets the transport as soon as something has come back. */
async function sendAndReset(port: number, ...bytes: readonly (string | Buffer)[]): Promise<void> {
  const socket = connect({ port, host: 'localhost' });
  socket.on('error', () => {});
  // A promise of its own: that of `once` rejects with the error of a server that resets first.
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'connect');
  socket.write(Buffer.concat(bytes.map((part) => Buffer.from(part as string))));
  socket.once('data', () => socket.resetAndDestroy());
  socket.setTimeout(200, () => socket.resetAndDestroy());
  await closed;
}

describe('servers of the guides', function () {
  this.timeout(60_000);

  for (const [name, file, path, ...needs] of SERVERS) {
    const missing = missingPrograms(needs);
    const title = `${name}: ${file} at ${path} survives bad input`;
    if (missing.length > 0) {
      it.skip(`${title}: ${missing.join(', ')}: not installed (npm run programs)`);
      continue;
    }
    it(title, async () => {
      const guide = new PagePrograms(`docs/guides/${name}.md`);
      guide.write();
      try {
        const server = guide.start(file, { args: file === 'proxy.mjs' ? ['ws://localhost:1/'] : [] });
        const port = Number(await printedPort(server));
        for (const target of [...PATHS, path])
          await sendAndReset(port, requestText(target, HEADERS), ...MESSAGES.slice(0, 1));
        await Promise.all(
          [HEADERS, REQUEST_HEADERS].flatMap((headers) =>
            MESSAGES.map((message) => sendAndReset(port, requestText(path, headers), message)),
          ),
        );
        // It still answers.
        const answer = await rawRequest(
          port,
          'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
        );
        assert.match(answer, /^HTTP\/1\.1 \d{3} /);
        assert.equal(server.hasEnded, false, server.errors);
      } finally {
        await guide.stop();
        guide.remove();
      }
    });
  }
});
